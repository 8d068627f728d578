"""The audit log's hash chain. Pure: each row's hash covers the row and the hash before it.

A changed or removed row breaks the chain from there on. Rows cut from the end don't: whoever compares with a head
noted elsewhere (the bot logs each new one) finds those too.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC

from bot.adapters.store.documents import canonical
from bot.core.incidents import AuditRow

GENESIS = "0" * 64
"""What the first row has before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAudit:
    """An audit row in its place: its number (from 1, without gaps), the hash before it and its own."""

    sequence: int
    row: AuditRow
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """What walking the chain found. `broken` is the first row that doesn't fit, or None; `why` says how."""

    rows: int
    head: str
    broken: int | None = None
    why: str = ""

    @property
    def whole(self) -> bool:
        """Whether every row is there and unchanged."""
        return self.broken is None


def link(sequence: int, row: AuditRow, previous: str) -> StoredAudit:
    """Put a row behind the one with the hash `previous`."""
    content = {
        "sequence": sequence,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "result": row.result,
        "detail": [list(pair) for pair in row.detail],
        "previous": previous,
    }
    return StoredAudit(
        sequence=sequence, row=row, previous=previous, hash=hashlib.sha256(canonical(content)).hexdigest()
    )


def walk(rows: Iterable[StoredAudit], *, after: AuditVerdict | None = None) -> AuditVerdict:
    """Check rows in order, going on from an earlier verdict; stops at the first that doesn't fit."""
    verdict = after or AuditVerdict(rows=0, head=GENESIS)
    for stored in rows:
        if not verdict.whole:
            break
        wanted = verdict.rows + 1
        if stored.sequence != wanted:
            return AuditVerdict(rows=verdict.rows, head=verdict.head, broken=wanted, why=f"row {wanted} is missing")
        if stored.previous != verdict.head:
            why = f"row {wanted} doesn't follow the row before it"
            return AuditVerdict(rows=verdict.rows, head=verdict.head, broken=wanted, why=why)
        if link(wanted, stored.row, stored.previous).hash != stored.hash:
            return AuditVerdict(rows=verdict.rows, head=verdict.head, broken=wanted, why=f"row {wanted} was changed")
        verdict = AuditVerdict(rows=wanted, head=stored.hash)
    return verdict


def compare(verdict: AuditVerdict, found: str | None, noted: tuple[int, str]) -> AuditVerdict:
    """A whole chain beside a head noted elsewhere: number and hash. `found` is the hash at that number now."""
    sequence, digest = noted
    if found is None:
        why = f"it had {sequence} rows when its head was noted and ends at {verdict.rows} now"
        return replace(verdict, broken=verdict.rows + 1, why=why)
    if found != digest:
        why = f"row {sequence} had another hash when it was noted: rows up to there were written anew"
        return replace(verdict, broken=sequence, why=why)
    return verdict
