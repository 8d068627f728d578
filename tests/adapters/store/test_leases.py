"""One holder at a time, and a takeover once its time ran out."""

import asyncio
from datetime import timedelta

from bot.adapters.store import SqlStore, open_store
from tests.adapters.store.conftest import RETENTION, Clock

SHORT = 0.05


async def _run_out(clock: Clock) -> None:
    """PostgreSQL's own clock decides there, the given one on SQLite."""
    clock.pass_(timedelta(seconds=SHORT))
    await asyncio.sleep(SHORT)


async def test_one_holder_at_a_time(store: SqlStore) -> None:
    assert await store.acquire_lease("active", "a", for_seconds=60)
    assert not await store.acquire_lease("active", "b", for_seconds=60)
    assert await store.acquire_lease("active", "a", for_seconds=60)
    assert await store.acquire_lease("other", "b", for_seconds=60)


async def test_a_lease_that_ran_out_is_taken_over(store: SqlStore, clock: Clock) -> None:
    await store.acquire_lease("active", "a", for_seconds=SHORT)
    await _run_out(clock)
    assert await store.acquire_lease("active", "b", for_seconds=60)
    assert not await store.renew_lease("active", "a", for_seconds=60)
    assert not await store.acquire_lease("active", "a", for_seconds=60)


async def test_a_renewed_lease_is_kept(store: SqlStore, clock: Clock) -> None:
    await store.acquire_lease("active", "a", for_seconds=SHORT)
    assert await store.renew_lease("active", "a", for_seconds=60)
    await _run_out(clock)
    assert not await store.acquire_lease("active", "b", for_seconds=60)


async def test_a_released_lease_is_free_at_once(store: SqlStore) -> None:
    await store.acquire_lease("active", "a", for_seconds=60)
    await store.release_lease("active", "b")
    assert not await store.acquire_lease("active", "b", for_seconds=60), "only its holder releases it"
    await store.release_lease("active", "a")
    assert await store.acquire_lease("active", "b", for_seconds=60)


async def test_of_many_at_once_one_wins(url: str, clock: Clock) -> None:
    stores = [await open_store(url, retention=RETENTION, clock=clock) for _ in range(3)]
    won = await asyncio.gather(
        *(store.acquire_lease("active", f"r{number}", for_seconds=60) for number, store in enumerate(stores * 3))
    )
    assert won.count(True) == 1
    for store in stores:
        await store.close()
