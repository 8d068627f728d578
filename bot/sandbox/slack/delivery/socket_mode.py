"""Socket Mode: connections the app opened, and envelopes over them. docs.slack.dev, "Using Socket Mode"."""

import asyncio
import json
import secrets
import uuid
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.delivery.events import Acknowledgement, Kind, Retry
from bot.sandbox.slack.directory import APP
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.workspace import Addresses

_LARGEST = 1024 * 1024
_HEARTBEAT = 30.0


@dataclass(slots=True, eq=False)
class Connection:
    """One open connection and the envelopes it has not acknowledged."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    pending: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)

    def give_up(self) -> None:
        """Stop waiting: this connection won't acknowledge anything any more."""
        for waiting in self.pending.values():
            if not waiting.done():
                waiting.cancel()


class SocketMode:
    """The app's connections; each event goes over one of them."""

    def __init__(self, addresses: Addresses, changes: Changes, *, ack_seconds: float) -> None:
        self._addresses = addresses
        self._changes = changes
        self._ack_seconds = ack_seconds
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._turn = 0

    @property
    def connected(self) -> int:
        """Return how many connections are open."""
        return len(self._connections)

    def open_connection(self) -> Json:
        """Return apps.connections.open: the address of one new connection."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        address = self._addresses.on_server(f"/link/?ticket={ticket}&app_id={secrets.token_hex(8)}")
        return {"url": address.replace("http", "ws", 1)}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until either side ends it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=401)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LARGEST)
        await socket.prepare(request)
        connection = Connection(socket, request.transport)
        self._connections.append(connection)
        try:
            await socket.send_json(_hello(len(self._connections)))
            self._changes.touch()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(connection, message.data)
        finally:
            self._forget(connection)
        return socket

    async def deliver(self, kind: Kind, payload: Json, retry: Retry) -> Acknowledgement:
        """Send an envelope over one connection and wait for its acknowledgement."""
        open_ones = [connection for connection in self._connections if not connection.socket.closed]
        if not open_ones:
            return Acknowledgement(error="dispatch_failed")
        self._turn += 1
        connection = open_ones[self._turn % len(open_ones)]
        envelope = _envelope(kind, payload, retry)
        waiting: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.pending[envelope["envelope_id"]] = waiting
        try:
            await connection.socket.send_json(envelope)
            # a lost connection cancels the future, not this task
            done, _ = await asyncio.wait([waiting], timeout=self._ack_seconds)
            if not done or waiting.cancelled():
                return Acknowledgement(error="operation_timeout")
            return Acknowledgement(payload=waiting.result())
        except ConnectionError:
            return Acknowledgement(error="dispatch_failed")
        finally:
            connection.pending.pop(envelope["envelope_id"], None)

    async def ask_to_reconnect(self, reason: str = "refresh_requested") -> None:
        """Send every connection the `disconnect` message (`warning`, `refresh_requested`, `link_disabled`)."""
        message = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
        for connection in list(self._connections):
            if not connection.socket.closed:
                await connection.socket.send_json(message)

    def drop(self) -> None:
        """Cut every connection without a closing handshake."""
        for connection in list(self._connections):
            self._forget(connection)
            if connection.transport is not None:
                connection.transport.abort()

    async def close(self) -> None:
        """Close every connection."""
        for connection in list(self._connections):
            await connection.socket.close(code=WSCloseCode.GOING_AWAY)
            self._forget(connection)

    def _acknowledge(self, connection: Connection, text: str) -> None:
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(answer, dict):
            return
        waiting = connection.pending.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            payload = answer.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else None)

    def _forget(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
        connection.give_up()
        self._changes.touch()


def _hello(connections: int) -> Json:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
        "connection_info": {"app_id": APP},
    }


def _envelope(kind: Kind, payload: Json, retry: Retry) -> Json:
    envelope: Json = {
        "envelope_id": str(uuid.uuid4()),
        "payload": payload,
        "type": str(kind),
        "accepts_response_payload": kind is Kind.SLASH_COMMANDS or payload.get("type") == "view_submission",
    }
    if kind is Kind.EVENTS_API:
        envelope |= {"retry_attempt": retry.attempt, "retry_reason": retry.reason}
    return envelope
