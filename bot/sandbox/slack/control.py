"""The control API for Slack: what tests see and do. JSON in, JSON out, under /control."""

import json
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.sandbox.slack.delivery import Postman, SocketMode
from bot.sandbox.slack.directory import BOT_USER, INCIDENTS, ON_CALL
from bot.sandbox.slack.errors import Impossible
from bot.sandbox.slack.interactions import Interactions, Outcome, Press
from bot.sandbox.slack.mrkdwn import pings
from bot.sandbox.slack.values import Json, flag
from bot.sandbox.slack.workspace import Workspace

Act = Callable[[Json], Awaitable[Outcome]]


class ControlRoutes:
    """Routes by which a test is a person, and sees more than a person would."""

    def __init__(
        self, workspace: Workspace, interactions: Interactions, postman: Postman, socket_mode: SocketMode
    ) -> None:
        self._workspace = workspace
        self._interactions = interactions
        self._postman = postman
        self._socket_mode = socket_mode

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; the same stand on the server and on the page."""
        acts: dict[str, Act] = {
            "click": self._click,
            "submit": self._submit,
            "close": self._close,
            "command": self._command,
            "mention": self._mention,
            "shortcut": self._shortcut,
        }
        return [
            web.get("/control/channels/{channel}/messages", self._messages),
            web.get("/control/ephemerals", self._ephemerals),
            web.get("/control/notices", self._notices),
            web.get("/control/views", self._views),
            web.get("/control/calls", self._calls),
            web.get("/control/deliveries", self._deliveries),
            web.post("/control/socket", self._socket),
            *(web.post(f"/control/{name}", _acting(act)) for name, act in acts.items()),
        ]

    async def _messages(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        if channel not in self._workspace.directory.channels:
            return web.json_response({"ok": False, "error": "channel_not_found"}, status=404)
        messages = self._workspace.messages
        told = [
            messages.shown(channel, message, metadata=True) | {"pings": pings(message)}
            for message in messages.conversation(channel).messages.values()
        ]
        return web.json_response(told)

    async def _ephemerals(self, _request: web.Request) -> web.Response:
        return web.json_response([each | {"pings": pings(each)} for each in self._workspace.messages.ephemerals])

    async def _notices(self, _request: web.Request) -> web.Response:
        return web.json_response([notice.to_json() for notice in self._workspace.notices])

    async def _views(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [each.view | {"user": each.user, "errors": each.errors} for each in self._workspace.views.all()]
        )

    async def _calls(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self._workspace.calls))

    async def _deliveries(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self._postman.log))

    async def _socket(self, request: web.Request) -> web.Response:
        """`{"do": "disconnect", "reason"?}` asks the app to reconnect, `{"do": "drop"}` cuts, `{}` only counts."""
        body = await _object(request)
        match body.get("do"):
            case "disconnect":
                await self._socket_mode.ask_to_reconnect(str(body.get("reason", "refresh_requested")))
            case "drop":
                self._socket_mode.drop()
            case None:
                pass
            case other:
                return _impossible(f"do: {other}")
        return web.json_response({"ok": True, "connections": self._socket_mode.connected})

    async def _click(self, body: Json) -> Outcome:
        press = Press(
            action_id=_text(body, "action_id"),
            block_id=body.get("block_id"),
            value=body.get("value"),
            values=_values(body),
            trigger_id=body.get("trigger_id"),
        )
        user = _user(body)
        if body.get("view_id"):
            return await self._interactions.click_in_view(user=user, view_id=str(body["view_id"]), press=press)
        return await self._interactions.click(user=user, channel=_channel(body), ts=_text(body, "ts"), press=press)

    async def _submit(self, body: Json) -> Outcome:
        user = _user(body)
        return await self._interactions.submit(user=user, view_id=self._view_id(user, body), values=_values(body))

    async def _close(self, body: Json) -> Outcome:
        user = _user(body)
        cleared = flag(body.get("cleared", False))
        return await self._interactions.close(user=user, view_id=self._view_id(user, body), cleared=cleared)

    async def _command(self, body: Json) -> Outcome:
        return await self._interactions.command(
            user=_user(body),
            channel=_channel(body),
            command=str(body.get("command", "/gitops")),
            text=str(body.get("text", "")),
        )

    async def _mention(self, body: Json) -> Outcome:
        """Say something to the app; the mention is put in front where the text has none."""
        text = _text(body, "text")
        if f"<@{BOT_USER}>" not in text:
            text = f"<@{BOT_USER}> {text}"
        self._interactions.say(user=_user(body), channel=_channel(body), text=text, thread_ts=body.get("thread_ts"))
        return Outcome()

    async def _shortcut(self, body: Json) -> Outcome:
        return await self._interactions.shortcut(
            user=_user(body), channel=_channel(body), ts=_text(body, "ts"), callback_id=_text(body, "callback_id")
        )

    def _view_id(self, user: str, body: Json) -> str:
        if body.get("view_id"):
            return str(body["view_id"])
        shown = self._workspace.views.top(user)
        if shown is None:
            raise Impossible(f"{user} has no modal open")
        return shown.id


def _acting(act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            outcome = await act(await _object(request))
        except Impossible as error:
            return _impossible(str(error))
        return web.json_response(outcome.to_json())

    return handle


def _impossible(text: str) -> web.Response:
    return web.json_response({"ok": False, "error": "impossible", "detail": text}, status=400)


async def _object(request: web.Request) -> Json:
    raw = await request.read()
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text='{"ok": false, "error": "not a JSON object"}', content_type="application/json")
    return body


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Impossible(f"{name} is missing")
    return value


def _user(body: Json) -> str:
    return str(body.get("user", ON_CALL))


def _channel(body: Json) -> str:
    return str(body.get("channel", INCIDENTS))


def _values(body: Json) -> Mapping[str, Mapping[str, object]]:
    """Return block_id -> action_id -> value."""
    values = body.get("values") or {}
    if not isinstance(values, dict) or not all(isinstance(each, dict) for each in values.values()):
        raise Impossible('values must be {"block_id": {"action_id": value}}')
    return values
