"""From what a person did to a durable command: stored first, acknowledged after, started last.

Slack waits three seconds for the acknowledgement. A store that is slower is told to the person and waited for in the
background; what could not be stored is told too, so that nobody waits for an act that will never come.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from bot.adapters.slack.chat import SlackChat
from bot.core.cards import Note, PlanCard, Tone, phrase
from bot.core.incidents import Command
from bot.service.ports import Inbox, PortError

log = structlog.get_logger(__name__)

STORE_WITHIN = 2.0
"""Seconds the store has before the person is told that it is slow."""

SLOW = "The bot's memory is slow right now. This is done as soon as it is noted, or you are told that it wasn't."


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a command: `trouble` is what the person must know; empty when it is noted."""

    trouble: str = ""


class Intake:
    """Stores commands and starts them."""

    def __init__(self, *, inbox: Inbox, received: Callable[[Command], None], chat: SlackChat) -> None:
        self._inbox = inbox
        self._received = received
        self._chat = chat
        self._background: set[asyncio.Task[None]] = set()

    async def take(self, command: Command) -> Taken:
        """Store a command and start it; one that was delivered before is only acknowledged."""
        storing = asyncio.create_task(self._store(command), name="store command")
        done, _ = await asyncio.wait({storing}, timeout=STORE_WITHIN)
        if not done:
            self._later(self._when_stored(command, storing))
            return Taken(trouble=SLOW)
        return Taken(trouble=storing.result())

    def tell_later(self, command: Command, trouble: str) -> None:
        """Tell the person once the acknowledgement is out."""
        self._later(self._tell(command, trouble))

    async def stop(self) -> None:
        """Wait a little for what is under way, then give it up."""
        if self._background:
            await asyncio.wait(self._background, timeout=3)
        under_way = list(self._background)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _store(self, command: Command) -> str:
        """Store and start; returns what went wrong, in words for the person."""
        try:
            new = await self._inbox.receive(command)
        except PortError as error:
            log.error("a command could not be stored", kind=command.kind, user=command.user, error=str(error))
            return f"Nothing was done: the bot could not note it ({error}). Try again in a moment."
        except Exception:
            # a bug must not leave the person without an answer, and is logged for those who can mend it
            log.exception("storing a command broke", kind=command.kind, user=command.user)
            return "Nothing was done: the bot broke while noting it. Its log has the reason."
        if new:
            self._received(command)
        else:
            log.info("delivered before", kind=command.kind, dedupe=command.dedupe)
        return ""

    async def _when_stored(self, command: Command, storing: asyncio.Task[str]) -> None:
        trouble = await storing
        if trouble:
            await self._tell(command, trouble)

    async def _tell(self, command: Command, trouble: str) -> None:
        note = Note(headline=phrase("{{trouble}}", trouble=trouble), tone=Tone.DANGER)
        try:
            if command.get("response_url"):
                await self._chat.answer(command.get("response_url"), [note], public=False)
            elif command.get("view"):
                await self._chat.show_plan(command.get("view"), PlanCard(title="Not done", outcome=note.headline))
            else:
                await self._chat.whisper(command.get("channel"), command.user, note, thread=command.get("thread"))
        except PortError as error:
            log.warning("a trouble could not be told", kind=command.kind, user=command.user, error=str(error))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="slack intake")
        self._background.add(task)
        task.add_done_callback(self._background.discard)
