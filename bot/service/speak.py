"""Says what was decided: one thread per incident, its root message edited in place (design §2.7).

Effects are rows; a crash between a post and its record is mended by looking for the message's key in the channel
before posting again. Edits of one message are at least `edit_every` apart.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.cards import IncidentCard, Note
from bot.core.incidents import EffectKind, Incident, OutboxRow, State, Thread
from bot.service.ports import Chat, Health, Meter, NotFound, PortError, Readiness, Refused, Store, Unreachable

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

PART = "slack messages"
"""This loop's part of /readyz; the connection to Slack is another."""

IDLE_CHECK = 1.0
RETRY_FIRST = timedelta(seconds=1)
RETRY_LONGEST = timedelta(minutes=1)
GIVE_UP_AFTER = 20
"""Attempts at a message that Slack refuses (not: can't be reached) before it is dropped with an error in the log."""


class Speaker:
    """Carries the outbox to the chat."""

    def __init__(
        self,
        *,
        store: Store,
        chat: Chat,
        channel: str,
        card: Callable[[Incident], Awaitable[IncidentCard]],
        note: Callable[[OutboxRow], Note],
        incident: Callable[[str], Incident | None],
        readiness: Readiness,
        meter: Meter,
        clock: Clock,
        edit_every: timedelta,
    ) -> None:
        self._store = store
        self._chat = chat
        self._channel = channel
        self._card = card
        self._note = note
        self._incident = incident
        self._readiness = readiness
        self._meter = meter
        self._clock = clock
        self._edit_every = edit_every
        self._started = clock()
        self._edited: dict[str, datetime] = {}
        self._said: dict[str, IncidentCard] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to say."""
        self._wake.set()

    async def run(self) -> None:
        """Speak for ever."""
        while True:
            self._wake.clear()
            pause = IDLE_CHECK
            try:
                pause = await self.say_due()
            except PortError as error:
                log.error("the outbox could not be read; trying again", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def say_due(self) -> float:
        """Say what is due; returns the seconds until something else may be."""
        rows = await self._store.outbox(now=self._clock())
        self._meter.queue_measured(len(rows))
        pause = IDLE_CHECK
        for row in rows:
            wait = await self._say(row)
            if wait is not None:
                pause = min(pause, wait)
        return pause

    async def _say(self, row: OutboxRow) -> float | None:
        try:
            later = await self._card_row(row) if row.effect.kind is EffectKind.CARD else await self._note_row(row)
        except Unreachable as error:
            self._readiness.report(PART, Health.FAILING, str(error))
            wished = timedelta(seconds=error.retry_after) if error.retry_after else None
            return await self._again(row, str(error), wished)
        except NotFound as error:
            # Somebody deleted it: what people take away isn't put back.
            log.warning("a message was deleted by hand and is left alone", key=row.effect.key, error=str(error))
            await self._store.outbox_done(row)
            return None
        except Refused as error:
            log.error("Slack refused a message", incident=row.effect.incident, error=str(error))
            self._readiness.report(PART, Health.FAILING, str(error))
            if row.attempts >= GIVE_UP_AFTER:
                log.error("a message was given up", incident=row.effect.incident, key=row.effect.key)
                await self._store.outbox_done(row)
                return None
            return await self._again(row, str(error), None)
        if later is not None:
            await self._store.outbox_retry(replace(row, attempts=row.attempts - 1), due=later, error=row.error)
            return max((later - self._clock()).total_seconds(), 0.01)
        self._readiness.report(PART, Health.OK)
        await self._store.outbox_done(row)
        return None

    async def _again(self, row: OutboxRow, error: str, wished: timedelta | None) -> float:
        self._meter.message_failed()
        pause = wished or min(RETRY_FIRST * 2 ** min(row.attempts, 10), RETRY_LONGEST)
        await self._store.outbox_retry(row, due=self._clock() + pause, error=error)
        return pause.total_seconds()

    async def _card_row(self, row: OutboxRow) -> datetime | None:
        """Post or edit an incident; a time when it must wait for the pause between edits."""
        incident = self._incident(row.effect.incident)
        if incident is None:
            return None
        thread = await self._store.thread(incident.id)
        if thread is None:
            if incident.state is State.MERGED:
                return None
            await self._open(incident, row)
            return None
        last = self._edited.get(incident.id)
        if last is not None and self._clock() - last < self._edit_every:
            return last + self._edit_every
        card = await self._card(incident)
        if self._said.get(incident.id) != card:
            await self._chat.edit_card(thread.ts, card)
            if thread.details_ts:
                await self._chat.edit_details(thread.details_ts, card)
            self._meter.message_edited()
            self._remember(incident.id, card)
        if not thread.details_ts:
            await self._details(incident, thread, card, row)
        return None

    async def _open(self, incident: Incident, row: OutboxRow) -> None:
        card = await self._card(incident)
        key = f"incident:{incident.id}"
        unsure = row.attempts > 0 or row.due < self._started
        ts = await self._chat.find(key) if unsure else None
        if ts is None:
            ts = await self._chat.post_card(card, key=key)
            self._meter.message_posted(
                seconds_since_evidence=(self._clock() - incident.first_evidence_at).total_seconds()
            )
        thread = Thread(incident=incident.id, channel=self._channel, ts=ts)
        await self._store.save_thread(thread)
        self._remember(incident.id, card)
        await self._details(incident, thread, card, row)

    async def _details(self, incident: Incident, thread: Thread, card: IncidentCard, row: OutboxRow) -> None:
        key = f"details:{incident.id}"
        unsure = row.attempts > 0 or row.due < self._started
        ts = await self._chat.find(key, thread=thread.ts) if unsure else None
        if ts is None:
            ts = await self._chat.post_details(thread.ts, card, key=key)
        permalink = thread.permalink or await self._chat.permalink(thread.ts)
        await self._store.save_thread(replace(thread, details_ts=ts, permalink=permalink))

    async def _note_row(self, row: OutboxRow) -> datetime | None:
        thread = await self._store.thread(row.effect.incident)
        if thread is None:
            incident = self._incident(row.effect.incident)
            if incident is None or not incident.posted:
                return None
            return self._clock() + RETRY_FIRST
        unsure = row.attempts > 0 or row.due < self._started
        if unsure and await self._chat.find(row.effect.key, thread=thread.ts) is not None:
            return None
        await self._chat.post_note(thread.ts, self._note(row), key=row.effect.key)
        self._meter.message_posted()
        return None

    def _remember(self, incident: str, card: IncidentCard) -> None:
        self._said[incident] = card
        self._edited[incident] = self._clock()
        if len(self._said) > 2_000:
            for old in list(self._said)[:1_000]:
                del self._said[old]
                self._edited.pop(old, None)
