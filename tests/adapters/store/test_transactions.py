"""Transactions end whatever happens to the task that began them."""

import asyncio
import itertools

import pytest

from bot.adapters.store import SqlStore
from bot.core.incidents import Changes, Snapshot
from tests.adapters.store.samples import audited, incident, standing


async def test_a_cancelled_task_leaves_the_database_usable(store: SqlStore) -> None:
    """Stopping, or a lost lease, may cancel a commit at any of its statements."""
    changes = Changes(standings=tuple(standing(str(number)) for number in range(20)), audit=audited("begun").audit)
    for turns in itertools.count(1):
        before = await store.audit_head()
        task = asyncio.create_task(store.commit(changes))
        for _ in range(turns):
            await asyncio.sleep(0)
        if not task.cancel():
            await task
            break
        with pytest.raises(asyncio.CancelledError):
            await task
        # Cancelled at its very end it may have been kept; half of it never is.
        assert (await store.audit_head())[0] - before[0] in (0, 1)
        assert len((await store.load()).standings) in (0, 20)
    await store.commit(Changes(incidents=(incident(),)))
    assert (await store.load()).incidents == (incident(),)
    assert (await store.verify_audit()).whole


async def test_an_error_within_undoes_what_was_written_before_it(store: SqlStore) -> None:
    class Trouble(Exception):
        pass

    with pytest.raises(Trouble):  # noqa: PT012  the error comes from within the transaction
        async with store.database.writing() as connection:
            await connection.exec_driver_sql("DELETE FROM incidents")
            await connection.exec_driver_sql(
                "INSERT INTO threads (incident, channel, ts, details_ts, permalink) VALUES ('i', 'c', 't', '', '')"
            )
            raise Trouble
    assert await store.thread("i") is None
    assert await store.load() == Snapshot()


async def test_many_users_at_once_wait_for_each_other(store: SqlStore) -> None:
    """More readers and writers than connections: nobody is refused."""
    work = [store.commit(Changes(standings=(standing(str(number)),))) for number in range(25)]
    await asyncio.gather(*work, *(store.load() for _ in range(25)), *(store.commit(audited("x")) for _ in range(25)))
    assert len((await store.load()).standings) == 25
    assert await store.verify_audit() == await store.verify_audit(noted=await store.audit_head())
