"""Debts: kept whole, oldest first, until somebody settles them."""

from dataclasses import replace
from datetime import timedelta

from bot.adapters.store import SqlStore
from bot.core.debts import Debt
from bot.core.signals import AppRef
from tests.adapters.store.samples import START

FIRST = Debt(
    id="c1",
    app=AppRef(argocd="eu", namespace="team", name="shop"),
    owner="U1",
    since=START,
    incident="inc-1",
    left="a" * 40,
    remind_at=START + timedelta(hours=4),
    reminders=2,
)
SECOND = Debt(id="c2", app=AppRef(name="web"), owner="U2", since=START + timedelta(minutes=1))


async def test_what_is_owed_is_kept_whole_and_oldest_first(store: SqlStore) -> None:
    await store.save_debt(SECOND)
    await store.save_debt(FIRST)
    assert list(await store.debts()) == [FIRST, SECOND]


async def test_a_debt_is_brought_up_to_date_and_settled(store: SqlStore) -> None:
    await store.save_debt(FIRST)
    later = replace(FIRST, reminders=3)
    await store.save_debt(later)
    assert list(await store.debts()) == [later]
    await store.save_debt(replace(later, settled_at=START, settled_why="restored"))
    assert list(await store.debts()) == []
