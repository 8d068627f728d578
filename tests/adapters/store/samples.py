"""Values for the store, made by hand; `anything` makes the others."""

from datetime import UTC, datetime

from bot.core.incidents import AuditRow, Changes, Command, Effect, EffectKind, Incident, IncidentKey, Standing, State
from bot.core.signals import Signal, Source

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

HOSTILE = "a\x00b\x1a0000 \ud800 <!channel> `x` ü 🚀"
"""What PostgreSQL can't store, what we escape it with, and what must stay as it is."""


def incident(name: str = "i1", *, state: State = State.OPEN, subject: str = "shop", at: datetime = START) -> Incident:
    return Incident(
        id=name,
        key=IncidentKey(cluster="default", entry="crd-missing", subject=subject),
        state=state,
        entry="crd-missing",
        first_evidence_at=at,
        opened_at=at,
        updated_at=at,
    )


def standing(name: str = "s1", *, message: str = "no matches for kind", gone_at: datetime | None = None) -> Standing:
    signal = Signal(
        source=Source.K8S_EVENT,
        message=message,
        original=message,
        fingerprint="f" * 20,
        first_seen=START,
        last_seen=START,
    )
    return Standing(id=name, subject="event:default/uid", signal=signal, appeared_at=START, gone_at=gone_at)


def card(incident_id: str = "i1") -> Effect:
    return Effect(kind=EffectKind.CARD, incident=incident_id, key=f"card:{incident_id}")


def note(incident_id: str = "i1", *, name: str = "resolved", why: str = "") -> Effect:
    return Effect(
        kind=EffectKind.NOTE, incident=incident_id, key=f"note:{incident_id}:{name}", note=name, values=(("why", why),)
    )


def command(name: str = "c1", *, dedupe: str = "", at: datetime = START) -> Command:
    return Command(
        id=name, dedupe=dedupe or name, kind="click", user="U1", received_at=at, payload=(("text", HOSTILE),)
    )


def audit_row(result: str = "begun", *, at: datetime = START) -> AuditRow:
    return AuditRow(at=at, actor="U1", action="rollback", subject="default/argocd/shop", result=result)


def audited(*results: str) -> Changes:
    return Changes(audit=tuple(audit_row(result) for result in results))
