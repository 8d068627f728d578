"""Leases: one replica is active at a time. On PostgreSQL its own clock decides, for replicas' clocks differ."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, literal, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.columns import Moment
from bot.adapters.store.database import Database
from bot.adapters.store.tables import leases


class Leases:
    """The lease table's three verbs, each within a writing transaction."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def acquire(self, connection: AsyncConnection, name: str, holder: str, *, for_seconds: float) -> bool:
        """Take a lease that is free, ran out, or is this holder's already."""
        now, until = self._times(for_seconds)
        statement = self._database.insert(leases).values(name=name, holder=holder, expires_at=until)
        result = await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["name"],
                set_={"holder": statement.excluded.holder, "expires_at": statement.excluded.expires_at},
                where=or_(leases.c.expires_at <= now, leases.c.holder == holder),
            )
        )
        return result.rowcount == 1

    async def renew(self, connection: AsyncConnection, name: str, holder: str, *, for_seconds: float) -> bool:
        """Keep a lease; False when another has taken it since."""
        _, until = self._times(for_seconds)
        mine = update(leases).where(leases.c.name == name, leases.c.holder == holder).values(expires_at=until)
        return (await connection.execute(mine)).rowcount == 1

    async def release(self, connection: AsyncConnection, name: str, holder: str) -> None:
        """Give a lease back, so that another need not wait for its end."""
        await connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

    def _times(self, seconds: float) -> tuple[ColumnElement[datetime], ColumnElement[datetime]]:
        """Now, and this many seconds later."""
        if self._database.on_postgres:
            now: ColumnElement[datetime] = func.clock_timestamp(type_=Moment)
            return now, now + literal(timedelta(seconds=seconds))
        moment = self._clock()
        return literal(moment, Moment), literal(moment + timedelta(seconds=seconds), Moment)
