"""List + watch of one kind: resume, bookmarks, expiry.

A watch that ends well goes on from its last version; one whose version expired lists again; one that is cut raises.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
import structlog

from bot.adapters.kubernetes import parse, wire
from bot.adapters.kubernetes.api import Api, Expired, refusal
from bot.adapters.kubernetes.names import segment
from bot.adapters.kubernetes.pages import pages
from bot.core.signals import ObjectRef
from bot.core.states import EventReport, PodState
from bot.service.ports import Deleted, Relisted, Unreachable

log = structlog.get_logger(__name__)

State = TypeVar("State", bound=EventReport | PodState)

GIVE_WAY_EVERY = 50
"""Readings after which other tasks get their turn: a page that is there already never waits by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a watch behaves, in objects, bytes and seconds."""

    page: int = 500
    largest_line: int = 8 * 1024 * 1024
    watch_for: tuple[int, int] = (240, 300)
    silence_beyond: float = 30.0
    first_pause: float = 0.5
    longest_pause: float = 30.0
    long_enough: float = 10.0
    """A watch that lasted so long, or said anything, was no failure: the next pause is the first one again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[State]):
    """A kind that is listed and watched: how it is called and how one of it is read."""

    kind: str
    plural: str
    read: Callable[[msgspec.Raw, str], State]


EVENTS = Listed(kind="Event", plural="events", read=parse.event)
PODS = Listed(kind="Pod", plural="pods", read=parse.pod)


class Watch(Generic[State]):
    """One kind in one namespace (empty: in all)."""

    def __init__(self, api: Api, what: Listed[State], *, namespace: str = "", pace: Pace) -> None:
        self._api = api
        self._what = what
        self._pace = pace
        place = f"/namespaces/{segment(namespace)}" if namespace else ""
        self._path = f"/api/v1{place}/{what.plural}"
        self._version = ""
        self._pause = pace.first_pause
        self._read = 0

    async def readings(self) -> AsyncIterator[State | Relisted | Deleted]:
        """The list, `Relisted`, then what changes; for ever, until the server is away or refuses."""
        loop = asyncio.get_running_loop()
        while True:
            async for listed in self._list():
                yield listed
            try:
                while True:
                    began = loop.time()
                    async for reading in self._watch():
                        yield reading
                    if loop.time() - began >= self._pace.long_enough:
                        self._pause = self._pace.first_pause
                    await self._rest()
            except Expired as error:
                log.info(
                    "a watch has expired; listing again",
                    cluster=self._api.cluster,
                    kind=self._what.kind,
                    error=str(error),
                )
                await self._rest()

    async def _list(self) -> AsyncIterator[State | Relisted]:
        uids: set[str] = set()
        async for page in pages(self._api, self._path, self._what.kind, size=self._pace.page):
            if page.first:
                uids.clear()
            for item in page.items:
                reading = self._reading(item)
                uid = reading.uid if reading else _bare(item).metadata.uid
                if uid:
                    uids.add(uid)
                if reading is not None:
                    yield reading
                await self._give_way()
            self._version = page.version
        yield Relisted(cluster=self._api.cluster, kind=self._what.kind, uids=frozenset(uids))

    async def _watch(self) -> AsyncIterator[State | Deleted]:
        seconds = random.randint(*self._pace.watch_for)  # noqa: S311  spreads the load, guards nothing
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(seconds),
        }
        silence = seconds + self._pace.silence_beyond
        largest = self._pace.largest_line
        async with self._api.lines(self._path, query, silence=silence, largest=largest) as lines:
            async for line in lines:
                if line is None:
                    log.warning(
                        "a watch line is too long; it is skipped",
                        cluster=self._api.cluster,
                        kind=self._what.kind,
                        bytes=largest,
                    )
                    continue
                reading = self._told(line)
                self._pause = self._pace.first_pause
                if reading is not None:
                    yield reading
                await self._give_way()

    def _told(self, line: bytes) -> State | Deleted | None:
        """What one watch line says; raises on ERROR lines. The type is read before the object is."""
        try:
            told = parse.decode(line, wire.WatchLine)
        except parse.ParseError as error:
            raise Unreachable(f"Kubernetes {self._api.cluster} sent a line that is no watch event: {error}") from error
        bare = _bare(told.object)
        if told.type == "ERROR":
            message = bare.message or "a watch failed without a word"
            raise refusal(self._api.cluster, bare.code or 500, message, bare.reason or "")
        self._version = bare.metadata.resource_version or self._version
        match told.type:
            case "ADDED" | "MODIFIED":
                return self._reading(told.object)
            case "DELETED" if bare.metadata.uid:
                metadata = bare.metadata
                ref = ObjectRef(kind=self._what.kind, namespace=metadata.namespace or "", name=metadata.name or "")
                return Deleted(cluster=self._api.cluster, kind=self._what.kind, uid=bare.metadata.uid, object=ref)
            case "BOOKMARK":
                return None
            case _:
                log.warning(
                    "a watch line that tells nothing; it is skipped",
                    cluster=self._api.cluster,
                    kind=self._what.kind,
                    type=told.type[:50],
                )
                return None

    def _reading(self, item: msgspec.Raw) -> State | None:
        try:
            return self._what.read(item, self._api.cluster)
        except parse.ParseError as error:
            metadata = _bare(item).metadata
            log.warning(
                "an object could not be read; it is skipped",
                cluster=self._api.cluster,
                kind=self._what.kind,
                namespace=metadata.namespace,
                name=metadata.name,
                error=str(error)[:300],
            )
            return None

    async def _give_way(self) -> None:
        self._read += 1
        if self._read % GIVE_WAY_EVERY == 0:
            await asyncio.sleep(0)

    async def _rest(self) -> None:
        pause = self._pause * random.uniform(0.8, 1.2)  # noqa: S311  spreads the load, guards nothing
        self._pause = min(self._pause * 2, self._pace.longest_pause)
        await asyncio.sleep(pause)


def _bare(raw: msgspec.Raw) -> wire.Bare:
    """What every object has; an odd object has nothing."""
    try:
        return parse.decode(raw, wire.Bare)
    except parse.ParseError:
        return wire.Bare()
