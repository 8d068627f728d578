"""Debts: noted, reminded of once each time it is due, and settled when somebody switched auto-sync on again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.adapters.store import SqlStore, open_store
from bot.core.acts import Act
from bot.core.debts import Debt
from bot.core.plans import ROLLBACK, Wanted
from bot.core.signals import AppRef
from bot.core.states import AppState
from bot.service.debts import SETTLES_AFTER, Debts
from bot.service.ports import Chat
from tests.service.acting_stage import Channel

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SHOP = AppRef(name="shop")
PAUSED = AppState(ref=SHOP, uid="u", resource_version="1", revision="bad", auto_sync=False)
ACT = Act(id="c1", wanted=Wanted(verb=ROLLBACK, app=SHOP), by="U1")
EVERY = timedelta(hours=4)


class Keeping:
    """Debts over the real store and a noted channel, at a chosen time."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.chat = Channel()
        self.now = NOW
        self.state = PAUSED
        self.debts = Debts(
            store=store,
            chat=cast("Chat", self.chat),
            apps=lambda: {SHOP: self.state},
            clock=lambda: self.now,
            remind_every=EVERY,
        )

    async def standing(self) -> list[Debt]:
        return list(await self.debts.standing())


@pytest.fixture
async def keeping(tmp_path: Path) -> AsyncIterator[Keeping]:
    store = await open_store(f"sqlite:///{tmp_path / 'state.db'}", retention=timedelta(days=1), clock=lambda: NOW)
    yield Keeping(store)
    await store.close()


async def test_it_is_reminded_of_each_time_it_is_due_and_not_before(keeping: Keeping) -> None:
    await keeping.debts.note(ACT, left="bad")
    for hours, said in ((3.9, 0), (4, 1), (4.1, 1), (8.1, 2)):
        keeping.now = NOW + timedelta(hours=hours)
        await keeping.debts.look()
        assert len(keeping.chat.notes) == said
    told = keeping.chat.told()
    for words in ("still paused", "Git still holds", "Restore auto-sync of shop", "U1"):
        assert words in told


async def test_a_reminder_whose_note_was_lost_in_a_crash_is_not_said_twice(keeping: Keeping) -> None:
    debt = await keeping.debts.note(ACT, left="bad")
    keeping.now = NOW + EVERY
    await keeping.debts.look()
    await keeping.store.save_debt(debt)  # as it stood before the reminder
    await keeping.debts.look()
    assert len(keeping.chat.notes) == 1


async def test_auto_sync_that_is_on_again_settles_it(keeping: Keeping) -> None:
    await keeping.debts.note(ACT, left="bad")
    keeping.state = replace(PAUSED, auto_sync=True)
    await keeping.debts.look()
    assert len(await keeping.standing()) == 1, "the pause itself takes its time"
    keeping.now = NOW + SETTLES_AFTER
    await keeping.debts.look()
    assert await keeping.standing() == []


async def test_a_second_pause_keeps_the_first_debt(keeping: Keeping) -> None:
    await keeping.debts.note(ACT, left="bad")
    await keeping.debts.note(replace(ACT, id="c2", by="U2"), left="worse")
    assert [(debt.id, debt.owner, debt.left) for debt in await keeping.standing()] == [("c1", "U1", "bad")]


async def test_an_application_that_is_not_known_keeps_its_debt(keeping: Keeping) -> None:
    await keeping.debts.note(replace(ACT, wanted=Wanted(verb=ROLLBACK, app=AppRef(name="gone"))), left="bad")
    keeping.now = NOW + EVERY
    await keeping.debts.look()
    assert len(await keeping.standing()) == 1
    assert len(keeping.chat.notes) == 1
