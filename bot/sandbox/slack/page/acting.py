"""What the person at the page does: each form's POST, carried out by the same interactions as the control API."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.slack.directory import INCIDENTS, User
from bot.sandbox.slack.errors import Impossible, SlackError
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.page.forms import Fields, read_press, read_values
from bot.sandbox.slack.page.people import PERSON, person_of
from bot.sandbox.slack.page.scenarios import Scenarios
from bot.sandbox.slack.page.timeline import timestamp_of
from bot.sandbox.slack.page.typed import as_message_text, as_slash_command
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.workspace import Workspace

Act = Callable[[web.Request, User, Fields], Awaitable[None]]


class Acting:
    """Routes behind the page's forms. Each leads back to where the form stood."""

    def __init__(self, workspace: Workspace, interactions: Interactions, scenarios: Scenarios) -> None:
        self._workspace = workspace
        self._interactions = interactions
        self._scenarios = scenarios

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        acts: dict[str, Act] = {
            "/archives/{channel}/say": self._say,
            r"/archives/{channel}/p{key:\d+}/press": self._press,
            r"/private/{ts:[\d.]+}/dismiss": self._dismiss,
            "/views/{view}/press": self._press_in_view,
            "/views/{view}/submit": self._submit,
            "/views/{view}/close": self._close,
            "/scenarios": self._start,
        }
        return [
            web.post("/person", self._become),
            *(web.post(path, self._acting(act)) for path, act in acts.items()),
        ]

    def _acting(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            _require_own_form(request)
            fields = await request.post()
            try:
                await act(request, person_of(request, self._workspace.directory), fields)
            except Impossible as error:
                raise web.HTTPConflict(text=f"That is not possible any more: {error}.") from error
            return _back(request)

        return handle

    async def _become(self, request: web.Request) -> web.Response:
        _require_own_form(request)
        chosen = str((await request.post()).get(PERSON, ""))
        if chosen not in {user.id for user in self._workspace.directory.people}:
            raise web.HTTPBadRequest(text=f"There is no person {chosen}.")
        response = _back(request)
        response.set_cookie(PERSON, chosen, httponly=True, samesite="Lax")
        return response

    async def _say(self, request: web.Request, person: User, fields: Fields) -> None:
        channel = request.match_info["channel"]
        text = str(fields.get("text", "")).strip()
        thread_ts = str(fields.get("thread_ts", "")) or None
        if not text:
            return
        command, words = as_slash_command(text)
        if command and thread_ts:
            self._workspace.notify(
                user=person.id,
                channel=channel,
                thread_ts=thread_ts,
                error="command_in_thread",
                text=f"{command} is not supported in threads. Mention @gitops instead.",
            )
        elif command:
            await self._interactions.command(user=person.id, channel=channel, command=command, text=words)
        else:
            shown = as_message_text(text, self._workspace.directory)
            self._interactions.say(user=person.id, channel=channel, text=shown, thread_ts=thread_ts)

    async def _press(self, request: web.Request, person: User, fields: Fields) -> None:
        channel, ts = request.match_info["channel"], timestamp_of(request.match_info["key"])
        press = read_press(self._blocks_of(channel, ts), fields)
        await self._interactions.click(user=person.id, channel=channel, ts=ts, press=press)

    async def _dismiss(self, request: web.Request, person: User, _fields: Fields) -> None:
        self._workspace.dismiss(request.match_info["ts"], user=person.id)

    async def _press_in_view(self, request: web.Request, person: User, fields: Fields) -> None:
        shown = self._workspace.views.get(request.match_info["view"])
        press = read_press(shown.view["blocks"], fields)
        await self._interactions.click_in_view(user=person.id, view_id=shown.id, press=press)

    async def _submit(self, request: web.Request, person: User, fields: Fields) -> None:
        shown = self._workspace.views.get(request.match_info["view"])
        values = read_values(shown.view["blocks"], fields)
        await self._interactions.submit(user=person.id, view_id=shown.id, values=values)

    async def _close(self, request: web.Request, person: User, _fields: Fields) -> None:
        await self._interactions.close(user=person.id, view_id=request.match_info["view"])

    async def _start(self, _request: web.Request, _person: User, fields: Fields) -> None:
        await self._scenarios.start(str(fields.get("name", "")))
        self._workspace.changes.touch()

    def _blocks_of(self, channel: str, ts: str) -> list[Json]:
        message = self._workspace.messages.whispered(ts)
        if message is None:
            try:
                message = self._workspace.messages.get(channel, ts)
            except SlackError:
                raise Impossible("the message is gone") from None
        blocks: list[Json] = message.get("blocks", [])
        return blocks


def _require_own_form(request: web.Request) -> None:
    """Refuse a POST that no form of this page sent: browsers name the origin of every one."""
    if request.headers.get("Origin") != f"http://{request.headers.get('Host')}":
        raise web.HTTPForbidden(text="Only this page's own forms may do that; scripts use /control.")


def _back(request: web.Request) -> web.Response:
    referrer = urlsplit(request.headers.get("Referer", ""))
    path = referrer.path if referrer.path.startswith("/archives/") else f"/archives/{INCIDENTS}"
    location = f"{path}?{referrer.query}" if referrer.query else path
    return web.Response(status=303, headers={"Location": location})
