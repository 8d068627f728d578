"""The connection to Slack is kept for ever, and what is wrong with it is said."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from bot.adapters.slack import socket_mode
from bot.sandbox.slack import FakeSlack
from bot.service.ports import Health
from tests.adapters.slack.conftest import Connect, World, until


async def test_a_dropped_connection_is_made_again(world: World, connect: Connect) -> None:
    await connect("socket")
    world.fake.socket_mode.drop()
    await until(lambda: world.fake.socket_mode.connected == 1)
    assert (await world.command("status")).error is None
    await until(lambda: world.well)


async def test_nothing_is_missed_while_slack_asks_for_a_new_connection(
    world: World, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_mode, "SHORT_LIFE", 0.0)
    await connect("socket")
    await world.fake.socket_mode.ask_to_reconnect()
    outcomes = [await world.command(f"why app-{number}") for number in range(20)]
    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert len(world.started) == 20
    await until(lambda: world.fake.socket_mode.connected == 2)


async def test_an_old_connection_is_left_after_a_while(
    world: World, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_mode, "SHORT_LIFE", 0.0)
    monkeypatch.setattr(socket_mode, "GRACE", 0.1)
    await connect("socket")
    await world.fake.socket_mode.ask_to_reconnect()
    await until(lambda: world.fake.socket_mode.connected == 2)
    await until(lambda: world.fake.socket_mode.connected == 1)
    assert (await world.command("status")).error is None


async def test_slack_down_at_start_is_told_and_tried_until_it_is_up() -> None:
    port = unused_port()
    fake = FakeSlack()
    fake.set_address(f"http://127.0.0.1:{port}")
    async with aiohttp.ClientSession() as session:
        world = World(fake=fake, address=f"http://127.0.0.1:{port}", session=session)
        listeners = world.listeners("socket")
        await listeners.start()
        await until(lambda: "can't be reached" in world.trouble)
        assert world.readiness.parts["slack"][0] is Health.FAILING
        server = TestServer(fake.application(), port=port)
        await server.start_server()
        await until(lambda: world.well, seconds=10)
        assert (await world.command("status")).error is None
        await listeners.stop()
    await fake.close()
    await server.close()


async def test_slack_gone_later_is_told_and_found_again(world: World, connect: Connect) -> None:
    listeners = await connect("socket")
    listeners.client.base_url = f"http://127.0.0.1:{unused_port()}/api/"
    world.fake.socket_mode.drop()
    await until(lambda: "can't be reached" in world.trouble)
    assert world.readiness.parts["slack"][0] is Health.FAILING
    listeners.client.base_url = f"{world.address}/api/"
    await until(lambda: world.well)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"app_token": "xapp-wrong"}, "GITOPS_BOT_SLACK__APP_TOKEN", id="app-token"),
        pytest.param({"bot_token": "xoxb-wrong"}, "GITOPS_BOT_SLACK__BOT_TOKEN", id="bot-token"),
    ],
)
async def test_a_wrong_token_is_told_in_readiness(world: World, changes: dict[str, str], said: str) -> None:
    listeners = world.listeners("socket", **changes)
    await listeners.start()
    await until(lambda: said in world.trouble)
    assert world.readiness.parts["slack"][0] is Health.FAILING
    await listeners.stop()


async def answering(*messages: object) -> tuple[TestServer, list[str]]:
    """A Slack whose socket says these things first."""
    said: list[str] = []

    async def open_connection(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "url": f"ws://{request.host}/link"})

    async def link(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for message in messages:
            await (socket.send_str(message) if isinstance(message, str) else socket.send_json(message))
        async for received in socket:
            said.append(received.data)  # noqa: PERF401  each is looked at while more come
        return socket

    app = web.Application()
    app.router.add_post("/api/apps.connections.open", open_connection)
    app.router.add_get("/link", link)
    server = TestServer(app)
    await server.start_server()
    return server, said


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            ({"type": "disconnect", "reason": "link_disabled"},), "Socket Mode is switched off", id="disabled"
        ),
        pytest.param(({"type": "disconnect"},), "closed the new connection", id="sent-away"),
        pytest.param((), "did not say hello in time", id="silent"),
    ],
)
async def test_a_socket_that_says_no(
    world: World, messages: tuple[object, ...], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_mode, "HELLO_WITHIN", 0.3)
    server, _ = await answering(*messages)
    world.address = str(server.make_url("")).rstrip("/")
    listeners = world.listeners("socket")
    await listeners.start()
    await until(lambda: expected in world.trouble)
    await listeners.stop()
    await server.close()


async def test_nonsense_on_the_socket_harms_nothing(world: World) -> None:
    nonsense = ["{", "[]", "[" * 10_000, {"type": "interactive"}, {"type": "hello"}]
    unreadable = [
        {"envelope_id": str(n), "type": "interactive", "payload": p} for n, p in enumerate(([], {}, {"type": 5}))
    ]
    hello = {"type": "hello", "num_connections": 1}
    last = {"envelope_id": "last", "type": "slash_commands", "payload": {"command": "/gitops", "trigger_id": "1.2"}}
    server, said = await answering(hello, *nonsense, *unreadable, last)
    world.address = str(server.make_url("")).rstrip("/")
    listeners = world.listeners("socket")
    await listeners.start()
    await until(lambda: any("last" in each for each in said))
    assert [command.kind for command in world.started] == ["slash"]
    await listeners.stop()
    await server.close()
