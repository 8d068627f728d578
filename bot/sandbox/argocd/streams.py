"""The watch: replay, live lines, slow readers, and its end without a word."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from bot.sandbox.argocd import fields
from bot.sandbox.argocd.access import find_application, key_in, only_project
from bot.sandbox.argocd.context import Context
from bot.sandbox.argocd.errors import ApiError, go_json, stream_error
from bot.sandbox.argocd.routes_applications import is_selected, selected
from bot.sandbox.argocd.state import Change, State
from bot.sandbox.argocd.trees import resource_tree, with_tree_health
from bot.sandbox.argocd.values import Json, key_of

BUFFER: Final = 1000
_KEEPALIVE: Final = 15.0
_LOOK_AT_READER: Final = 0.5


class Subscription:
    """One reader's queue: what doesn't fit is lost to it, as it is to Argo CD's slow readers."""

    def __init__(self, size: int) -> None:
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue(size)
        self.ended = False
        self.lost = 0

    def offer(self, change: Change) -> None:
        """Queue a change, or lose it."""
        try:
            self._queue.put_nowait(change)
        except asyncio.QueueFull:
            self.lost += 1

    def end(self) -> None:
        """Let the reader stop, and wake it if it waits."""
        self.ended = True
        if self._queue.empty():
            self._queue.put_nowait(None)

    async def next(self, seconds: float) -> Change | None:
        """Return the next change, or None when none came in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None


class Hub:
    """All readers of the watch."""

    def __init__(self, state: State, *, buffer: int = BUFFER) -> None:
        self._subscriptions: set[Subscription] = set()
        self._buffer = buffer
        state.listen(self._publish)

    @property
    def subscriptions(self) -> frozenset[Subscription]:
        """Return the readers there are."""
        return frozenset(self._subscriptions)

    def subscribe(self) -> Subscription:
        """Add a reader."""
        subscription = Subscription(self._buffer)
        self._subscriptions.add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Drop a reader."""
        self._subscriptions.discard(subscription)

    def end_all(self) -> None:
        """End every stream as a restarting server does: without an error line."""
        for subscription in self._subscriptions:
            subscription.end()

    def _publish(self, change: Change) -> None:
        for subscription in self._subscriptions:
            subscription.offer(change)


class StreamRoutes:
    """Streams of Applications and of one Application's tree."""

    def __init__(self, context: Context, hub: Hub) -> None:
        self._context = context
        self._hub = hub

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the routes of this group."""
        return (
            web.get("/api/v1/stream/applications", self.applications, allow_head=False),
            web.get("/api/v1/stream/applications/{name}/resource-tree", self.tree, allow_head=False),
        )

    async def applications(self, request: web.Request) -> web.StreamResponse:
        """Stream the Applications: without resourceVersion (or with name) first all as ADDED, then every write."""
        try:
            account = self._context.sessions.authenticate(request)
            known = selected(self._context, account, request)
        except ApiError as error:
            return stream_error(error)
        since = request.query.get("resourceVersion", "")
        replay = known if not since or request.query.get("name") else []
        floor = int(since) if since.isdecimal() else 0

        def line(change: Change) -> Json | None:
            if not is_selected(account, request, change.app):
                return None
            if int(change.app["metadata"]["resourceVersion"]) < floor:
                return None
            return self._application_line(change)

        first = [self._application_line(Change(type="ADDED", app=app)) for app in replay]
        return await self._stream(request, first, line)

    async def tree(self, request: web.Request) -> web.StreamResponse:
        """Stream one Application's tree, whole at each of its writes."""
        try:
            account = self._context.sessions.authenticate(request)
            app = find_application(self._context.state, account, key_in(request), "get", project=only_project(request))
            first = [{"result": resource_tree(self._context.state, app)}]
        except ApiError as error:
            return stream_error(error)
        key = key_of(app)

        def line(change: Change) -> Json | None:
            if key_of(change.app) != key or change.type == "DELETED":
                return None
            return {"result": resource_tree(self._context.state, change.app)}

        return await self._stream(request, first, line)

    def _application_line(self, change: Change) -> Json:
        app = with_tree_health(self._context.state, change.app)
        return {"result": {"type": change.type, "application": app}}

    async def _stream(
        self, request: web.Request, first: Sequence[Json], line: Callable[[Change], Json | None]
    ) -> web.StreamResponse:
        as_events = "text/event-stream" in request.headers.get("Accept", "")
        content_type = "text/event-stream" if as_events else "application/json"
        response = web.StreamResponse(headers={"Content-Type": content_type, "X-Content-Type-Options": "nosniff"})
        response.enable_chunked_encoding()
        subscription = self._hub.subscribe()  # before the first line, so that nothing falls between
        writer = _Writer(response, asked=request.query.get("fields", ""), as_events=as_events)
        try:
            await response.prepare(request)
            for known in first:
                await writer.write(known)
            while not subscription.ended and request.transport is not None and not request.transport.is_closing():
                change = await subscription.next(_LOOK_AT_READER)
                if change is None:
                    await writer.keep_alive()
                elif (message := line(change)) is not None:
                    await writer.write(message, name=change.app["metadata"]["name"])
        except ConnectionResetError:
            return response  # the reader went away
        finally:
            self._hub.leave(subscription)
        return response


class _Writer:
    """Frames lines as NDJSON or as server-sent events, and holds back a line equal to the one before."""

    def __init__(self, response: web.StreamResponse, *, asked: str, as_events: bool) -> None:
        self._response = response
        self._asked = asked
        self._as_events = as_events
        self._previous: dict[str, Json] = {}
        self._quiet = 0.0

    async def write(self, message: Json, *, name: str | None = None) -> None:
        """Write one message, reduced to the fields asked for."""
        reduced = fields.stream_item(message, self._asked)
        if self._asked:
            name = name or str(message["result"].get("application", {}).get("metadata", {}).get("name"))
            if self._previous.get(name) == reduced:
                return
            self._previous[name] = reduced
        text = go_json(reduced)
        await self._send(b"data: " + text + b" \n\n" if self._as_events else text + b"\n")

    async def keep_alive(self) -> None:
        """Write a comment after 15 quiet seconds; plain lines have nothing of the kind."""
        self._quiet += _LOOK_AT_READER
        if self._as_events and self._quiet >= _KEEPALIVE:
            await self._send(b":\n")

    async def _send(self, text: bytes) -> None:
        self._quiet = 0.0
        await self._response.write(text)
