"""The dispatcher: token, scope, arguments, method, answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.slack.arguments import check_token, read_arguments
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.web_api.chat import ChatMethods
from bot.sandbox.slack.web_api.conversations import ConversationMethods
from bot.sandbox.slack.web_api.files import FileMethods
from bot.sandbox.slack.web_api.method import Method
from bot.sandbox.slack.web_api.people import PeopleMethods
from bot.sandbox.slack.web_api.views import ViewMethods
from bot.sandbox.slack.workspace import Workspace

_APP_LEVEL = "apps.connections.open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The app's two tokens: the bot's for everything, the app-level one for Socket Mode."""

    bot: str
    app: str


class WebApi:
    """Answers /api/METHOD. `scopes` are those the bot token has; None: all of them."""

    def __init__(
        self,
        workspace: Workspace,
        tokens: Tokens,
        *,
        open_connection: Callable[[], Json],
        scopes: Iterable[str] | None = None,
    ) -> None:
        self._workspace = workspace
        self._tokens = tokens
        self._open_connection = open_connection
        groups = (
            ChatMethods(workspace),
            ConversationMethods(workspace),
            FileMethods(workspace),
            PeopleMethods(workspace),
            ViewMethods(workspace),
        )
        self._methods: dict[str, Method] = {name: each for group in groups for name, each in group.methods().items()}
        every_scope = sorted({each.scope for each in self._methods.values() if each.scope})
        self._scopes = every_scope if scopes is None else sorted(scopes)

    def routes(self) -> list[web.RouteDef]:
        """Return the route of every method."""
        return [web.get("/api/{method}", self._handle), web.post("/api/{method}", self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        arguments: Json = {}
        try:
            arguments = await read_arguments(request)
            body = {"ok": True, **self._answer(request, name, arguments)}
        except SlackError as error:
            body = error.to_json()
        told = {key: value for key, value in arguments.items() if key != "token"}
        self._workspace.calls.append({"method": name, "ok": body["ok"], "error": body.get("error"), "arguments": told})
        return web.json_response(body, headers={"x-oauth-scopes": ",".join(self._scopes)})

    def _answer(self, request: web.Request, name: str, arguments: Json) -> Json:
        if name == _APP_LEVEL:
            check_token(request, arguments, expected=self._tokens.app, other=self._tokens.bot)
            return self._open_connection()
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        check_token(request, arguments, expected=self._tokens.bot, other=self._tokens.app)
        if method.scope and method.scope not in self._scopes:
            raise SlackError("missing_scope", needed=method.scope, provided=",".join(self._scopes))
        return method.call(arguments)
