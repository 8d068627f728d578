"""What no entry explains is counted once for each time it was seen, and kept."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.incidents import Changes, Standing
from bot.core.signals import Source, make_signal
from bot.core.templates import Template
from bot.service import unknowns as module
from bot.service.ports import Unreachable
from bot.service.unknowns import Unknowns

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class Kept:
    """A store that may be away."""

    def __init__(self) -> None:
        self.rows: dict[str, Template] = {}
        self.away = False

    async def templates(self) -> Sequence[Template]:
        if self.away:
            raise Unreachable("the database is away")
        return list(self.rows.values())

    async def save_templates(self, changed: Sequence[Template], dropped: Collection[str]) -> None:
        if self.away:
            raise Unreachable("the database is away")
        self.rows |= {item.id: item for item in changed}
        for name in dropped:
            self.rows.pop(name, None)


def standing(*, count: int = 1, entry: str = "") -> Standing:
    signal = make_signal(
        cluster="default",
        source=Source.K8S_EVENT,
        reason="Odd",
        text="The moon is in the wrong house",
        first_seen=AT,
        last_seen=AT,
        count=count,
    )
    return Standing(id=signal.fingerprint, subject="one", signal=signal, entry=entry, appeared_at=AT)


async def written(unknowns: Unknowns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITE_EVERY", 0.01)
    task = asyncio.create_task(unknowns.run())
    await asyncio.sleep(0.05)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("decisions", "count"),
    [
        ([standing()], 1),
        ([standing(), standing()], 1),
        ([standing(count=2), standing(count=7)], 7),
        ([standing(entry="crash-loop")], 0),
        ([replace(standing(), gone_at=AT)], 0),
        ([standing(), replace(standing(), gone_at=AT), standing()], 1),
    ],
    ids=["once", "written twice", "repeating", "known", "gone", "back"],
)
async def test_counts(decisions: list[Standing], count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Kept()
    unknowns = Unknowns(store=store)
    for item in decisions:
        unknowns.decided(Changes(standings=(item,)))
    await written(unknowns, monkeypatch)
    assert sum(item.count for item in store.rows.values()) == count


async def test_a_restart_counts_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Kept()
    first = Unknowns(store=store)
    first.decided(Changes(standings=(standing(count=3),)))
    await written(first, monkeypatch)
    second = Unknowns(store=store)
    second.restored([standing(count=3)])
    second.decided(Changes(standings=(standing(count=4),)))
    await written(second, monkeypatch)
    assert [item.count for item in store.rows.values()] == [4]


async def test_a_store_that_is_away_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Kept()
    store.away = True
    unknowns = Unknowns(store=store)
    unknowns.decided(Changes(standings=(standing(count=2),)))
    await written(unknowns, monkeypatch)
    assert store.rows == {}
    store.away = False
    await written(unknowns, monkeypatch)
    assert [item.count for item in store.rows.values()] == [2]
