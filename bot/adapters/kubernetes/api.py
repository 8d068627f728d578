"""GET requests to one API server, their limits, and its refusals in its own words."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from bot.adapters.kubernetes import parse
from bot.adapters.kubernetes.access import Access, Credentials
from bot.adapters.kubernetes.lines import lines_of
from bot.service.ports import NotFound, PortError, Refused, Unreachable

AT_ONCE = 8
"""Questions asked at the same time: a storm must not become one for the API server."""

LARGEST_BODY = 128 * 1024 * 1024
"""Bytes of one page: 500 objects of 256 KiB, far more than real ones have."""

LARGEST_ERROR = 64 * 1024
LIST_PATIENCE = 6
"""How much longer than a single object a page of a list may take."""

JSON = "application/json"
ANYTHING = "*/*"
"""For logs, which are plain text while their errors are JSON."""

METADATA_LIST = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,{JSON}"
METADATA_ONLY = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,{JSON}"


class Expired(Unreachable):
    """The version or page that was asked for is too old: list again."""


class Api:
    """One API server, read only. `timeout` is in seconds, for one object; lists get more."""

    def __init__(self, *, cluster: str, access: Access, timeout: float) -> None:
        self.cluster = cluster
        self._access = access
        self._timeout = timeout
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = JSON, listing: bool = False
    ) -> bytes:
        """The body of a GET; errors as `Unreachable`, `Refused`, `NotFound`, `Expired`."""
        seconds = self._timeout * (LIST_PATIENCE if listing else 1)
        async with self._slots:
            try:
                response = await self._open(path, query or {}, accept, seconds, aiohttp.ClientTimeout(total=seconds))
                async with response:
                    return await _body(response, LARGEST_BODY)
            except TimeoutError as error:
                raise self._silent(seconds) from error
            except (aiohttp.ClientError, OSError) as error:
                raise self._unreachable(error) from error

    @asynccontextmanager
    async def lines(
        self, path: str, query: Mapping[str, str], *, silence: float, largest: int
    ) -> AsyncIterator[AsyncIterator[bytes | None]]:
        """The lines of a watch; None stands for one longer than `largest` bytes.

        No byte for `silence` seconds: the connection is taken for dead.
        """
        patience = aiohttp.ClientTimeout(total=None, sock_read=silence)
        try:
            response = await self._open(path, query, JSON, self._timeout, patience)
        except TimeoutError as error:
            raise self._silent(self._timeout) from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error
        async with response:
            yield self._lines(response, silence, largest)

    async def _lines(
        self, response: aiohttp.ClientResponse, silence: float, largest: int
    ) -> AsyncIterator[bytes | None]:
        try:
            async for line in lines_of(response.content.iter_any(), largest=largest):
                yield line
        except TimeoutError as error:
            raise Unreachable(f"Kubernetes {self.cluster} was silent for {silence:g} s in a watch.") from error
        except EOFError as error:
            raise Unreachable(f"Kubernetes {self.cluster} ended a watch in the middle of a line.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"The connection to Kubernetes {self.cluster} was cut: {_words(error)}") from error

    async def _open(
        self, path: str, query: Mapping[str, str], accept: str, seconds: float, patience: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """An answer with status 200, its head within `seconds`. Credentials may take longer, and get a second try."""

        async def send(credentials: Credentials) -> aiohttp.ClientResponse:
            async with asyncio.timeout(seconds):
                return await credentials.get(path, query=query, accept=accept, patience=patience)

        credentials = await self._access.credentials()
        response = await send(credentials)
        if response.status == 401 and await self._access.renew(credentials):
            response.close()
            response = await send(await self._access.credentials())
        if response.status == 200:
            return response
        async with response:
            raise self._refusal(response, await _body(response, LARGEST_ERROR, cut=True))

    def _refusal(self, response: aiohttp.ClientResponse, body: bytes) -> PortError:
        message, reason = parse.status_message(body, response.status)
        return refusal(
            self.cluster, response.status, message, reason, retry_after=response.headers.get("Retry-After", "")
        )

    def _silent(self, seconds: float) -> Unreachable:
        return Unreachable(f"Kubernetes {self.cluster} did not answer within {seconds:g} s.")

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(f"Kubernetes {self.cluster} can't be reached: {_words(error)}")


def refusal(cluster: str, status: int, message: str, reason: str, *, retry_after: str = "") -> PortError:
    """What a Status with this code means to the caller, in a sentence with the server's words."""
    if status == 410 or reason in ("Expired", "Gone"):
        return Expired(f"Kubernetes {cluster}: {message}")
    if status in (408, 425, 429) or status >= 500:
        seconds = float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else None
        return Unreachable(f"Kubernetes {cluster} asks for patience (HTTP {status}): {message}", retry_after=seconds)
    if status == 404:
        return NotFound(f"Kubernetes {cluster}: {message}", status=status, reason=reason)
    if status == 401:
        message = f"it doesn't accept our credentials ({message}); renew the token or certificate"
    if status == 403:
        message = f"{message}; the bot's role must allow it"
    return Refused(f"Kubernetes {cluster}: {message}", status=status, reason=reason)


async def _body(response: aiohttp.ClientResponse, largest: int, *, cut: bool = False) -> bytes:
    """The body, up to a limit; longer ones are cut or refused."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > largest:
            if cut:
                break
            raise Unreachable(f"The answer of {response.url.path} is larger than {largest >> 20} MiB.")
    return bytes(body[:largest])


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
