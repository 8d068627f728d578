"""Which kinds the API server serves, and where: read group by group, kept, and read again on a miss."""

import asyncio
from dataclasses import dataclass

from bot.adapters.kubernetes import parse, wire
from bot.adapters.kubernetes.api import Api
from bot.adapters.kubernetes.names import segment
from bot.core.signals import ObjectRef
from bot.service.ports import NotFound, Refused, Unreachable

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
"""All groups with their kinds in one answer."""

FRESH_FOR = 2.0
"""Seconds a reading of a group answers even a question that wants a fresh one: a storm asks the same thing often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Where objects of a kind are read."""

    group: str
    version: str
    plural: str
    namespaced: bool

    def path(self, ref: ObjectRef) -> str:
        """The path of one object; `Refused` for names that can't be an object's."""
        if self.namespaced and not ref.namespace:
            raise Refused(f"{ref} can't be looked up without its namespace.")
        return f"{self.list_path(ref.namespace)}/{segment(ref.name)}"

    def list_path(self, namespace: str) -> str:
        """The path of the objects in one namespace; in all, where that is empty or the kind has none."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{segment(namespace)}" if self.namespaced and namespace else ""
        return f"{base}{place}/{segment(self.plural)}"


@dataclass(frozen=True, slots=True)
class _Group:
    read_at: float
    kinds: dict[str, Resource]


class Discovery:
    """What one API server serves."""

    def __init__(self, api: Api, *, fresh_for: float = FRESH_FOR) -> None:
        self._api = api
        self._fresh_for = fresh_for
        self._groups: dict[str, _Group] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def find(self, group: str, kind: str, *, fresh: bool = False) -> Resource | None:
        """Where a kind is read, in the group's preferred version that has it; None where it isn't served."""
        known = self._groups.get(group)
        if known is not None and kind in known.kinds and not fresh:
            return known.kinds[kind]
        async with self._locks.setdefault(group, asyncio.Lock()):
            known = self._groups.get(group)
            now = asyncio.get_running_loop().time()
            if known is None or now - known.read_at >= self._fresh_for:
                known = _Group(now, await self._read(segment(group) if group else ""))
                self._groups[group] = known
        return known.kinds.get(kind)

    async def groups_of(self, kind: str) -> list[str]:
        """The groups that serve a kind."""
        raw = await self._api.get("/apis", accept=AGGREGATED)
        told = self._decoded(raw, wire.DiscoveredGroups)
        if told.kind == "APIGroupDiscoveryList":
            return [
                item.metadata.name or ""
                for item in told.items or ()
                if any(
                    resource.response_kind and resource.response_kind.kind == kind
                    for version in item.versions or ()
                    for resource in version.resources or ()
                )
            ]
        # A server before 1.30 tells the groups alone; each is read once and kept.
        names = [segment(item.name) for item in told.groups or () if item.name]
        found = await asyncio.gather(*(self.find(name, kind) for name in names))
        return [name for name, resource in zip(names, found, strict=True) if resource is not None]

    async def version_has(self, group: str, version: str, kind: str) -> bool:
        """Whether one version of a group serves a kind."""
        try:
            raw = await self._api.get(f"/apis/{group}/{version}" if group else f"/api/{version}")
        except NotFound:
            return False
        return any(item.kind == kind for item in self._decoded(raw, wire.ApiResourceList).resources or ())

    async def _read(self, group: str) -> dict[str, Resource]:
        kinds: dict[str, Resource] = {}
        for version in await self.versions(group):
            try:
                raw = await self._api.get(f"/apis/{group}/{version}" if group else f"/api/{version}")
            except NotFound:
                continue  # went away since the group was read
            for item in self._decoded(raw, wire.ApiResourceList).resources or ():
                if "/" not in item.name:
                    resource = Resource(group=group, version=version, plural=item.name, namespaced=item.namespaced)
                    kinds.setdefault(item.kind, resource)
        return kinds

    async def versions(self, group: str) -> list[str]:
        """The group's versions, the preferred one first; none where the group isn't served."""
        if not group:
            return ["v1"]
        try:
            raw = await self._api.get(f"/apis/{group}")
        except NotFound:
            return []
        body = self._decoded(raw, wire.ApiGroup)
        preferred = body.preferred_version.version if body.preferred_version else ""
        versions = [segment(item.version) for item in body.versions or ()]
        return sorted(versions, key=lambda version: version != preferred)

    def _decoded(self, raw: bytes, shape: type[parse.Struct]) -> parse.Struct:
        try:
            return parse.decode(raw, shape)
        except parse.ParseError as error:
            raise Unreachable(f"Kubernetes {self._api.cluster}: discovery can't be read: {error}") from error
