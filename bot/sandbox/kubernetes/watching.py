"""Watches: initial state, live changes, bookmarks, expiry, and the ways they end."""

import asyncio
from typing import Any, Final

from aiohttp import web

from bot.sandbox.kubernetes.errors import bad_request, too_old
from bot.sandbox.kubernetes.kinds import Kind
from bot.sandbox.kubernetes.reading import Selection, flag, metadata_only, number, partial, typed
from bot.sandbox.kubernetes.state import Change, Expired, State, last_words
from bot.sandbox.kubernetes.values import Json, go_json

_LOOK_AT_READER: Final = 0.5
_LONGEST: Final = 1800.0
_TEMPLATE: Final = {"metadata": {}, "spec": {"containers": None}}
_ZERO_VALUES: Final[dict[str, Json]] = {
    "Event": {
        "involvedObject": {},
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    },
    "Pod": {"spec": {"containers": None}, "status": {}},
    "Deployment": {"spec": {"selector": None, "template": _TEMPLATE, "strategy": {}}, "status": {}},
    "StatefulSet": {"spec": {"selector": None, "template": _TEMPLATE, "serviceName": ""}, "status": {"replicas": 0}},
}


class Watches:
    """All open watches."""

    def __init__(self, state: State, *, bookmark_every: float) -> None:
        self._state = state
        self._bookmark_every = bookmark_every
        self._open: set[_Watch] = set()

    @property
    def count(self) -> int:
        """Return how many watches are open."""
        return len(self._open)

    async def serve(self, request: web.Request, wanted: Selection) -> web.StreamResponse:
        """Answer a watch."""
        watch = _Watch(self._state, request, wanted, bookmark_every=self._bookmark_every)
        self._open.add(watch)
        try:
            return await watch.run()
        finally:
            self._open.discard(watch)

    def end(self, kind: Kind | None = None) -> None:
        """End watches (of one kind) cleanly, as at their timeout."""
        for watch in self._open:
            if kind is None or watch.kind == kind:
                watch.ended = True
        self._state.wake()

    def drop(self) -> None:
        """Cut the sockets of all watches."""
        for watch in list(self._open):
            watch.cut()
        self._state.wake()


class _Watch:
    """One watch, a reader of the history from its version on."""

    def __init__(self, state: State, request: web.Request, wanted: Selection, *, bookmark_every: float) -> None:
        self._state = state
        self._request = request
        self._wanted = wanted
        self.kind = wanted.kind
        self.ended = False
        self._metadata_only = metadata_only(request)
        self._bookmarks = flag(request, "allowWatchBookmarks")
        self._periodic = self._bookmarks and wanted.kind.bookmarked
        self._bookmark_every = bookmark_every
        self._seconds = float(number(request, "timeoutSeconds")) or _LONGEST
        self._version = number(request, "resourceVersion")
        self._initial = _initial_state(request)
        self._response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"}
        )

    def cut(self) -> None:
        """Cut the socket."""
        self.ended = True
        if self._request.transport is not None:
            self._request.transport.abort()

    async def run(self) -> web.StreamResponse:
        """Tell until the timeout, the reader's leaving, an expired version or an end from outside."""
        self._response.enable_chunked_encoding()
        await self._response.prepare(self._request)
        try:
            if self._initial or self._version == 0:
                await self._tell_initial_state()
            else:
                self._state.check(self._version)
            await self._tell_changes()
        except Expired:
            await self._write("ERROR", too_old(self._version, self._state.version).status)
        except ConnectionResetError:
            return self._response  # the reader went away, or was cut off
        return self._response

    async def _tell_initial_state(self) -> None:
        floor, self._version = self._version, self._state.version
        if self._initial or floor == 0:
            for obj in self._state.all_of(self.kind):
                if self._wanted.has(obj):
                    await self._tell("ADDED", obj)
        if self._initial and self._bookmarks:
            await self._bookmark({"k8s.io/initial-events-end": "true"})

    async def _tell_changes(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        next_bookmark = loop.time() + self._bookmark_every if self._periodic else end
        while not self._reader_gone():
            upto = self._state.version
            for change in self._state.changes(self.kind, after=self._version):
                self._version = change.version
                await self._tell_change(change)
            self._version = max(self._version, upto)
            if self.ended or loop.time() >= end:
                return
            if self._periodic and loop.time() >= next_bookmark:
                await self._bookmark({})
                next_bookmark = loop.time() + self._bookmark_every
            if self._state.version == self._version and not self.ended:
                soonest = min(end, next_bookmark) - loop.time()
                await self._state.changed(min(_LOOK_AT_READER, max(0.0, soonest)))

    async def _tell_change(self, change: Change) -> None:
        """Tell what a change means to this selection: what leaves it is deleted, what enters it is added."""
        before, after = self._wanted.has(change.before), self._wanted.has(change.after)
        if after and change.after is not None:
            await self._tell("MODIFIED" if before else "ADDED", change.after)
        elif before:
            await self._tell("DELETED", last_words(change))

    async def _tell(self, kind: str, obj: Json) -> None:
        await self._write(kind, partial(obj) if self._metadata_only else typed(self.kind, obj))

    async def _bookmark(self, annotations: dict[str, str]) -> None:
        metadata: Json = {"resourceVersion": str(self._version)}
        if annotations:
            metadata["annotations"] = annotations
        empty = {} if self._metadata_only or self.kind.custom else _ZERO_VALUES.get(self.kind.kind, {})
        await self._tell("BOOKMARK", {"metadata": metadata} | empty)

    async def _write(self, kind: str, obj: Json) -> None:
        await self._response.write(go_json({"type": kind, "object": obj}))

    def _reader_gone(self) -> bool:
        return self._request.transport is None or self._request.transport.is_closing()


def _initial_state(request: web.Request) -> bool:
    """Whether the watch begins with a list; it must then say how fresh that is to be."""
    asked = flag(request, "sendInitialEvents")
    match: Any = request.query.get("resourceVersionMatch")
    if asked and match != "NotOlderThan":
        raise bad_request("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    if match and not asked:
        raise bad_request("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
    return asked
