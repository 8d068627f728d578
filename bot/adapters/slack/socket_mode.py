"""Socket Mode: one connection to Slack, kept for ever. docs.slack.dev, "Using Socket Mode".

The SDK's client is not used: after a failed connect it asks the same single-use address again for ever, it can't say
that it is failing, and it leaves tasks behind when it is closed.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.calls import call
from bot.service.ports import PortError, Refused, Unreachable

log = structlog.get_logger(__name__)

Envelope = dict[str, Any]
Handle = Callable[[Envelope], Awaitable[Envelope | None]]
"""Takes an envelope; returns its acknowledgement, or None for none."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HELLO_WITHIN = 15.0
HEARTBEAT = 10.0
"""Seconds between pings; a connection that answers none is left after half as long again."""

SHORT_LIFE = 5.0
"""A connection that ended sooner counts as a failed attempt, else a quarrel would be a busy loop."""

CLOSING = aiohttp.ClientWSTimeout(ws_close=2.0)
"""How long the other side is waited for when a connection is closed."""

GRACE = 10.0
"""Seconds an old connection still listens beside its successor: Slack may yet send over it."""


class SocketMode:
    """Holds the connection; says by `trouble` what is wrong with it (empty: nothing)."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        app_token: str,
        session: aiohttp.ClientSession,
        handle: Handle,
        trouble: Callable[[str], None],
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._session = session
        self._handle = handle
        self._trouble = trouble
        self._keeper: asyncio.Task[None] | None = None
        self._readers: set[asyncio.Task[None]] = set()
        self._handling: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to connect; a Slack that is away is tried again for ever."""
        self._keeper = asyncio.create_task(self._keep(), name="slack socket")

    async def stop(self) -> None:
        """Let what is being handled be acknowledged, then close."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
        if self._handling:
            await asyncio.wait(self._handling, timeout=3)
        tasks = self._readers | self._handling
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                await self._one_connection()
                if clock() - began >= SHORT_LIFE:
                    pause = FIRST_PAUSE
                    continue
                self._trouble("The connection to Slack was lost as soon as it stood; connecting again.")
                wait = pause
            except PortError as error:
                self._trouble(str(error))
                wished = error.retry_after if isinstance(error, Unreachable) else None
                wait = wished or pause
                log.warning("no connection to Slack; trying again", error=str(error), seconds=wait)
            await asyncio.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _one_connection(self) -> None:
        """Connect, and return when another connection is needed. Raises PortError when there was none."""
        opened = await call("connect (Socket Mode)", self._client.apps_connections_open(app_token=self._app_token))
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                socket = await self._session.ws_connect(str(opened["url"]), heartbeat=HEARTBEAT, timeout=CLOSING)
                await self._greeted(socket)
        except TimeoutError as error:
            raise Unreachable("Slack's socket did not say hello in time.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # the address holds a ticket: only the kind of failure is told
            raise Unreachable(f"Slack's socket can't be reached ({type(error).__name__}).") from error
        self._trouble("")
        log.info("connected to Slack")
        leave = asyncio.Event()
        reader = asyncio.create_task(self._read(socket, leave), name="slack socket reader")
        self._readers.add(reader)
        reader.add_done_callback(self._readers.discard)
        await leave.wait()

    async def _greeted(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Wait for Slack's hello; a socket that says something else is closed."""
        greeted = False
        try:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise Unreachable("Slack's socket was closed before it said hello.")
            first = _parsed(message)
            if first.get("type") == "disconnect":
                raise _sent_away(first)
            greeted = True
        finally:
            if not greeted:
                await socket.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, leave: asyncio.Event) -> None:
        """Take envelopes until the socket ends; sets `leave` as soon as a successor is needed."""
        try:
            async with asyncio.timeout(None) as life:
                async for message in socket:
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        continue
                    envelope = _parsed(message)
                    if envelope.get("type") == "disconnect":
                        log.info("Slack asks for a new connection", reason=envelope.get("reason"))
                        life.reschedule(asyncio.get_running_loop().time() + GRACE)
                        leave.set()
                    elif envelope.get("envelope_id"):
                        self._begin(self._answer(socket, envelope))
        except TimeoutError:
            log.debug("an old connection to Slack was left")
        finally:
            leave.set()
            with contextlib.suppress(aiohttp.ClientError, OSError):
                await socket.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="slack envelope")
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, envelope: Envelope) -> None:
        acknowledgement = await self._handle(envelope)
        if acknowledgement is None:
            return
        try:
            await socket.send_json(acknowledgement)
        except (aiohttp.ClientError, OSError) as error:
            # Slack delivers it again over the next connection, and finds it known
            log.info("an acknowledgement came too late for its connection", error=type(error).__name__)


def _parsed(message: aiohttp.WSMessage) -> Envelope:
    try:
        parsed = message.json()
    except (ValueError, RecursionError):
        log.warning("Slack's socket said something that is no JSON")
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _sent_away(message: Envelope) -> PortError:
    reason = str(message.get("reason") or "no reason given")
    if reason == "link_disabled":
        return Refused(
            "Socket Mode is switched off for this Slack app. Switch it on in the app's settings, or set "
            "GITOPS_BOT_SLACK__MODE=http.",
            reason=reason,
        )
    return Unreachable(f"Slack closed the new connection ({reason}).")
