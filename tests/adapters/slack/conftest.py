"""The adapter against the sandbox's Slack: over the wire, in Socket Mode and in HTTP mode."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.slack import SlackChat, SlackListeners
from bot.core.incidents import Command
from bot.sandbox.slack import FakeSlack
from bot.sandbox.slack.directory import INCIDENTS, ON_CALL
from bot.sandbox.slack.interactions import Outcome, Press
from bot.sandbox.slack.views import OpenView
from bot.service.ports import Health, Readiness
from tests.adapters.slack.cards import NOW

Mode = Literal["socket", "http"]


async def until(happened: Callable[[], object], *, seconds: float = 5.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.01)


@dataclass
class MemoryInbox:
    """An inbox that can be down, slow, or broken."""

    stored: dict[str, Command] = field(default_factory=dict)
    error: Exception | None = None
    gate: asyncio.Event | None = None

    async def receive(self, command: Command) -> bool:
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        if command.dedupe in self.stored:
            return False
        self.stored[command.dedupe] = command
        return True


@dataclass
class World:
    """A workspace, and the adapter connected to it."""

    fake: FakeSlack
    address: str
    session: aiohttp.ClientSession
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    readiness: Readiness = field(default_factory=Readiness)
    started: list[Command] = field(default_factory=list)
    ids: int = 0

    def new_id(self) -> str:
        self.ids += 1
        return f"cmd-{self.ids}"

    def listeners(self, mode: Mode, **changes: str) -> SlackListeners:
        names = {"bot_token": self.fake.bot_token, "app_token": self.fake.app_token} | changes
        return SlackListeners(
            bot_token=names["bot_token"],
            app_token=names["app_token"],
            signing_secret=self.fake.signing_secret,
            base_url=f"{self.address}/api/",
            mode=mode,
            session=self.session,
            channel=INCIDENTS,
            inbox=self.inbox,
            received=self.started.append,
            readiness=self.readiness,
            clock=lambda: NOW,
            new_id=self.new_id,
        )

    def chat(self, *, channel: str = INCIDENTS) -> SlackChat:
        return SlackChat(client=self.listeners("socket").client, channel=channel)

    @property
    def well(self) -> bool:
        """Whether Slack is told to be well."""
        return self.readiness.parts.get("slack", (None, ""))[0] is Health.OK

    @property
    def trouble(self) -> str:
        """What readiness says about Slack."""
        return self.readiness.parts["slack"][1]

    def whispered(self) -> list[str]:
        """What only one person sees, as plain text."""
        return [str(message["text"]) for message in self.fake.workspace.messages.ephemerals]

    def modal(self) -> OpenView:
        """The modal the person on call sees."""
        shown = self.fake.workspace.views.top(ON_CALL)
        assert shown is not None
        return shown

    async def click(self, ts: str, action: str, *, value: str | None = None, user: str = ON_CALL) -> Outcome:
        press = Press(action_id=action, value=value)
        return await self.fake.interactions.click(user=user, channel=INCIDENTS, ts=ts, press=press)

    async def command(self, text: str) -> Outcome:
        return await self.fake.interactions.command(user=ON_CALL, channel=INCIDENTS, command="/gitops", text=text)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A workspace nobody is connected to yet."""
    fake = FakeSlack()
    server = TestServer(fake.application())
    await server.start_server()
    address = str(server.make_url("")).rstrip("/")
    fake.set_address(address)
    async with aiohttp.ClientSession() as session:
        yield World(fake=fake, address=address, session=session)
    await fake.close()
    await server.close()


Connect = Callable[[Mode], Awaitable[SlackListeners]]


@pytest.fixture
async def connect(world: World) -> AsyncIterator[Connect]:
    """Start listeners in a mode, and wait until Slack is told to be well."""
    running: list[SlackListeners] = []
    servers: list[TestServer] = []

    async def start(mode: Mode) -> SlackListeners:
        listeners = world.listeners(mode)
        running.append(listeners)
        if mode == "http":
            app = web.Application()
            app.router.add_post("/slack/events", listeners.handle)
            server = TestServer(app)
            await server.start_server()
            servers.append(server)
            world.fake.set_request_url(str(server.make_url("/slack/events")))
        await listeners.start()
        await until(lambda: world.well)
        return listeners

    yield start
    for listeners in running:
        await listeners.stop()
    for server in servers:
        await server.close()


@pytest.fixture(params=["socket", "http"])
async def listening(request: pytest.FixtureRequest, connect: Connect) -> SlackListeners:
    """Listeners that are connected, once in each mode."""
    mode: Mode = request.param
    return await connect(mode)
