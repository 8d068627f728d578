"""Commands: taken once, kept until finished, with the journal of what was done for them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.database import Database
from bot.adapters.store.documents import decode, encode
from bot.adapters.store.tables import commands, journal
from bot.core.incidents import Command


async def receive(database: Database, connection: AsyncConnection, command: Command) -> bool:
    """Keep a command; False when its dedupe key was seen before."""
    statement = database.insert(commands).values(
        id=command.id,
        dedupe=command.dedupe,
        received_at=command.received_at,
        finished_at=None,
        result="",
        document=encode(command),
    )
    result = await connection.execute(statement.on_conflict_do_nothing(index_elements=["dedupe"]))
    return result.rowcount == 1


async def unfinished(connection: AsyncConnection) -> Sequence[Command]:
    """Commands without an end, oldest first."""
    wanted = (
        select(commands.c.id, commands.c.document)
        .where(commands.c.finished_at.is_(None))
        .order_by(commands.c.received_at, commands.c.id)
    )
    return [decode(row.document, Command, row=f"command {row.id}") for row in await connection.execute(wanted)]


async def note(
    database: Database,
    connection: AsyncConnection,
    command: str,
    step: str,
    data: Mapping[str, object],
    *,
    at: datetime,
) -> None:
    """Note a step. One noted before keeps what it said first: how things stood before anything was done."""
    statement = database.insert(journal).values(command=command, step=step, at=at, document=encode(dict(data)))
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["command", "step"]))


async def noted(connection: AsyncConnection, command: str) -> Mapping[str, Mapping[str, object]]:
    """The steps noted for a command, in order, with their data."""
    wanted = select(journal).where(journal.c.command == command).order_by(journal.c.at, journal.c.step)
    return {row.step: json.loads(row.document) for row in await connection.execute(wanted)}


async def finish(connection: AsyncConnection, command: str, *, result: str, at: datetime) -> None:
    """Note a command's end."""
    await connection.execute(update(commands).where(commands.c.id == command).values(finished_at=at, result=result))


async def prune(connection: AsyncConnection, *, before: datetime) -> None:
    """Forget commands finished before then, with their journal."""
    over = select(commands.c.id).where(commands.c.finished_at < before)
    await connection.execute(delete(journal).where(journal.c.command.in_(over)))
    await connection.execute(delete(commands).where(commands.c.finished_at < before))
