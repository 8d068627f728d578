"""Everything arrives in another database, or nothing does."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import func, select

from bot.adapters.store import SqlStore, copy_store, open_store
from bot.adapters.store.tables import metadata
from bot.core.incidents import Changes, Thread
from bot.service.ports import Refused
from tests.adapters.store.conftest import RETENTION, Clock, NewDatabase
from tests.adapters.store.samples import HOSTILE, START, audit_row, audited, card, command, incident, note, standing

NewStore = Callable[[str], Awaitable[SqlStore]]

WAYS = [
    pytest.param(("sqlite", "sqlite"), id="sqlite to sqlite"),
    pytest.param(("sqlite", "postgres"), id="sqlite to postgres", marks=pytest.mark.postgres),
    pytest.param(("postgres", "sqlite"), id="postgres to sqlite", marks=pytest.mark.postgres),
]


@pytest.fixture
async def new_store(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[NewStore]:
    opened: list[SqlStore] = []

    async def make(kind: str) -> SqlStore:
        new: NewDatabase = request.getfixturevalue(f"new_{kind}")
        opened.append(await open_store(await new(), retention=RETENTION, clock=clock))
        return opened[-1]

    yield make
    for store in opened:
        await store.close()


@pytest.fixture
def kinds(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Source and target; its databases are made ready here, outside the test's own loop."""
    source, target = request.param
    for kind in (source, target):
        request.getfixturevalue(f"new_{kind}")
    return source, target


async def _fill(store: SqlStore) -> None:
    await store.commit(
        Changes(
            incidents=(incident(),),
            standings=tuple(standing(str(number), message=HOSTILE) for number in range(600)),
            effects=(card(), note(why=HOSTILE)),
            audit=(audit_row(HOSTILE), audit_row()),
            at=START,
        )
    )
    await store.save_thread(Thread(incident="i1", channel="C1", ts="1.1"))
    await store.receive(command())
    await store.journal("c1", "begun", {"pause": True})
    await store.acquire_lease("active", "old", for_seconds=60)


@pytest.mark.parametrize("kinds", WAYS, indirect=True)
async def test_everything_arrives(kinds: tuple[str, str], new_store: NewStore) -> None:
    source, target = [await new_store(kind) for kind in kinds]
    await _fill(source)
    copied = await copy_store(source, target)
    assert await target.load() == await source.load()
    assert await target.outbox(now=START) == await source.outbox(now=START)
    assert await target.thread("i1") == await source.thread("i1")
    assert await target.commands() == await source.commands()
    assert await target.journaled("c1") == {"begun": {"pause": True}}
    assert await target.audit_rows() == await source.audit_rows()
    assert copied.audit_head == (await target.audit_head())[1]
    assert {name: count for name, count in copied.rows.items() if count} == {
        "incidents": 1,
        "signals": 600,
        "threads": 1,
        "outbox": 2,
        "commands": 1,
        "journal": 1,
        "audit": 2,
    }
    assert await target.acquire_lease("active", "new", for_seconds=60), "leases stay behind"
    await target.commit(audited("after the move"))
    assert (await target.verify_audit()).whole


async def test_a_target_with_rows_is_left_alone(new_store: NewStore, new_sqlite: NewDatabase) -> None:
    source, target = await new_store("sqlite"), await new_store("sqlite")
    await _fill(source)
    await target.audit(audit_row())
    with pytest.raises(Refused, match=r"isn't empty \(it has audit\). Copy into a new database"):
        await copy_store(source, target)
    assert (await target.audit_head())[0] == 1


async def test_a_broken_chain_is_not_copied(new_store: NewStore, new_sqlite: NewDatabase) -> None:
    source, target = await new_store("sqlite"), await new_store("sqlite")
    await _fill(source)
    async with source.database.writing() as connection:
        await connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        await connection.exec_driver_sql("UPDATE audit SET actor = 'U2' WHERE sequence = 2")
    with pytest.raises(Refused, match=r"source .* is broken: row 2 was changed. Nothing was copied"):
        await copy_store(source, target)
    async with target.database.reading() as connection:
        for table in metadata.sorted_tables:
            assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 0
