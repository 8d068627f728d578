"""The Kubernetes client: everything the service may ask of one cluster. Read only."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Self

import structlog

from bot.adapters.kubernetes import parse, wire
from bot.adapters.kubernetes.access import Access
from bot.adapters.kubernetes.api import Api
from bot.adapters.kubernetes.discovery import Discovery
from bot.adapters.kubernetes.namespaces import merged
from bot.adapters.kubernetes.objects import Objects
from bot.adapters.kubernetes.pages import pages
from bot.adapters.kubernetes.watch import EVENTS, PODS, Listed, Pace, State, Watch
from bot.core.signals import ObjectRef
from bot.core.states import EventReport, Node, PodState, Workload
from bot.service.ports import Deleted, Relisted, Unreachable

log = structlog.get_logger(__name__)


class KubernetesClient:
    """One cluster (`ports.Cluster`). Made by `connect`; `close` it in the end. `objects` reads what else is asked."""

    def __init__(
        self,
        *,
        name: str,
        access: Access,
        namespaces: Sequence[str] = (),
        timeout: float = 10.0,
        pace: Pace | None = None,
    ) -> None:
        self.name = name
        self._access = access
        self._namespaces = tuple(dict.fromkeys(namespaces))
        self._api = Api(cluster=name, access=access, timeout=timeout)
        self._discovery = Discovery(self._api)
        self._pace = pace or Pace()
        self.objects = Objects(self._api, self._discovery, page=self._pace.page)

    @classmethod
    async def connect(
        cls,
        *,
        name: str,
        kubeconfig: Path | None,
        context: str | None = None,
        namespaces: Sequence[str] = (),
        timeout: float = 10.0,  # noqa: ASYNC109  of each later request, not of this call
    ) -> Self:
        """A client for the cluster of a kubeconfig, or for the one this Pod runs in.

        Nothing is asked yet, so the cluster may be away. `Refused` where there is neither file nor Pod, or the file
        can't be used. `timeout` is in seconds.
        """
        access = Access(cluster=name, kubeconfig=kubeconfig, context=context)
        access.check()
        return cls(name=name, access=access, namespaces=namespaces, timeout=timeout)

    async def close(self) -> None:
        """Close all connections."""
        await self._access.close()

    def events(self) -> AsyncIterator[EventReport | Relisted | Deleted]:
        """Events of every kind of object, listed then watched."""
        return self._readings(EVENTS)

    def pods(self) -> AsyncIterator[PodState | Relisted | Deleted]:
        """Pods, listed then watched."""
        return self._readings(PODS)

    async def workload(self, ref: ObjectRef) -> Workload:
        """One live object; `NotFound` when it isn't there, with reason `KindNotServed` when its kind isn't either."""
        raw = await self.objects.body(ref)
        try:
            return parse.workload(raw, ref)
        except parse.ParseError as error:
            raise Unreachable(f"Kubernetes {self.name}: {ref} can't be read: {error}") from error

    async def exists(self, ref: ObjectRef) -> bool:
        """Whether an object is there; only its metadata is asked for.

        A kind that isn't served raises `NotFound` (reason `KindNotServed`), a missing right `Refused`.
        """
        return await self.objects.exists(ref)

    async def nodes(self) -> Sequence[Node]:
        """Every node; one that can't be read is logged and left out."""
        found: list[Node] = []
        async for page in pages(self._api, "/api/v1/nodes", "Node", size=self._pace.page):
            if page.first:
                found.clear()
            for item in page.items:
                try:
                    found.append(parse.node(item))
                except parse.ParseError as error:
                    log.warning("a node could not be read; it is left out", cluster=self.name, error=str(error)[:300])
        return found

    async def api_group_served(self, group: str, kind: str) -> bool:
        """Whether the kind is served now, in any version of the group."""
        return await self._discovery.find(group, kind, fresh=True) is not None

    async def check(self) -> str:
        """The server's version, such as `v1.36.2`."""
        raw = await self._api.get("/version")
        try:
            return parse.decode(raw, wire.Version).git_version[:100] or "an unknown version"
        except parse.ParseError as error:
            raise Unreachable(f"Kubernetes {self.name}: /version can't be read: {error}") from error

    def _readings(self, what: Listed[State]) -> AsyncIterator[State | Relisted | Deleted]:
        watches = {
            namespace: Watch(self._api, what, namespace=namespace, pace=self._pace)
            for namespace in self._namespaces or ("",)
        }
        if len(watches) == 1:
            return next(iter(watches.values())).readings()
        return merged(self.name, what.kind, watches)
