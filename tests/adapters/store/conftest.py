"""Every test of the store runs on SQLite and on a real PostgreSQL, each test with a database of its own."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from bot.adapters.store import SqlStore, open_store
from tests.adapters.store.postgres import PostgresServer, running_server
from tests.adapters.store.samples import START

RETENTION = timedelta(days=30)


class NewDatabase(Protocol):
    """Makes a database and returns its address: empty, or with the newest schema."""

    async def __call__(self, *, schema: bool = False) -> str: ...


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture
async def new_postgres(request: pytest.FixtureRequest) -> AsyncIterator[NewDatabase]:
    """Makes PostgreSQL databases, empty or with an empty schema, and drops them afterwards."""
    server: PostgresServer = request.getfixturevalue("postgres")
    made = []

    async def make(*, schema: bool = False) -> str:
        schema = schema and server.ours  # on a server of others no template is left behind
        if schema and not server.template:
            name = _name("template")
            await (await open_store(await server.create(name), retention=RETENTION, clock=Clock())).close()
            server.template = name
        name = _name("test")
        made.append(name)
        return await server.create(name, template=server.template if schema else "template1")

    yield make
    for name in () if server.ours else made:
        await server.drop(name)


@pytest.fixture
def new_sqlite(tmp_path: Path) -> NewDatabase:
    """Names SQLite files that aren't there yet."""

    async def make(*, schema: bool = False) -> str:
        return f"sqlite:///{tmp_path}/{_name('state')}/state.db"

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Makes databases of each kind in turn."""
    found: NewDatabase = request.getfixturevalue(f"new_{request.param}")
    return found


@pytest.fixture
async def url(new_database: NewDatabase) -> str:
    """An empty database's address."""
    return await new_database()


@pytest.fixture
async def store(new_database: NewDatabase, clock: Clock) -> AsyncIterator[SqlStore]:
    opened = await open_store(await new_database(schema=True), retention=RETENTION, clock=clock)
    yield opened
    await opened.close()


def _name(purpose: str) -> str:
    return f"gitops_bot_{purpose}_{os.getpid()}_{secrets.token_hex(4)}"
