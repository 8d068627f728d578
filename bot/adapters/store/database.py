"""One engine, and the two ways to use it: a consistent read, or a transaction that is written whole or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, Connection, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.adapters.store.address import Address
from bot.adapters.store.failures import spoken, translate
from bot.service.ports import Refused

BUSY_TIMEOUT = 5.0
"""Seconds SQLite waits for another process's transaction."""

CONNECT_TIMEOUT = 10.0
STATEMENT_TIMEOUT = 60.0
"""Seconds until PostgreSQL counts as away."""


class Database:
    """Connections to one database."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.described = address.described
        self.on_postgres = address.path is None
        self.engine = _postgres_engine(address) if self.on_postgres else _sqlite_engine(address)
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the database throughout. Raises `Unreachable` or `Refused`."""
        with spoken(self.described):
            async with self.engine.connect() as connection:
                if self.on_postgres:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: kept when the block ends, undone when it raises. Raises `Unreachable` or `Refused`."""
        with spoken(self.described):
            if self.on_postgres:
                async with self.engine.begin() as connection:
                    yield connection
                return
            # SQLite has one writer; within this process a queue is fairer and quicker than its busy handler.
            async with self._writing, self.engine.connect() as connection:
                await connection.execution_options(writing=True)
                async with connection.begin():
                    yield connection

    def insert(self, table: Table) -> "postgresql.Insert | sqlite.Insert":
        """An INSERT that knows ON CONFLICT, in this database's own dialect."""
        return postgresql.insert(table) if self.on_postgres else sqlite.insert(table)

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()


def _sqlite_engine(address: Address) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(address.path)),
        connect_args={"timeout": BUSY_TIMEOUT},
        pool_size=4,
        max_overflow=0,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `begin` below says, not at the first change
        cursor = connection.cursor()
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            mode = cursor.fetchone()
            cursor.execute("PRAGMA synchronous=FULL")  # an acknowledged click must outlive a power cut
        finally:
            cursor.close()
        if mode != ("wal",):
            raise Refused(
                f"The database ({address.described}) can't keep a write-ahead log there. SQLite needs a local disk; "
                "on a network share use PostgreSQL.",
                reason="wal",
            )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once: one that began as a reader could be refused half-way.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgres_engine(address: Address) -> AsyncEngine:
    try:
        import asyncpg  # noqa: PLC0415  an extra: SQLite alone must do without it
    except ImportError:
        raise Refused("PostgreSQL needs its driver: `pip install 'gitops-bot[postgres]'`.", reason="driver") from None

    async def connect() -> "asyncpg.Connection":
        # The driver reads the whole address itself: TLS options, several hosts, PGPASSWORD, ~/.pgpass.
        try:
            return await asyncpg.connect(
                address.dsn,
                timeout=CONNECT_TIMEOUT,
                command_timeout=STATEMENT_TIMEOUT,
                server_settings={"application_name": "gitops-bot"},
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise translate(error, address.described) from error

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        hide_parameters=True,
    )
