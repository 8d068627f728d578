"""Moves everything from one database to another, SQLite to PostgreSQL or back, in one transaction on each side."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import audit_log
from bot.adapters.store.store import SqlStore
from bot.adapters.store.tables import leases, metadata
from bot.service.ports import Refused

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied: rows of each table, and the audit chain's last hash, the same on both sides."""

    rows: Mapping[str, int]
    audit_head: str


async def copy_store(source: SqlStore, target: SqlStore) -> Copied:
    """Copy all tables but leases (they belong to running replicas) into an empty target.

    Row counts and the audit chain are compared before anything is kept; `Refused` says what is wrong, and then the
    target is as empty as before.
    """
    tables = [table for table in metadata.sorted_tables if table is not leases]
    async with source.database.reading() as origin, target.database.writing() as copy:
        filled = [table.name for table in tables if await _count(copy, table)]
        if filled:
            raise Refused(
                f"The target ({target.database.described}) isn't empty (it has {', '.join(filled)}). "
                "Copy into a new database.",
                reason="filled",
            )
        before = await audit_log.verify(origin)
        if not before.whole:
            raise Refused(
                f"The audit chain of the source ({source.database.described}) is broken: {before.why}. "
                "Nothing was copied.",
                reason="chain",
            )
        rows = {table.name: await _copy(origin, copy, table) for table in tables}
        for table in tables:
            if await _count(copy, table) != await _count(origin, table):
                raise Refused(f"Table {table.name} didn't arrive whole. Nothing was copied.", reason="count")
        after = await audit_log.verify(copy)
        if after != before:
            raise Refused(
                f"The audit chain didn't arrive as it was: {after.why or 'it ends elsewhere'}. Nothing was copied.",
                reason="chain",
            )
    return Copied(rows=rows, audit_head=after.head)


async def _count(connection: AsyncConnection, table: Table) -> int:
    return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def _copy(origin: AsyncConnection, copy: AsyncConnection, table: Table) -> int:
    """Copy a table's rows in its key's order; returns how many."""
    copied = 0
    async with origin.stream(select(table).order_by(*table.primary_key.columns)) as result:
        async for page in result.mappings().partitions(PAGE):
            await copy.execute(table.insert(), [dict(row) for row in page])
            copied += len(page)
    return copied
