"""The outbox: wishes to speak, one row for each key, and the threads they are said in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.database import Database
from bot.adapters.store.documents import decode, encode
from bot.adapters.store.tables import outbox, threads
from bot.core.incidents import Effect, OutboxRow, Thread


async def queue(database: Database, connection: AsyncConnection, effects: Sequence[Effect], *, at: datetime) -> None:
    """Queue effects. A key that waits already takes the newer wish and keeps its place, due time and attempts.

    Those tell the speaker whether the message may have been posted before; a newer wish doesn't change that.
    """
    if not effects:
        return
    last = (await connection.execute(select(func.max(outbox.c.sequence)))).scalar() or 0
    statement = database.insert(outbox)
    new = {"version": outbox.c.version + 1, "document": statement.excluded.document}
    rows = [
        {
            "key": effect.key,
            "sequence": sequence,
            "incident": effect.incident,
            "version": 1,
            "due": at,
            "attempts": 0,
            "error": "",
            "document": encode(effect),
        }
        for sequence, effect in enumerate(effects, start=last + 1)
    ]
    await connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=new), rows)


async def due(connection: AsyncConnection, *, now: datetime, limit: int) -> Sequence[OutboxRow]:
    """Rows that may be said now, oldest first."""
    wanted = select(outbox).where(outbox.c.due <= now).order_by(outbox.c.due, outbox.c.sequence).limit(limit)
    return [
        OutboxRow(
            effect=decode(row.document, Effect, row=f"queued message {row.key}"),
            version=row.version,
            due=row.due,
            attempts=row.attempts,
            error=row.error,
        )
        for row in await connection.execute(wanted)
    ]


async def done(connection: AsyncConnection, row: OutboxRow) -> None:
    """Forget a said row. One that was queued again meanwhile stays, its earlier failures forgotten."""
    same_key = outbox.c.key == row.effect.key
    await connection.execute(delete(outbox).where(same_key, outbox.c.version == row.version))
    await connection.execute(update(outbox).where(same_key).values(attempts=0, error=""))


async def retry(connection: AsyncConnection, row: OutboxRow, *, due_at: datetime, error: str) -> None:
    """Note one more attempt that failed, and when to try again."""
    values = {"due": due_at, "attempts": row.attempts + 1, "error": error}
    await connection.execute(update(outbox).where(outbox.c.key == row.effect.key).values(values))


async def save_thread(database: Database, connection: AsyncConnection, thread: Thread) -> None:
    """Keep where an incident is told."""
    statement = database.insert(threads).values(
        incident=thread.incident,
        channel=thread.channel,
        ts=thread.ts,
        details_ts=thread.details_ts,
        permalink=thread.permalink,
    )
    new = {name: statement.excluded[name] for name in ("channel", "ts", "details_ts", "permalink")}
    await connection.execute(statement.on_conflict_do_update(index_elements=["incident"], set_=new))


async def find_thread(connection: AsyncConnection, incident: str) -> Thread | None:
    """Where an incident is told, if it is."""
    row = (await connection.execute(select(threads).where(threads.c.incident == incident))).mappings().first()
    return Thread(**row) if row else None
