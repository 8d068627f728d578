"""Alertmanager's webhook over the wire: who is let in, what is refused and why, and what must be sent again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest

from bot.adapters.alertmanager.parse import Clusters, delivery
from bot.adapters.web import AlertReceiver, Limits, WebServer
from bot.service.ports import Readiness
from tests.adapters.alertmanager.payloads import alert, body

SECRET = "hunter2Wq8Zt4Lm9"
BEARER = {"Authorization": f"Bearer {SECRET}"}
NOW = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)


class World:
    """A server on a free port and what it received. `busy` makes it unable to take anything."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self.client = client
        self.url = ""
        self.busy = False

    async def receive(self, sent: bytes) -> int | None:
        found = delivery(sent, clusters=Clusters(), now=NOW)
        return None if self.busy else len(found.alerts)

    async def post(self, sent: bytes, **headers: str) -> tuple[int, object, aiohttp.ClientResponse]:
        async with self.client.post(f"{self.url}/webhooks/alertmanager", data=sent, headers=headers) as response:
            return response.status, await response.json(), response


async def served(secret: str | None) -> AsyncIterator[World]:
    async with aiohttp.ClientSession() as client:
        world = World(client)
        server = WebServer(
            host="127.0.0.1",
            port=0,
            tls=None,
            readiness=Readiness(),
            webhooks={},
            slack=None,
            metrics=lambda: (b"", "text/plain"),
            alerts=AlertReceiver(secret=secret, receive=world.receive),
            limits=Limits(body_bytes=4096),
        )
        world.url = await server.start()
        try:
            yield world
        finally:
            await server.stop()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async for found in served(SECRET):
        yield found


@pytest.fixture
async def closed() -> AsyncIterator[World]:
    async for found in served(None):
        yield found


async def test_alerts_are_accepted_and_counted(world: World) -> None:
    status, answer, _ = await world.post(body(alert("A"), alert("B")), **BEARER)
    assert (status, answer) == (200, {"alerts": 2})


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        pytest.param(b"", 400, "isn't JSON", id="empty"),
        pytest.param(b"\xff", 400, "isn't JSON", id="no text"),
        pytest.param(b"[" * 4000, 400, "nested too deep", id="deep"),
        pytest.param(b"{}", 400, "no list `alerts`", id="something else"),
        pytest.param(b'{"alerts": "' + b"x" * 5000 + b'"}', 413, "larger than 4096 bytes", id="too large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_with_the_reason_and_the_next_is_served(
    world: World, sent: bytes, status: int, reason: str
) -> None:
    got, answer, _ = await world.post(sent, **BEARER)
    assert got == status
    assert reason in str(answer)
    assert (await world.post(body(alert("A")), **BEARER))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Authorization": "Bearer guess"}, id="a wrong secret"),
        pytest.param({"Authorization": f"Basic {SECRET}"}, id="another scheme"),
        pytest.param({"Authorization": "Bearer "}, id="an empty secret"),
    ],
)
async def test_who_does_not_know_the_secret_is_not_let_in(world: World, headers: dict[str, str]) -> None:
    status, _, response = await world.post(body(alert("A")), **headers)
    assert status == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_without_a_secret_nobody_is_let_in(closed: World) -> None:
    assert (await closed.post(body(alert("A")), **BEARER))[0] == 401


async def test_what_cannot_be_taken_now_must_be_sent_again_and_may_reach_another_replica(world: World) -> None:
    world.busy = True
    status, _, response = await world.post(body(alert("A")), **BEARER)
    assert (status, response.headers["Retry-After"], response.headers["Connection"]) == (503, "5", "close")
