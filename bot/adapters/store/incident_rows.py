"""Incidents, their evidence and the standing signals, as rows. Read back they equal what was written."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.database import Database
from bot.adapters.store.documents import canonical, decode, encode
from bot.adapters.store.tables import LIVE_STATES, evidence, incidents, signals, threads
from bot.core.incidents import Evidence, Incident, IncidentKey, Snapshot, Standing


async def load(connection: AsyncConnection) -> Snapshot:
    """Everything that was written and not pruned."""
    answers: dict[str, list[Evidence]] = {}
    for row in await connection.execute(select(evidence).order_by(evidence.c.incident, evidence.c.position)):
        where = f"evidence {row.position} of incident {row.incident}"
        answers.setdefault(row.incident, []).append(decode(row.document, Evidence, row=where))
    kept = [
        replace(decode(row.document, Incident, row=f"incident {row.id}"), evidence=tuple(answers.get(row.id, ())))
        for row in await connection.execute(select(incidents.c.id, incidents.c.document).order_by(incidents.c.id))
    ]
    standings = [
        decode(row.document, Standing, row=f"signal {row.id} of {row.subject}")
        for row in await connection.execute(
            select(signals.c.subject, signals.c.id, signals.c.document).order_by(signals.c.subject, signals.c.id)
        )
    ]
    return Snapshot(incidents=tuple(kept), standings=tuple(standings))


async def write_incidents(connection: AsyncConnection, changed: Sequence[Incident]) -> None:
    """Replace incidents with their evidence. Old rows go first, so that a key may pass from one to another."""
    if not changed:
        return
    ids = [{"changed": incident.id} for incident in changed]
    await connection.execute(delete(evidence).where(evidence.c.incident == bindparam("changed")), ids)
    await connection.execute(delete(incidents).where(incidents.c.id == bindparam("changed")), ids)
    await connection.execute(incidents.insert(), [_incident(incident) for incident in changed])
    answers = [
        _evidence(incident, position, answer)
        for incident in changed
        for position, answer in enumerate(incident.evidence)
    ]
    if answers:
        await connection.execute(evidence.insert(), answers)


async def write_signals(
    database: Database, connection: AsyncConnection, standings: Sequence[Standing], dropped: Iterable[tuple[str, str]]
) -> None:
    """Keep what stands, forget what was dropped (subject and id)."""
    gone = [{"gone_subject": subject, "gone_id": key} for subject, key in dropped]
    if gone:
        named = and_(signals.c.subject == bindparam("gone_subject"), signals.c.id == bindparam("gone_id"))
        await connection.execute(delete(signals).where(named), gone)
    if standings:
        statement = database.insert(signals)
        new = {name: statement.excluded[name] for name in ("fingerprint", "count", "gone_at", "document")}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["subject", "id"], set_=new),
            [_standing(standing) for standing in standings],
        )


async def prune(connection: AsyncConnection, *, before: datetime) -> None:
    """Forget incidents that ended before then, with their evidence and thread, and signals that went."""
    over = select(incidents.c.id).where(incidents.c.state.not_in(LIVE_STATES), incidents.c.updated_at < before)
    await connection.execute(delete(evidence).where(evidence.c.incident.in_(over)))
    await connection.execute(delete(threads).where(threads.c.incident.in_(over)))
    await connection.execute(delete(incidents).where(incidents.c.id.in_(over)))
    await connection.execute(delete(signals).where(signals.c.gone_at < before))


def _digest(key: IncidentKey) -> str:
    parts = {"cluster": key.cluster, "entry": key.entry, "subject": key.subject}
    return hashlib.sha256(canonical(parts)).hexdigest()


def _incident(incident: Incident) -> dict[str, object]:
    return {
        "id": incident.id,
        "key_digest": _digest(incident.key),
        "state": str(incident.state),
        "updated_at": incident.updated_at,
        "document": encode(replace(incident, evidence=())),
    }


def _evidence(incident: Incident, position: int, answer: Evidence) -> dict[str, object]:
    return {
        "incident": incident.id,
        "position": position,
        "question": answer.question,
        "answer": answer.answer,
        "asked_at": answer.asked_at,
        "document": encode(answer),
    }


def _standing(standing: Standing) -> dict[str, object]:
    return {
        "subject": standing.subject,
        "id": standing.id,
        "fingerprint": standing.signal.fingerprint,
        "count": standing.signal.count,
        "gone_at": standing.gone_at,
        "document": encode(standing),
    }
