"""Tells an act in its incident's thread: one message that is edited while the operation runs, then its end."""

from collections.abc import Sequence

import structlog

from bot.core.cards import Note, Phrase, Quote, Tone, phrase
from bot.core.incidents import Command
from bot.core.plans import ROLLBACK, Confirmed
from bot.service.ports import Chat, PortError, Store

log = structlog.get_logger(__name__)

LINES_SHOWN = 12


class ActReport:
    """One act's message. A chat that is away never stops the act: what could not be said is logged."""

    def __init__(self, *, store: Store, chat: Chat, command: Command, confirmed: Confirmed) -> None:
        self._store = store
        self._chat = chat
        self._command = command
        self._lines: list[Phrase] = []
        self._ts: str | None = None
        self._thread = ""
        self._said: Note | None = None
        self._incident = confirmed.incident
        verb = "Rolling back" if confirmed.verb == ROLLBACK else "Syncing"
        self._headline = phrase(verb + " `{{app}}`, asked by {{user}}", app=confirmed.app.name, user=command.user)

    async def step(self, line: Phrase) -> None:
        """Add a line (or repeat none) and show it."""
        if self._lines and self._lines[-1] == line:
            return
        self._lines.append(line)
        await self._show(Note(headline=self._headline, lines=tuple(self._lines[-LINES_SHOWN:])))

    async def end(self, headline: Phrase, *, quotes: Sequence[Quote] = (), tone: Tone = Tone.NEUTRAL) -> None:
        """Say how it ended; the steps stay visible above it."""
        lines = (*self._lines[-LINES_SHOWN:], headline)
        await self._show(Note(headline=self._headline, lines=lines, quotes=tuple(quotes), tone=tone))

    async def _show(self, note: Note) -> None:
        if note == self._said:
            return
        key = f"act:{self._command.id}"
        try:
            if self._ts is None:
                await self._find_thread()
                if not self._thread:
                    return
                self._ts = await self._chat.find(key, thread=self._thread)
            if self._ts is None:
                self._ts = await self._chat.post_note(self._thread, note, key=key)
            else:
                await self._chat.edit_note(self._ts, note)
            self._said = note
        except PortError as error:
            log.warning("an act could not be told", command=self._command.id, error=str(error))

    async def _find_thread(self) -> None:
        known = await self._store.thread(self._incident) if self._incident else None
        self._thread = known.ts if known else self._command.get("thread")
