"""Keeps debts: notes a pause before it is asked for, reminds of it, and sees when somebody switched it on again."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.acts import Act
from bot.core.cards import Button, Note, Phrase, Tone, phrase
from bot.core.debts import Debt
from bot.core.plans import RESTORE, Wanted, short
from bot.core.signals import AppRef
from bot.core.states import AppState
from bot.service.ports import Chat, PortError, Store

log = structlog.get_logger(__name__)

LOOK_EVERY = 30.0
SETTLES_AFTER = timedelta(minutes=1)
"""How old a debt must be before auto-sync that is on counts as switched on by somebody: a pause takes its time."""


class Debts:
    """What we paused and nobody restored."""

    def __init__(
        self,
        *,
        store: Store,
        chat: Chat,
        apps: Callable[[], Mapping[AppRef, AppState]],
        clock: Callable[[], datetime],
        remind_every: timedelta,
    ) -> None:
        self._store = store
        self._chat = chat
        self._apps = apps
        self._clock = clock
        self._remind_every = remind_every

    async def standing(self) -> tuple[Debt, ...]:
        """All of them, oldest first."""
        return tuple(await self._store.debts())

    async def of(self, app: AppRef) -> Debt | None:
        """The oldest one of an Application, if there is one."""
        return next((debt for debt in await self._store.debts() if debt.app == app), None)

    async def note(self, act: Act, *, left: str) -> Debt:
        """Note a pause that is about to be asked for. One that stands already is kept: auto-sync is off since then."""
        known = await self.of(act.app)
        if known is not None:
            return known
        now = self._clock()
        debt = Debt(
            id=act.id,
            app=act.app,
            owner=act.by,
            since=now,
            incident=act.wanted.incident,
            left=left,
            remind_at=now + self._remind_every,
        )
        await self._store.save_debt(debt)
        return debt

    async def settle(self, app: AppRef, why: str) -> None:
        """Auto-sync is on, or never went off: nothing is owed."""
        for debt in await self._store.debts():
            if debt.app == app:
                await self._store.save_debt(replace(debt, settled_at=self._clock(), settled_why=why))

    async def run(self) -> None:
        """Look after them for ever."""
        pause = min(LOOK_EVERY, self._remind_every.total_seconds() / 2)
        while True:
            try:
                await self.look()
            except PortError as error:
                log.warning("debts could not be looked after; trying again", error=str(error))
            await asyncio.sleep(pause)

    async def look(self) -> None:
        """Settle what others settled, and remind of the rest."""
        now = self._clock()
        for debt in await self._store.debts():
            state = self._apps().get(debt.app)
            if state is not None and state.auto_sync and now - debt.since >= SETTLES_AFTER:
                await self._store.save_debt(replace(debt, settled_at=now, settled_why="it is on again"))
                log.info("auto-sync is on again", app=str(debt.app), owner=debt.owner)
            elif debt.remind_at is not None and debt.remind_at <= now:
                await self._remind(debt, state, now)

    async def _remind(self, debt: Debt, state: AppState | None, now: datetime) -> None:
        """Said once for each time it is due: a crash in between is mended by looking for the message."""
        thread = await self._store.thread(debt.incident) if debt.incident else None
        key = f"debt:{debt.id}:{debt.reminders}"
        root = thread.ts if thread else ""
        if await self._chat.find(key, thread=root) is None:
            await self._chat.post_note(root, reminder(debt, state, now), key=key)
        await self._store.save_debt(replace(debt, reminders=debt.reminders + 1, remind_at=now + self._remind_every))


def reminder(debt: Debt, state: AppState | None, now: datetime) -> Note:
    """The message that reminds of one debt, with the button that settles it."""
    return Note(
        headline=phrase("Auto-sync of `{{app}}` is still paused.", app=debt.app.name),
        lines=(line(debt, state, now),),
        buttons=(restore_button(debt),),
        tone=Tone.DANGER,
    )


def line(debt: Debt, state: AppState | None, now: datetime) -> Phrase:
    """A debt in one line: whose, since when, and whether Git still holds what was rolled back."""
    bad = state is not None and bool(debt.left) and state.revision == debt.left
    warning = " **Git still holds `{{left}}`, which was rolled back: revert it before you restore.**" if bad else ""
    return phrase(
        "`{{app}}`: paused {{age}} ago ({{since}}) by {{owner}}." + warning,
        app=debt.app,
        age=_age(now - debt.since),
        since=f"{debt.since:%Y-%m-%d %H:%M UTC}",
        owner=debt.owner,
        left=short(debt.left),
    )


def restore_button(debt: Debt) -> Button:
    """Opens the plan that switches it on again."""
    wanted = Wanted(verb=RESTORE, app=debt.app, incident=debt.incident)
    return Button(action="plan", label=f"Restore auto-sync of {debt.app.name}"[:75], value=wanted.value())


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
