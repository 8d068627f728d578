"""The page's addresses: reading a channel and a thread, what the forms do, the live stream, and its headers."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.sandbox.slack.directory import INCIDENTS, Channel
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.page.acting import Acting
from bot.sandbox.slack.page.live import Live
from bot.sandbox.slack.page.people import person_of
from bot.sandbox.slack.page.rendering import environment
from bot.sandbox.slack.page.scenarios import Scenarios
from bot.sandbox.slack.page.timeline import Entry, Timeline, timestamp_of
from bot.sandbox.slack.workspace import Workspace

_STATIC = Path(__file__).parent / "static"
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Page:
    """Shows the workspace to one person. `connection` returns whether the app can be reached, and how."""

    def __init__(
        self,
        workspace: Workspace,
        interactions: Interactions,
        scenarios: Scenarios,
        *,
        connection: Callable[[], tuple[bool, str]],
    ) -> None:
        self._workspace = workspace
        self._scenarios = scenarios
        self._connection = connection
        self._acting = Acting(workspace, interactions, scenarios)
        self._live = Live(workspace.changes)
        self._templates = environment(workspace.directory)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the page's routes."""
        return [
            web.get("/", self._home),
            web.get("/archives/{channel}", self._channel),
            web.get(r"/archives/{channel}/p{key:\d{7,18}}", self._message),
            web.get("/live", self._live.handle),
            web.static("/static", _STATIC),
            *self._acting.routes(),
        ]

    async def add_headers(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Forbid what the page never needs: foreign content, inline script and style, frames."""
        response.headers.update(_HEADERS)

    async def _home(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/archives/{INCIDENTS}")

    async def _channel(self, request: web.Request) -> web.Response:
        return self._shown(request, self._place(request), thread=None, pointed_at=None)

    async def _message(self, request: web.Request) -> web.Response:
        """Show a message where its permalink leads: in its thread, beside the channel."""
        place = self._place(request)
        pointed_at = timestamp_of(request.match_info["key"])
        try:
            root = self._workspace.messages.root_of(place.id, pointed_at)
        except SlackError:
            raise web.HTTPNotFound(text="There is no such message here, or it was deleted.") from None
        return self._shown(request, place, thread=root, pointed_at=pointed_at if pointed_at != root else None)

    def _place(self, request: web.Request) -> Channel:
        try:
            return self._workspace.channel(request.match_info["channel"])
        except SlackError:
            raise web.HTTPNotFound(text="There is no such channel.") from None

    def _shown(
        self, request: web.Request, place: Channel, *, thread: str | None, pointed_at: str | None
    ) -> web.Response:
        person = person_of(request, self._workspace.directory)
        timeline = Timeline(self._workspace, person)
        replies: list[Entry] = [] if thread is None else timeline.thread(place.id, thread)
        connected, way = self._connection()
        shown = self._templates.get_template("page.html").render(
            version=self._workspace.changes.version,
            directory=self._workspace.directory,
            person=person,
            place=place,
            entries=timeline.channel(place.id),
            thread=thread,
            replies=replies,
            pointed_at=pointed_at,
            view=self._workspace.views.top(person.id),
            connected=connected,
            way=way,
            scenarios=self._scenarios.all,
        )
        return web.Response(text=shown, content_type="text/html")
