"""A Slack app in a few lines, on raw aiohttp: what the fake does is seen without a vendor's library in between."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import aiohttp

from bot.sandbox.slack import FakeSlack

Json = dict[str, Any]
Answer = Callable[[Json], Json | None]
"""An envelope in; what the acknowledgement carries out. Silence is `App.silent`."""


class App:
    """Calls the Web API, and answers envelopes over Socket Mode once `connect()` was called."""

    def __init__(self, fake: FakeSlack, address: str) -> None:
        self.address = address
        self.envelopes: list[Json] = []
        self.answer: Answer = lambda _envelope: None
        self.silent = False
        self.told = asyncio.Event()
        self._fake = fake
        self._session = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        await self._session.close()

    async def call(self, method: str, **arguments: object) -> Json:
        """Call a method of the Web API with JSON and the bot's token, or the app's where that is the one needed."""
        token = self._fake.app_token if method == "apps.connections.open" else self._fake.bot_token
        _, answer = await self.request(
            "POST", f"/api/{method}", json=arguments, headers={"Authorization": f"Bearer {token}"}
        )
        return answer

    async def post(self, text: str = "", **arguments: object) -> str:
        """Post a message to the incident channel; return its timestamp."""
        answer = await self.call("chat.postMessage", **({"channel": "C0INCIDENTS", "text": text} | arguments))
        assert answer["ok"], answer
        return str(answer["ts"])

    async def request(self, method: str, path: str, **options: Any) -> tuple[int, Json]:  # noqa: ANN401 - aiohttp's own options
        """Send any request; return status and JSON."""
        address = path if path.startswith("http") else f"{self.address}{path}"
        async with self._session.request(method, address, **options) as response:
            text = await response.text()
            try:
                return response.status, json.loads(text)
            except ValueError:
                return response.status, {"text": text}

    async def control(self, act: str, **body: object) -> Json:
        """Be a person, by the control API."""
        _, answer = await self.request("POST", f"/control/{act}", json=body)
        return answer

    async def look(self, what: str) -> Any:  # noqa: ANN401 - lists and objects
        """Read what the control API shows."""
        _, answer = await self.request("GET", f"/control/{what}")
        return answer

    async def connect(self) -> Json:
        """Open a Socket Mode connection; return its `hello`."""
        opened = await self.call("apps.connections.open")
        self._socket = await self._session.ws_connect(opened["url"])
        hello: Json = await self._socket.receive_json()
        self._reading = asyncio.create_task(self._read(self._socket))
        return hello

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            envelope = json.loads(message.data)
            self.envelopes.append(envelope)
            self.told.set()
            if self.silent or "envelope_id" not in envelope:
                continue
            payload = self.answer(envelope)
            answer = {"envelope_id": envelope["envelope_id"]}
            await socket.send_json(answer | ({"payload": payload} if payload is not None else {}))

    async def say(self, text: str) -> None:
        """Send any text over the connection."""
        assert self._socket is not None, "call connect() first"
        await self._socket.send_str(text)
