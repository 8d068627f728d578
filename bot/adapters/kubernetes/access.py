"""How one cluster is reached: its address, its credentials (renewed as they expire) and the connections to it.

Configuration and authentication are kubernetes_asyncio's: kubeconfig with certificates, tokens and exec plugins, or
the Pod's own service account. It is imported late, because that alone takes half a second.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import structlog
import yaml

from bot.service.ports import Refused, Unreachable

log = structlog.get_logger(__name__)

PLUGIN_DEADLINE = 30.0
"""Seconds an exec plugin may take to hand out credentials."""

RENEW_BEFORE = timedelta(minutes=1)
RENEW_AT_MOST_EVERY = 10.0
CONNECTION = ("host", "ssl_ca_cert", "cert_file", "key_file", "verify_ssl", "tls_server_name", "proxy")
"""What a connection depends on; while none of it changes, new credentials use the old connections."""

_BROKEN = (OSError, ValueError, TypeError, KeyError, AttributeError, AssertionError, RuntimeError, yaml.YAMLError)
"""What kubernetes_asyncio raises on files and plugins it can't make sense of, beside its own ConfigException."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Credentials:
    """One loading of the configuration. `expires_at` is known for exec plugins that tell it."""

    configuration: Any
    rest: Any
    expires_at: datetime | None = None

    @property
    def host(self) -> str:
        """The server's address."""
        return str(self.configuration.host)

    async def get(
        self, path: str, *, query: Mapping[str, str], accept: str, patience: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """Send a GET; the body isn't read yet."""
        headers = {"Accept": accept, "User-Agent": "gitops-bot"}
        try:
            token = (await self.configuration.auth_settings()).get("BearerToken")
        except (_library().config.ConfigException, OSError) as error:
            raise Unreachable(f"The service account's token for {self.host} can't be read: {error}") from error
        if token:
            headers["Authorization"] = str(token["value"]).strip()
        response: aiohttp.ClientResponse = await self.rest.request(
            "GET",
            self.host + path,
            query_params=list(query.items()),
            headers=headers,
            _preload_content=False,
            _request_timeout=patience,
        )
        return response


class Access:
    """Hands out credentials; loads them when first needed, and again when they expire or are refused."""

    def __init__(self, *, cluster: str, kubeconfig: Path | None, context: str | None) -> None:
        self._cluster = cluster
        self._kubeconfig = kubeconfig
        self._context = context
        self._current: Credentials | None = None
        self._loaded_at = 0.0
        self._lock = asyncio.Lock()

    def check(self) -> None:
        """Raise `Refused` with a sentence where the configuration can't work, whoever else is up or down."""
        config = _library().config
        try:
            if self._kubeconfig is None:
                config.load_incluster_config(client_configuration=_configuration())
                return
            contexts, current = config.list_kube_config_contexts(str(self._kubeconfig))
        except config.ConfigException as error:
            raise self._refused(str(error)) from error
        except _BROKEN as error:
            raise self._refused(f"{type(error).__name__}: {error}") from error
        names = [str(item.get("name")) for item in contexts]
        if self._context is not None and self._context not in names:
            known = ", ".join(names)
            raise Refused(f"The kubeconfig {self._kubeconfig} has no context {self._context!r}; it has: {known}.")
        if self._context is None and not current:
            raise Refused(f"The kubeconfig {self._kubeconfig} has no current context; set one, or name one.")

    async def credentials(self) -> Credentials:
        """What to ask with now."""
        async with self._lock:
            current = self._current
            if current is None or (current.expires_at and datetime.now(UTC) >= current.expires_at - RENEW_BEFORE):
                current = await self._load()
            return current

    async def renew(self, refused: Credentials) -> bool:
        """Load again after a 401; False when that was tried a moment ago, so that asking again is no use."""
        async with self._lock:
            if self._current is not refused:
                return True
            if asyncio.get_running_loop().time() - self._loaded_at < RENEW_AT_MOST_EVERY:
                return False
            await self._load()
            return True

    async def close(self) -> None:
        """Close all connections."""
        if self._current is not None:
            await self._current.rest.close()
            self._current = None

    async def _load(self) -> Credentials:
        config = _library().config
        configuration = _configuration()
        loader = None
        try:
            if self._kubeconfig is None:
                config.load_incluster_config(client_configuration=configuration)
            else:
                async with asyncio.timeout(PLUGIN_DEADLINE):
                    loader = await config.load_kube_config(
                        config_file=str(self._kubeconfig),
                        context=self._context,
                        client_configuration=configuration,
                        persist_config=False,  # the file is a person's
                    )
            before = self._current
            same = before is not None and _connection(before.configuration) == _connection(configuration)
            rest = (
                before.rest if before is not None and same else _library().client.rest.RESTClientObject(configuration)
            )
        except TimeoutError as error:
            raise Unreachable(
                f"No credentials for Kubernetes {self._cluster}: the plugin named in {self._kubeconfig} "
                f"did not answer within {PLUGIN_DEADLINE:g} s."
            ) from error
        except config.ConfigException as error:
            raise self._unreachable(str(error)) from error
        except _BROKEN as error:
            raise self._unreachable(f"{type(error).__name__}: {error}") from error
        self._current = Credentials(
            configuration=configuration, rest=rest, expires_at=getattr(loader, "exec_plugin_expiry", None)
        )
        self._loaded_at = asyncio.get_running_loop().time()
        if before is not None and not same:
            await before.rest.close()
        return self._current

    def _refused(self, detail: str) -> Refused:
        if self._kubeconfig is None:
            return Refused(
                f"Kubernetes {self._cluster} has no kubeconfig, and this process is not in a Pod with a service "
                f"account ({detail}) Set GITOPS_BOT_KUBERNETES__KUBECONFIG to a kubeconfig file."
            )
        return Refused(f"The kubeconfig {self._kubeconfig} can't be used: {detail}")

    def _unreachable(self, detail: str) -> Unreachable:
        where = f"from {self._kubeconfig}" if self._kubeconfig else "of the service account"
        return Unreachable(f"No credentials {where} for Kubernetes {self._cluster}: {detail}")


def _library() -> ModuleType:
    import kubernetes_asyncio  # noqa: PLC0415  half a second, only where a cluster is asked
    import kubernetes_asyncio.client  # noqa: PLC0415
    import kubernetes_asyncio.config  # noqa: PLC0415

    return kubernetes_asyncio


def _configuration() -> Any:  # noqa: ANN401  the library has no usable types
    configuration = _library().client.Configuration()
    # Many clusters' own authorities lack the key identifiers that Python 3.13 insists on; Go's clients don't.
    configuration.disable_strict_ssl_verification = True
    return configuration


def _connection(configuration: Any) -> tuple[object, ...]:  # noqa: ANN401  as above
    return tuple(getattr(configuration, name, None) for name in CONNECTION)
