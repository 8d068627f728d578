"""The schema is made, known, and refused with the way out when it isn't ours or is newer."""

import asyncio
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from bot.adapters.store import SqlStore, open_store
from bot.adapters.store.schema import VERSION_TABLE, newest
from bot.adapters.store.tables import metadata
from bot.core.incidents import Changes, Snapshot
from bot.service.ports import Refused
from tests.adapters.store.conftest import RETENTION, Clock, NewDatabase
from tests.adapters.store.samples import incident


async def test_the_steps_lead_to_the_tables(url: str, clock: Clock) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    store = await open_store(url, retention=RETENTION, clock=clock)
    async with store.database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await store.close()


async def test_the_version_is_told(store: SqlStore) -> None:
    assert await store.schema_version() == newest()
    assert (await store.check()).endswith(f"schema {newest()}")


async def test_opening_again_changes_nothing(url: str, clock: Clock) -> None:
    for _ in range(2):
        store = await open_store(url, retention=RETENTION, clock=clock)
        await store.commit(Changes(incidents=(incident(),)))
        await store.close()
    store = await open_store(url, retention=RETENTION, clock=clock, upgrade=False)
    assert await store.load() == Snapshot(incidents=(incident(),))
    await store.close()


async def test_replicas_that_start_together_all_open(new_database: NewDatabase, clock: Clock) -> None:
    urls = [await new_database(), await new_database()] * 3
    stores = await asyncio.gather(*(open_store(url, retention=RETENTION, clock=clock) for url in urls))
    assert {await store.schema_version() for store in stores} == {newest()}
    for store in stores:
        await store.close()


async def test_a_newer_schema_is_refused(url: str, clock: Clock) -> None:
    store = await open_store(url, retention=RETENTION, clock=clock)
    async with store.database.writing() as connection:
        await connection.exec_driver_sql("UPDATE schema_version SET version_num = '9999'")
    await store.close()
    for upgrade in (True, False):
        with pytest.raises(Refused, match="schema 9999, which this version doesn't know: a newer one wrote it"):
            await open_store(url, retention=RETENTION, clock=clock, upgrade=upgrade)


async def test_tables_of_someone_else_are_left_alone(url: str, clock: Clock) -> None:
    store = await open_store(url, retention=RETENTION, clock=clock)
    async with store.database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE schema_version")
    await store.close()
    with pytest.raises(Refused, match=r"tables of someone else .*incidents.* Give the bot a database of its own"):
        await open_store(url, retention=RETENTION, clock=clock)


@pytest.mark.postgres
async def test_an_empty_database_is_not_upgraded_unasked(new_postgres: NewDatabase, clock: Clock) -> None:
    with pytest.raises(Refused, match=r"schema none, this version needs .* Run `db upgrade`"):
        await open_store(await new_postgres(), retention=RETENTION, clock=clock, upgrade=False)


async def test_an_absent_file_is_not_made_unasked(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(Refused, match=r"There is no database yet .* `db upgrade` makes one"):
        await open_store(f"sqlite:///{tmp_path}/a/b.db", retention=RETENTION, clock=clock, upgrade=False)
    assert not (tmp_path / "a").exists()


async def test_only_the_owner_may_read_the_file(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "state of ü & #1%20" / "state.db"
    store = await open_store(f"sqlite:///{path}", retention=RETENTION, clock=clock)
    await store.commit(Changes(incidents=(incident(),)))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (path.parent, *path.parent.iterdir())}
    assert modes == {path.parent.name: 0o700, "state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}
    await store.close()
