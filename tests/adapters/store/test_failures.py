"""A database that says no is told in a sentence: what, where, and what to do. Real failures where they can be had."""

import os
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import DBAPIError

from bot.adapters.store import SqlStore, database, open_store
from bot.adapters.store.failures import translate
from bot.core.incidents import Changes
from bot.service.ports import PortError, Refused, Unreachable
from tests.adapters.store.conftest import RETENTION, Clock, NewDatabase
from tests.adapters.store.postgres import PostgresServer
from tests.adapters.store.samples import incident, standing

CHANGES = Changes(incidents=(incident(),))


@pytest.fixture
async def sqlite_store(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqlStore]:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.05)
    store = await open_store(f"sqlite:///{tmp_path}/state.db", retention=RETENTION, clock=clock)
    yield store
    await store.close()


async def test_a_database_locked_by_another_process(tmp_path: Path, sqlite_store: SqlStore) -> None:
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unreachable, match=r"SQLite at .*state.db.* is locked by another process"):
        await sqlite_store.commit(CHANGES)
    other.execute("ROLLBACK")
    other.close()
    await sqlite_store.commit(CHANGES)
    assert (await sqlite_store.load()).incidents == CHANGES.incidents


async def test_a_full_disk(sqlite_store: SqlStore) -> None:
    async with sqlite_store.database.reading() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Refused, match=r"disk is full. Free some space; the bot goes on by itself") as refusal:
        await sqlite_store.commit(Changes(standings=(standing(message="x" * 1_000_000),)))
    assert refusal.value.reason == "full"


async def test_a_read_only_database(sqlite_store: SqlStore) -> None:
    async with sqlite_store.database.reading() as connection:
        await connection.exec_driver_sql("PRAGMA query_only = 1")
    with pytest.raises(Refused, match=r"is read-only. Give the bot's user the right to write"):
        await sqlite_store.commit(CHANGES)


@pytest.mark.parametrize("upgrade", [True, False])
async def test_a_file_that_is_no_database(tmp_path: Path, clock: Clock, upgrade: bool) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, not a database. " * 100)
    with pytest.raises(Refused, match=r"notes.txt\) is not an SQLite database. Name another file"):
        await open_store(f"sqlite:///{path}", retention=RETENTION, clock=clock, upgrade=upgrade)
    assert path.read_text().startswith("These are notes")


async def test_a_folder_that_cannot_be_made(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match=r"can't be made or written: File exists. Name another place"):
        await open_store(f"sqlite:///{tmp_path}/file/state.db", retention=RETENTION, clock=clock)


async def test_a_damaged_database(tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    store = await open_store(url, retention=RETENTION, clock=clock)
    await store.commit(Changes(standings=tuple(standing(str(number), message="x" * 500) for number in range(200))))
    await store.close()
    size = (tmp_path / "state.db").stat().st_size
    with (tmp_path / "state.db").open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size // 2))
    store = await open_store(url, retention=RETENTION, clock=clock)
    with pytest.raises(Refused, match=r"is damaged. Restore a backup"):
        await store.load()
    await store.close()


async def test_postgresql_that_is_not_there(clock: Clock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"postgresql://bot:hunter2@127.0.0.1:{port}/bot"
    with pytest.raises(Unreachable, match=f"PostgreSQL database bot at 127.0.0.1:{port}.* can't be reached") as away:
        await open_store(url, retention=RETENTION, clock=clock)
    assert "hunter2" not in str(away.value)


@pytest.mark.postgres
async def test_a_postgresql_database_that_does_not_exist(postgres: PostgresServer, clock: Clock) -> None:
    with pytest.raises(Refused, match=r"doesn't exist. Create it: `createdb"):
        await open_store(postgres.url_of("nowhere"), retention=RETENTION, clock=clock)


@pytest.mark.postgres
async def test_a_postgresql_that_restarts_is_used_again(
    new_postgres: NewDatabase, postgres: PostgresServer, clock: Clock
) -> None:
    url = await new_postgres()
    store = await open_store(url, retention=RETENTION, clock=clock)
    name = urlsplit(url).path.removeprefix("/")
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    with pytest.raises(Unreachable, match=r"lost the connection|is shutting down"):  # noqa: PT012  cut in the middle
        async with store.database.writing() as connection:
            await postgres.execute(cut)
            await connection.exec_driver_sql("SELECT 1")
    await store.commit(CHANGES)
    await postgres.execute(cut)
    assert (await store.load()).incidents == CHANGES.incidents
    await store.close()


async def test_without_its_driver_postgresql_is_refused(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(Refused, match=r"pip install 'gitops-bot\[postgres\]'"):
        await open_store("postgresql://bot@127.0.0.1/bot", retention=RETENTION, clock=clock)


class _Said(Exception):
    """What the PostgreSQL driver raises: a message, and a state."""

    def __init__(self, state: str) -> None:
        super().__init__("it said no\nDETAIL:  Key (dedupe)=(a secret) already exists.")
        self.sqlstate = state


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("08006", Unreachable, "lost the connection"),
        ("40001", Unreachable, "in favour of another"),
        ("40P01", Unreachable, "in favour of another"),
        ("53300", Unreachable, "no free connection"),
        ("53200", Unreachable, "short of resources"),
        ("53100", Refused, "the disk is full"),
        ("55P03", Unreachable, "is locked"),
        ("57P01", Unreachable, "is shutting down"),
        ("57P03", Unreachable, "is shutting down, starting"),
        ("25006", Refused, "is read-only (a standby?)"),
        ("28P01", Refused, "refused the user or the password"),
        ("28000", Refused, "refused the user or the password"),
        ("42501", Refused, "must own its database or schema"),
        ("23505", Refused, "refused a row: it said no."),
        ("22001", Refused, "refused: it said no (22001)."),
    ],
)
def test_what_postgresql_says(state: str, kind: type[PortError], words: str) -> None:
    told = translate(DBAPIError("INSERT secret", {}, _Said(state)), "PostgreSQL database bot at db")
    assert type(told) is kind
    assert words in str(told)
    assert str(told).startswith("The database (PostgreSQL database bot at db) ")
    assert "secret" not in str(told)
