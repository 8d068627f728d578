"""Tells an act: one message that is edited while it goes on, then its end.

It stands in the incident's thread; without an incident, in the thread the command came from, else on its own.
"""

from collections.abc import Sequence

import structlog

from bot.core.acts import Act
from bot.core.cards import Button, Note, Phrase, Quote, Tone, phrase
from bot.core.plans import PAUSE, REFRESH, RESTART, RESTORE, ROLLBACK, SYNC, TERMINATE
from bot.service.ports import Chat, NotFound, PortError, Store

log = structlog.get_logger(__name__)

LINES_SHOWN = 14
DONE = "\N{WHITE HEAVY CHECK MARK} "
GOING_ON = "\N{HOURGLASS WITH FLOWING SAND} "
DOING = {
    SYNC: "Syncing",
    ROLLBACK: "Rolling back",
    TERMINATE: "Ending the operation of",
    REFRESH: "Refreshing",
    RESTART: "Restarting a workload of",
    PAUSE: "Pausing auto-sync of",
    RESTORE: "Restoring auto-sync of",
}


class ActReport:
    """One act's message. A chat that is away never stops the act: what could not be said is logged."""

    def __init__(self, *, store: Store, chat: Chat, act: Act) -> None:
        self._store = store
        self._chat = chat
        self._act = act
        self._done: list[Phrase] = []
        self._ts: str | None = None
        self._said: Note | None = None
        self._looked = False
        verb = DOING[act.wanted.verb]
        self._headline = phrase(verb + " `{{app}}`, asked by {{who}}", app=act.app.name, who=act.who)

    async def done(self, line: Phrase) -> None:
        """A step of the way is behind us."""
        marked = Phrase(template=DONE + line.template, values=line.values)
        if marked not in self._done:
            self._done.append(marked)
        await self._show(Note(headline=self._headline, lines=tuple(self._done[-LINES_SHOWN:])))

    async def now(self, line: Phrase, *, buttons: Sequence[Button] = ()) -> None:
        """What goes on; the next one takes its place."""
        marked = Phrase(template=GOING_ON + line.template, values=line.values)
        lines = (*self._done[-LINES_SHOWN:], marked)
        await self._show(Note(headline=self._headline, lines=lines, buttons=tuple(buttons)))

    async def end(
        self,
        *lines: Phrase,
        quotes: Sequence[Quote] = (),
        buttons: Sequence[Button] = (),
        tone: Tone = Tone.NEUTRAL,
    ) -> None:
        """How it ended; the steps stay visible above it."""
        shown = (*self._done[-LINES_SHOWN:], *lines)
        note = Note(headline=self._headline, lines=shown, quotes=tuple(quotes), buttons=tuple(buttons), tone=tone)
        await self._show(note)

    async def _show(self, note: Note) -> None:
        if note == self._said:
            return
        try:
            await self._say(note)
            self._said = note
        except PortError as error:
            log.warning("an act could not be told", command=self._act.id, error=str(error))

    async def _say(self, note: Note) -> None:
        key = f"act:{self._act.id}"
        known = await self._store.thread(self._act.wanted.incident) if self._act.wanted.incident else None
        thread = known.ts if known else self._act.thread
        if self._ts is None and not self._looked:
            # said before a restart, perhaps
            self._ts = await self._chat.find(key, thread=thread)
            self._looked = True
        if self._ts is not None:
            try:
                return await self._chat.edit_note(self._ts, note)
            except NotFound:
                log.info("an act's message was deleted by hand", command=self._act.id)
                return None
        self._ts = await self._chat.post_note(thread, note, key=key)
        return None
