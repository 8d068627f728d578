"""Listens to what people do in Slack, over Socket Mode or signed HTTP, on slack-bolt.

Each listener makes a command of it, has it stored, and acknowledges: nothing is decided or done here.
"""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import events
from bot.adapters.slack.calls import web_client
from bot.adapters.slack.chat import SlackChat
from bot.adapters.slack.intake import Intake
from bot.adapters.slack.plan import CALLBACK, message_view
from bot.adapters.slack.signed_http import SignedHttp
from bot.adapters.slack.socket_mode import Envelope, SocketMode
from bot.core.incidents import Command
from bot.service.ports import Health, Inbox, PortError, Readiness

log = structlog.get_logger(__name__)

PART = "slack"
ANYTHING = re.compile(".*")
ACCEPTED = (
    "Accepted. The bot reads the present state once more, then acts. Progress is told in the channel, in the "
    "incident's thread where there is one; you may close this window."
)
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
ACKNOWLEDGED = 200


class SlackListeners:
    """Slash commands, clicks, modals and mentions, each as a durable command."""

    client: AsyncWebClient

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str | None,
        signing_secret: str | None,
        base_url: str,
        mode: Literal["socket", "http"],
        session: aiohttp.ClientSession,
        channel: str,
        inbox: Inbox,
        received: Callable[[Command], None],
        readiness: Readiness,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.client = web_client(token=bot_token, base_url=base_url, session=session)
        self._channel = channel
        self._readiness = readiness
        self._clock = clock
        self._new_id = new_id
        self._chat = SlackChat(client=self.client, channel=channel)
        self._intake = Intake(inbox=inbox, received=received, chat=self._chat)
        self._troubles = {"api": "Slack was not asked yet."}
        self._checker: asyncio.Task[None] | None = None
        self._app = self._listening(web_client(token=None, base_url=base_url, session=session), bot_token)
        self._socket: SocketMode | None = None
        self._http: SignedHttp | None = None
        if mode == "http":
            if not signing_secret:
                raise ValueError("HTTP mode needs GITOPS_BOT_SLACK__SIGNING_SECRET.")
            self._http = SignedHttp(app=self._app, signing_secret=signing_secret)
            return
        if not app_token:
            raise ValueError("Socket mode needs GITOPS_BOT_SLACK__APP_TOKEN.")
        self._troubles["socket"] = "Slack is not connected yet."
        self._socket = SocketMode(
            client=self.client,
            app_token=app_token,
            session=session,
            handle=self._envelope,
            trouble=lambda text: self._report("socket", text),
        )

    async def start(self) -> None:
        """Begin to listen. Never raises because Slack is away: it is tried for ever, and told in readiness."""
        self._readiness.report(PART, Health.STARTING, " ".join(self._troubles.values()))
        self._checker = asyncio.create_task(self._check(), name="slack check")
        if self._socket is not None:
            self._socket.start()

    async def stop(self) -> None:
        """Stop listening; what is being stored is stored first."""
        if self._checker is not None:
            self._checker.cancel()
            await asyncio.wait({self._checker})
        if self._socket is not None:
            await self._socket.stop()
        await self._intake.stop()

    async def handle(self, request: web.Request) -> web.Response:
        """POST /slack/events in HTTP mode."""
        if self._http is None:
            text = "Slack is listened to over Socket Mode here. For HTTP set GITOPS_BOT_SLACK__MODE=http.\n"
            return web.Response(status=404, text=text)
        return await self._http.handle(request)

    # -- how it stands with Slack

    async def _check(self) -> None:
        """Ask until token, scopes and channel are found well, so that trouble is known before the first incident."""
        pause = FIRST_PAUSE
        while True:
            try:
                who = await self._chat.check()
            except PortError as error:
                self._report("api", str(error))
                log.warning("Slack can't be used yet", error=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                log.info("Slack knows the bot", who=who)
                self._report("api", "")
                return

    def _report(self, what: str, trouble: str) -> None:
        if trouble:
            self._troubles[what] = trouble
        else:
            self._troubles.pop(what, None)
        health = Health.FAILING if self._troubles else Health.OK
        self._readiness.report(PART, health, " ".join(self._troubles.values()))

    # -- what people do

    def _listening(self, client: AsyncWebClient, bot_token: str) -> AsyncApp:
        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            # asks Slack nothing: a click must be stored while Slack's Web API is down, too
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token)

        app = AsyncApp(
            name="gitops-bot",
            client=client,
            authorize=authorize,
            signing_secret="",  # checked before a request is even parsed, see signed_http
            request_verification_enabled=False,
            attaching_function_token_enabled=False,
            # an acknowledgement says that a command is stored, so it waits for the listener
            process_before_response=True,
        )
        app.command(ANYTHING)(self._slash)
        app.action(ANYTHING)(self._click)
        app.view(CALLBACK)(self._submit)
        app.event("app_mention")(self._mention)
        return app

    async def _slash(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        taken = await self._intake.take(events.slash(body, id=self._new_id(), at=self._clock()))
        await ack(text=taken.trouble)

    async def _click(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        command = events.click(body, id=self._new_id(), at=self._clock(), channel=self._channel)
        await self._take_and_tell(command)
        await ack()

    async def _mention(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await self._take_and_tell(events.mention(body, id=self._new_id(), at=self._clock()))
        await ack()

    async def _submit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        command = events.submit(body, id=self._new_id(), at=self._clock(), channel=self._channel)
        taken = await self._intake.take(command)
        view = message_view(events.title_of(body), taken.trouble or ACCEPTED)
        await ack(response_action="update", view=view)

    async def _take_and_tell(self, command: Command | None) -> None:
        if command is None:
            return
        taken = await self._intake.take(command)
        if taken.trouble:
            self._intake.tell_later(command, taken.trouble)

    async def _envelope(self, envelope: Envelope) -> Envelope | None:
        """Handle an envelope of the socket; None leaves it unacknowledged, so that Slack delivers it again."""
        payload = envelope.get("payload")
        request = AsyncBoltRequest(mode="socket_mode", body=payload if isinstance(payload, dict) else {})
        answer: BoltResponse = await self._app.async_dispatch(request)
        if answer.status != ACKNOWLEDGED:
            log.warning("an event of Slack was not handled", type=envelope.get("type"), status=answer.status)
            return None
        acknowledgement: Envelope = {"envelope_id": envelope["envelope_id"]}
        if answer.body:
            is_json = answer.first_headers().get("content-type", "").startswith("application/json")
            acknowledgement["payload"] = json.loads(answer.body) if is_json else {"text": answer.body}
        return acknowledgement
