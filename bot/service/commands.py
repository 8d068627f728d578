"""What people ask, one durable command each: questions, a click that wants a plan, a confirmation that wants an act.

Everybody who asked gets an answer; a refusal says who may. Nobody's command stops another's.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime

import structlog

from bot.core.cards import Note, Tone, phrase
from bot.core.incidents import Command
from bot.service.people import Denied, People
from bot.service.ports import PortError, Store
from bot.service.reviews import Reviews
from bot.service.words import Words

log = structlog.get_logger(__name__)

FINISHED_REMEMBERED = 1_000
"""Commands that ended lately: a list of unfinished ones read before that must not start them again."""

RETRY_FINISH_AFTER = 1.0

Clock = Callable[[], datetime]


class Commands:
    """Runs commands as they arrive, and those a crash interrupted."""

    def __init__(self, *, store: Store, people: People, reviews: Reviews, words: Words) -> None:
        self._store = store
        self._people = people
        self._reviews = reviews
        self._words = words
        self._running: dict[str, asyncio.Task[None]] = {}
        self._finished: deque[str] = deque(maxlen=FINISHED_REMEMBERED)

    async def resume(self) -> None:
        """Take up what was stored but not finished before a restart."""
        for command in await self._store.commands():
            self.start(command)

    def start(self, command: Command) -> None:
        """Run a stored command; a second start of one that runs, or has run, is ignored."""
        if command.id in self._running or command.id in self._finished:
            return
        task = asyncio.create_task(self._run(command), name=f"command {command.kind}")
        self._running[command.id] = task
        task.add_done_callback(lambda _: self._running.pop(command.id, None))

    async def stop(self) -> None:
        """Cancel what runs; it is taken up at the next start."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, command: Command) -> None:
        try:
            result = await self._handle(command)
        except Denied as refusal:
            result = "refused"
            await self._people.tell(command, Note(headline=phrase("{{why}}", why=refusal), tone=Tone.DANGER))
        except PortError as error:
            result = "failed"
            log.warning("a command failed", kind=command.kind, error=str(error))
            await self._people.tell(
                command, Note(headline=phrase("That didn't work: {{why}}", why=error), tone=Tone.DANGER)
            )
        except Exception:
            # A bug in one command is told to the one who asked and logged for those who can mend it.
            result = "error"
            log.exception("a command broke", kind=command.kind, command=command.id)
            headline = phrase("Something in the bot broke while doing this; its log has command {{id}}.", id=command.id)
            await self._people.tell(command, Note(headline=headline, tone=Tone.DANGER))
        self._finished.append(command.id)
        await self._finish(command, result)

    async def _finish(self, command: Command, result: str) -> None:
        """Note that it ended; until that is written, a restart would take it up again."""
        while True:
            try:
                return await self._store.finish(command.id, result=result)
            except PortError as error:
                log.error("a command's end could not be written; trying again", command=command.id, error=str(error))
                await asyncio.sleep(RETRY_FINISH_AFTER)

    async def _handle(self, command: Command) -> str:
        match command.kind, command.get("action"):
            case (("slash" | "mention"), _):
                return await self._words.answer(command)
            case "click", "share":
                return await self._words.share(command)
            case "click", "plan":
                return await self._reviews.click(command)
            case "click", "approve":
                return await self._reviews.approve(command)
            case "click", "decline":
                return await self._reviews.decline(command)
            case "choose", _:
                return await self._reviews.choose(command)
            case "submit", _:
                return await self._reviews.confirm(command)
            case _:
                log.warning("nothing is known to do for this", kind=command.kind, action=command.get("action"))
                headline = phrase("This button does nothing any more; use a newer message's.")
                await self._people.tell(command, Note(headline=headline))
                return "ignored"
