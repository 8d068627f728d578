"""A stage for user stories: the bot and the sandbox on free ports, over the wire, and a person's hands on Slack."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp

from bot.app.bot import Bot
from bot.sandbox.scenarios import Recording
from bot.sandbox.slack import INCIDENTS, ON_CALL
from bot.sandbox.world import PARTS, World
from bot.settings import load

Json = dict[str, Any]
Found = TypeVar("Found")

FAST = {
    "HOLD_DEGRADED": "2s",
    "HOLD_OUT_OF_SYNC": "10s",
    "HOLD_SYMPTOM": "500ms",
    "CLEAR_AFTER": "1500ms",
    "LIST_EVERY": "2s",
    "RECOVERY_CHECK_EVERY": "500ms",
    "EDIT_AT_MOST_EVERY": "100ms",
    "FOLLOW_POLL": "100ms",
    "QUESTION_DEADLINE": "3s",
}
"""The windows of these tests: the same code path, other settings."""

PATIENCE = 30.0


class Stage:
    """Starts what a test needs and is stopped by it. `folder` holds the database across restarts of the bot."""

    def __init__(
        self,
        folder: Path,
        *,
        speed: float = 1.0,
        settings: Mapping[str, str] | None = None,
        stories: Mapping[str, Recording] | None = None,
        only: tuple[str, ...] = PARTS,
    ) -> None:
        self.world = World(directory=folder, ports={}, speed=speed, only=only, extra=stories)
        self.bot: Bot | None = None
        self.address = ""
        self._folder = folder
        self._settings = dict(settings or {})
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        await self.world.start()
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_bot()
        if self._session is not None:
            await self._session.close()
        await self.world.stop()

    async def start_bot(self, **settings: str) -> None:
        """Start the bot that the test is about; it gets Argo CD's notifications."""
        self.bot, self.address = await self.another_bot(**settings)
        self.world.deliver_notifications(self.address)

    async def another_bot(self, **settings: str) -> tuple[Bot, str]:
        """Start a bot with the sandbox's settings, the fast windows and the test's own settings over them."""
        timing = {f"GITOPS_BOT_TIMING__{name}": value for name, value in FAST.items()}
        environment = {
            **self.world.environment(),
            **timing,
            "GITOPS_BOT_WEB__HOST": "127.0.0.1",
            "GITOPS_BOT_WEB__PORT": "0",
            "GITOPS_BOT_DATABASE__URL": f"sqlite:///{self._folder / 'state.db'}",
            **self._settings,
            **settings,
        }
        bot = Bot(load(environment, env_file=None))
        return bot, await bot.start()

    async def stop_bot(self) -> None:
        """Stop the bot as SIGTERM does."""
        if self.bot is not None:
            assert not self.bot.failed.is_set(), "a part of the bot broke; see its log"
            await self.bot.stop()
            self.bot = None

    # -- a person's hands

    async def get(self, url: str) -> Any:  # noqa: ANN401 - JSON
        assert self._session is not None
        async with self._session.get(url) as answer:
            return json.loads(await answer.text())

    async def post(self, url: str, body: object, **headers: str) -> tuple[int, Any]:
        assert self._session is not None
        async with self._session.post(url, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def control(self, what: str, **body: object) -> Json:
        status, answer = await self.post(f"{self.world.addresses.urls['slack']}/control/{what}", body)
        assert status == 200, answer
        assert isinstance(answer, dict)
        return answer

    async def messages(self) -> list[Json]:
        """Every message of the incident channel, threads included, oldest first."""
        url = f"{self.world.addresses.urls['slack']}/control/channels/{INCIDENTS}/messages"
        return sorted(await self.get(url), key=lambda message: float(message["ts"]))

    async def roots(self) -> list[Json]:
        return [message for message in await self.messages() if message.get("thread_ts") in (None, message["ts"])]

    async def thread(self, root: Json) -> list[Json]:
        return [
            message
            for message in await self.messages()
            if message.get("thread_ts") == root["ts"] and message["ts"] != root["ts"]
        ]

    async def ephemerals(self) -> list[Json]:
        answer = await self.get(f"{self.world.addresses.urls['slack']}/control/ephemerals")
        assert isinstance(answer, list)
        return answer

    async def views(self) -> list[Json]:
        answer = await self.get(f"{self.world.addresses.urls['slack']}/control/views")
        assert isinstance(answer, list)
        return answer

    async def root_about(self, words: str, *, seconds: float = PATIENCE) -> Json:
        """The root message whose text says these words, once it is there."""

        async def found() -> Json | None:
            return next((root for root in await self.roots() if words in root["text"]), None)

        return await self.eventually(found, f"a root message about «{words}»", seconds=seconds)

    async def in_thread(self, root: Json, words: str, *, seconds: float = PATIENCE) -> Json:
        """The message of the thread that says these words, once it is there."""

        async def found() -> Json | None:
            return next((item for item in await self.thread(root) if words in shown(item)), None)

        return await self.eventually(found, f"«{words}» in the thread", seconds=seconds)

    async def click(self, message: Json, label: str, *, user: str = ON_CALL) -> Json:
        """Press the button with this label on a message, as it stands now."""
        now = next(item for item in await self.messages() if item["ts"] == message["ts"])
        button = next(item for item in buttons(now) if label in item["text"]["text"])
        return await self.control(
            "click",
            user=user,
            ts=message["ts"],
            action_id=button["action_id"],
            block_id=button.get("block_id"),
            value=button.get("value"),
        )

    async def plan(self, *, seconds: float = PATIENCE) -> Json:
        """The modal on top, once it has left «reading…» behind."""

        async def found() -> Json | None:
            open_views = await self.views()
            ready = [view for view in open_views if "nothing has been done yet" not in shown(view)]
            return ready[-1] if ready else None

        return await self.eventually(found, "a plan", seconds=seconds)

    async def eventually(
        self, look: Callable[[], Awaitable[Found | None]], what: str, *, seconds: float = PATIENCE
    ) -> Found:
        """What `look` finds, as soon as it finds something."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.05)
        told = "\n".join(f"- {message['text']}" for message in await self.messages())
        raise AssertionError(f"{what} did not come within {seconds:g} s. The channel says:\n{told}")


def shown(message: Json) -> str:
    """Every text of a message or a view, as a person would read it."""
    found: list[str] = [str(message.get("text", ""))]

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("text"), str):
                found.append(value["text"])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(message.get("blocks"))
    return "\n".join(found)


def buttons(message: Json) -> list[Json]:
    """The buttons of a message."""
    return [
        {**element, "block_id": block.get("block_id")}
        for block in message.get("blocks") or []
        if block.get("type") == "actions"
        for element in block["elements"]
        if element.get("type") == "button"
    ]
