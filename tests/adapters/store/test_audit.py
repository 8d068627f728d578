"""The audit chain: appended in order, never changed, and whoever changes it all the same is found."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.store import AuditVerdict, SqlStore, open_store
from bot.adapters.store.audit_chain import GENESIS, StoredAudit, link, walk
from bot.core.incidents import AuditRow
from bot.service.ports import Refused
from tests.adapters.store.anything import any_of
from tests.adapters.store.conftest import RETENTION, Clock
from tests.adapters.store.samples import START, audit_row, audited


async def test_an_empty_log_is_whole(store: SqlStore) -> None:
    assert await store.verify_audit() == AuditVerdict(rows=0, head=GENESIS)
    assert await store.audit_head() == (0, GENESIS)
    assert await store.audit_rows() == []


async def test_rows_are_numbered_and_linked(store: SqlStore) -> None:
    await store.audit(audit_row("begun"))
    await store.commit(audited("sent", "succeeded"))
    rows = await store.audit_rows()
    assert [(stored.sequence, stored.row.result) for stored in rows] == [(1, "begun"), (2, "sent"), (3, "succeeded")]
    assert [stored.previous for stored in rows] == [GENESIS, rows[0].hash, rows[1].hash]
    assert await store.audit_head() == (3, rows[2].hash)
    assert await store.verify_audit() == AuditVerdict(rows=3, head=rows[2].hash)


async def test_rows_are_read_in_pages(store: SqlStore) -> None:
    await store.commit(audited(*"abcde"))
    assert [stored.row.result for stored in await store.audit_rows(limit=2, after=1)] == ["b", "c"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_of(AuditRow))
async def test_every_field_survives_and_fits_its_hash(store: SqlStore, row: AuditRow) -> None:
    await store.audit(row)
    last, _ = await store.audit_head()
    assert [stored.row for stored in await store.audit_rows(after=last - 1)] == [row]
    assert (await store.verify_audit()).whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'someone else' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit",
    ],
)
async def test_the_database_refuses_changes(store: SqlStore, statement: str) -> None:
    await store.commit(audited("begun", "sent", "succeeded"))
    with pytest.raises(Refused, match="append-only"):
        async with store.database.writing() as connection:
            await connection.exec_driver_sql(statement)
    assert (await store.verify_audit()).rows == 3


async def test_the_way_around_a_delete_is_refused_too(store: SqlStore) -> None:
    await store.commit(audited("begun"))
    around = "TRUNCATE audit" if store.database.on_postgres else "INSERT OR REPLACE INTO audit SELECT * FROM audit"
    with pytest.raises(Refused, match="append-only"):
        async with store.database.writing() as connection:
            await connection.exec_driver_sql(around)


async def _tamper(store: SqlStore, statement: str) -> None:
    """Change rows as someone would who owns the database: the guards off first."""
    off = (
        ["DROP TRIGGER audit_no_change ON audit"]
        if store.database.on_postgres
        else ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
    )
    async with store.database.writing() as connection:
        for line in (*off, statement):
            await connection.exec_driver_sql(line)


@pytest.mark.parametrize(
    ("statement", "broken", "why"),
    [
        pytest.param("UPDATE audit SET actor = 'U2' WHERE sequence = 3", 3, "row 3 was changed", id="actor"),
        pytest.param("UPDATE audit SET result = 'x' WHERE sequence = 1", 1, "row 1 was changed", id="first"),
        pytest.param("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE sequence = 2", 2, "row 2 was", id="time"),
        pytest.param('UPDATE audit SET detail = \'[["a","b"]]\' WHERE sequence = 4', 4, "row 4 was", id="detail"),
        pytest.param("UPDATE audit SET detail = '{' WHERE sequence = 4", 4, "can't be read", id="unreadable"),
        pytest.param("UPDATE audit SET hash = 'f' WHERE sequence = 2", 2, "row 2 was changed", id="hash"),
        pytest.param("UPDATE audit SET previous = 'f' WHERE sequence = 2", 2, "doesn't follow", id="link"),
        pytest.param("DELETE FROM audit WHERE sequence = 2", 2, "row 2 is missing", id="removed"),
        pytest.param("DELETE FROM audit WHERE sequence = 1", 1, "row 1 is missing", id="first removed"),
        pytest.param("UPDATE audit SET sequence = 9 WHERE sequence = 4", 4, "row 4 is missing", id="moved"),
    ],
)
async def test_a_broken_chain_names_its_first_row(store: SqlStore, statement: str, broken: int, why: str) -> None:
    await store.commit(audited("begun", "sent", "accepted", "succeeded"))
    await _tamper(store, statement)
    verdict = await store.verify_audit()
    assert (verdict.broken, verdict.rows) == (broken, broken - 1)
    assert why in verdict.why


async def test_rows_cut_from_the_end_are_found_with_a_noted_head(store: SqlStore) -> None:
    await store.commit(audited("begun", "sent", "accepted"))
    noted = await store.audit_head()
    assert (await store.verify_audit(noted=noted)).whole
    await _tamper(store, "DELETE FROM audit WHERE sequence = 3")
    assert (await store.verify_audit()).whole, "without the noted head nobody can tell"
    verdict = await store.verify_audit(noted=noted)
    assert verdict.broken == 3
    assert "had 3 rows" in verdict.why


async def test_a_chain_written_anew_is_found_with_a_noted_head(store: SqlStore) -> None:
    await store.commit(audited("begun", "refused"))
    noted = await store.audit_head()
    forged = link(2, audit_row("succeeded"), (await store.audit_rows())[0].hash)
    statement = "UPDATE audit SET result = 'succeeded', hash = 'FORGED' WHERE sequence = 2"
    await _tamper(store, statement.replace("FORGED", forged.hash))
    assert (await store.verify_audit()).whole
    assert (await store.verify_audit(noted=noted)).broken == 2


async def test_writers_at_once_keep_one_chain(url: str, clock: Clock) -> None:
    stores = [await open_store(url, retention=RETENTION, clock=clock) for _ in range(2)]
    await asyncio.gather(
        *(store.commit(audited(f"{number}a", f"{number}b")) for number in range(15) for store in stores)
    )
    verdict = await stores[0].verify_audit()
    assert verdict.whole
    assert verdict.rows == 60
    for store in stores:
        await store.close()


def _chain(rows: list[AuditRow]) -> list[StoredAudit]:
    chain: list[StoredAudit] = []
    for sequence, row in enumerate(rows, start=1):
        chain.append(link(sequence, row, chain[-1].hash if chain else GENESIS))
    return chain


@given(st.lists(any_of(AuditRow), min_size=1, max_size=6), st.data())
def test_any_removed_or_exchanged_row_breaks_the_chain(rows: list[AuditRow], data: st.DataObject) -> None:
    chain = _chain(rows)
    assert walk(chain) == AuditVerdict(rows=len(rows), head=chain[-1].hash)
    place = data.draw(st.integers(0, len(rows) - 1))
    assert walk([*chain[:place], *chain[place + 1 :]]).rows <= place
    other = audit_row("forged", at=START + timedelta(days=1))
    forged = StoredAudit(sequence=place + 1, row=other, previous=chain[place].previous, hash=chain[place].hash)
    assert walk([*chain[:place], forged, *chain[place + 1 :]]).broken == place + 1


def test_the_hash_never_changes_between_versions() -> None:
    """A chain written today must verify for ever: this value may not be updated."""
    assert link(1, audit_row(), GENESIS).hash == "0e79e6eddc276f7bf6a4c79623d585cb8e24d84b73cab0b3e14569f42ea6f87a"
