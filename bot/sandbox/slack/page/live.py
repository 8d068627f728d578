"""Telling open pages that something changed: server-sent events, each with the workspace's new version."""

import asyncio
from contextlib import suppress

from aiohttp import web

from bot.sandbox.slack.changes import Changes

_KEEP_ALIVE = 15.0


class Live:
    """Serves the stream; the page fetches itself again at each event."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Stream versions other than `since` until either side ends."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionResetError):  # the reader left
            await self._tell(response, request.query.get("since", ""))
        return response

    async def _tell(self, response: web.StreamResponse, since: str) -> None:
        version = int(since) if since.isdecimal() else -1
        await response.write(b"retry: 1000\n\n")
        while not self._changes.closed:
            try:
                async with asyncio.timeout(_KEEP_ALIVE):
                    version = await self._changes.later_than(version)
            except TimeoutError:
                await response.write(b": nothing new\n\n")
            else:
                await response.write(f"data: {version}\n\n".encode())
