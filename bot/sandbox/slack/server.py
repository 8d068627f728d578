"""FakeSlack: the parts put together."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.sandbox.slack.control import ControlRoutes
from bot.sandbox.slack.delivery import Postman, SignedHttp, SocketMode
from bot.sandbox.slack.delivery.postman import RETRIES
from bot.sandbox.slack.directory import GITOPS_COMMAND, Directory, SlashCommand
from bot.sandbox.slack.guard import LOCAL_NAMES, local_only
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.mishaps import Fault, Mishaps
from bot.sandbox.slack.page import Page
from bot.sandbox.slack.page.scenarios import Scenarios, StartScenario
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.web_api.dispatch import Tokens
from bot.sandbox.slack.web_hooks import WebHooks
from bot.sandbox.slack.workspace import Workspace

_LARGEST_BODY = 25 * 1024 * 1024


class FakeSlack:
    """A Slack workspace with one app, two people and two channels.

    `application()` is Slack itself: Web API under /api/, Socket Mode, response URLs, uploads, control routes.
    `page()` is the channel in a browser, for a port of its own. `set_address()` must be called before the app
    connects. With a `request_url` events are posted there, signed, instead of going over Socket Mode.

    `clock` returns the current UTC time. `fault(kind, subject)` is asked whether a mishap shall happen now, with the
    kinds `expired_trigger` (subject `views.open`) and `duplicate` (subject `interactive`, `slash_commands`,
    `events_api`). `scopes` are those the bot token has; None: all. `allowed_hosts` are further names in Host.
    """

    def __init__(
        self,
        *,
        bot_token: str = "xoxb-sandbox",  # noqa: S107 - the sandbox's own, guards nothing
        app_token: str = "xapp-sandbox",  # noqa: S107 - the sandbox's own, guards nothing
        signing_secret: str = "sandbox-signing-secret",  # noqa: S107 - the sandbox's own, guards nothing
        clock: Callable[[], datetime] | None = None,
        fault: Fault | None = None,
        request_url: str | None = None,
        commands: Sequence[SlashCommand] = (GITOPS_COMMAND,),
        scopes: Iterable[str] | None = None,
        allowed_hosts: Iterable[str] = (),
        ack_seconds: float = 3.0,
        trigger_seconds: float = 3.0,
        event_retries: Sequence[float] = RETRIES,
    ) -> None:
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.mishaps = Mishaps(fault)
        self._hosts = (*LOCAL_NAMES, *allowed_hosts)
        self._ack_seconds = ack_seconds
        self._workspace = Workspace(
            directory=Directory(commands=commands), clock=clock, mishaps=self.mishaps, trigger_seconds=trigger_seconds
        )
        self.socket_mode = SocketMode(self._workspace.addresses, self._workspace.changes, ack_seconds=ack_seconds)
        self._signed_http: list[SignedHttp] = []
        self._postman = Postman(self.socket_mode, self.mishaps, retries=event_retries)
        self.interactions = Interactions(self._workspace, self._postman)
        self._scenarios = Scenarios()
        self._control = ControlRoutes(self._workspace, self.interactions, self._postman, self.socket_mode)
        self._web_api = WebApi(
            self._workspace,
            Tokens(bot=bot_token, app=app_token),
            open_connection=self.socket_mode.open_connection,
            scopes=scopes,
        )
        if request_url is not None:
            self.set_request_url(request_url)

    @property
    def workspace(self) -> Workspace:
        """Return the workspace's state; for tests and for telling a story, read rather than write."""
        return self._workspace

    def set_address(self, url: str) -> None:
        """Say where `application()` is reached: `http://127.0.0.1:8091`."""
        self._workspace.addresses.server = url.rstrip("/")

    def set_page_address(self, url: str) -> None:
        """Say where `page()` is reached; permalinks lead there."""
        self._workspace.addresses.page = url.rstrip("/")

    def set_request_url(self, url: str | None) -> None:
        """Deliver by signed HTTP to this address from now on; None: over Socket Mode."""
        if url is None:
            self._postman.delivery = self.socket_mode
        else:
            signed = SignedHttp(
                url,
                signing_secret=self.signing_secret,
                moments=self._workspace.moments,
                ack_seconds=self._ack_seconds,
            )
            self._signed_http.append(signed)
            self._postman.delivery = signed
        self._workspace.changes.touch()

    def set_scenarios(self, scenarios: Sequence[tuple[str, str]], start: StartScenario) -> None:
        """Offer scenarios (name, title) on the page; `start(name)` is awaited when one is chosen."""
        self._scenarios.offer(scenarios, start)
        self._workspace.changes.touch()

    def application(self, *, middlewares: Iterable[Middleware] = ()) -> web.Application:
        """Return Slack itself; given middlewares stand outside all others."""
        app = web.Application(middlewares=[*middlewares, local_only(self._hosts)], client_max_size=_LARGEST_BODY)
        app.router.add_routes(self._web_api.routes())
        app.router.add_routes(WebHooks(self._workspace).routes())
        app.router.add_get("/link/", self.socket_mode.handle)
        app.router.add_routes(self._control.routes())
        app.on_shutdown.append(self._end_connections)
        return app

    def page(self, *, middlewares: Iterable[Middleware] = ()) -> web.Application:
        """Return the page people look at; given middlewares stand outside all others."""
        app = web.Application(middlewares=[*middlewares, local_only(self._hosts)])
        page = Page(self._workspace, self.interactions, self._scenarios, connection=self._connection)
        app.router.add_routes(page.routes())
        app.router.add_routes(self._control.routes())
        app.on_response_prepare.append(page.add_headers)
        app.on_shutdown.append(self._end_watching)
        return app

    async def close(self) -> None:
        """End connections, deliveries under way and the page's watchers."""
        self._workspace.changes.close()
        await self._postman.close()
        await self.socket_mode.close()
        for signed in self._signed_http:
            await signed.close()

    def _connection(self) -> tuple[bool, str]:
        """Return whether the app can be reached, and how, for the page."""
        delivery = self._postman.delivery
        if isinstance(delivery, SignedHttp):
            return True, f"HTTP, {delivery.request_url}"
        connected = self.socket_mode.connected
        return connected > 0, "Socket Mode" if connected else "not connected"

    async def _end_connections(self, _app: web.Application) -> None:
        await self.socket_mode.close()

    async def _end_watching(self, _app: web.Application) -> None:
        self._workspace.changes.close()
