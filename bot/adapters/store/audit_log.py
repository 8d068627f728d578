"""The audit table: appended one writer at a time, read in pages, walked to the end."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.audit_chain import GENESIS, AuditVerdict, StoredAudit, compare, link, walk
from bot.adapters.store.database import Database
from bot.adapters.store.documents import decode, encode
from bot.adapters.store.tables import audit
from bot.core.incidents import AuditRow
from bot.service.ports import Refused

AUDIT_LOCK = 4_705_202_602
"""PostgreSQL advisory lock, held until the transaction ends: the head read is the head appended to."""

PAGE = 1_000


async def append(database: Database, connection: AsyncConnection, rows: Iterable[AuditRow]) -> None:
    """Add rows to the chain within a writing transaction (SQLite's is exclusive already)."""
    rows = list(rows)
    if not rows:
        return
    if database.on_postgres:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": AUDIT_LOCK})
    sequence, previous = await head(connection)
    values = []
    for row in rows:
        stored = link(sequence + 1, row, previous)
        sequence, previous = stored.sequence, stored.hash
        values.append(_to_columns(stored))
    await connection.execute(audit.insert(), values)


async def head(connection: AsyncConnection) -> tuple[int, str]:
    """Number and hash of the last row; 0 and zeros while there is none."""
    last = select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
    row = (await connection.execute(last)).first()
    return (row.sequence, row.hash) if row else (0, GENESIS)


async def page(connection: AsyncConnection, *, limit: int | None, after: int) -> Sequence[StoredAudit]:
    """Rows behind the one numbered `after`, in order; at most `limit`."""
    wanted = select(audit).where(audit.c.sequence > after).order_by(audit.c.sequence).limit(limit)
    return [_from_columns(row) for row in (await connection.execute(wanted)).mappings()]


async def verify(connection: AsyncConnection, *, noted: tuple[int, str] | None = None) -> AuditVerdict:
    """Walk the whole chain; memory stays flat. A head `noted` earlier must be on the way."""
    verdict = AuditVerdict(rows=0, head=GENESIS)
    limit = PAGE
    while verdict.whole:
        try:
            rows = await page(connection, limit=limit, after=verdict.rows)
        except (ValueError, Refused):
            # A row tampered with so that it can't be read: go on one by one until it can be named.
            if limit == 1:
                broken = verdict.rows + 1
                return replace(verdict, broken=broken, why=f"row {broken} was changed so that it can't be read")
            limit = 1
            continue
        if not rows:
            break
        verdict = walk(rows, after=verdict)
    return compare(verdict, await _hash(connection, noted[0]), noted) if noted and verdict.whole else verdict


async def _hash(connection: AsyncConnection, sequence: int) -> str | None:
    if sequence == 0:
        return GENESIS
    return (await connection.execute(select(audit.c.hash).where(audit.c.sequence == sequence))).scalar()


def _to_columns(stored: StoredAudit) -> dict[str, object]:
    row = stored.row
    return {
        "sequence": stored.sequence,
        "at": row.at,
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "result": row.result,
        "detail": encode(row.detail),
        "previous": stored.previous,
        "hash": stored.hash,
    }


def _from_columns(columns: RowMapping) -> StoredAudit:
    return StoredAudit(
        sequence=columns["sequence"],
        row=AuditRow(
            at=columns["at"],
            actor=columns["actor"],
            action=columns["action"],
            subject=columns["subject"],
            result=columns["result"],
            detail=decode(columns["detail"], tuple[tuple[str, str], ...], row=f"audit row {columns['sequence']}"),
        ),
        previous=columns["previous"],
        hash=columns["hash"],
    )
