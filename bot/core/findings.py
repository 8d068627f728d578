"""What one look at a cluster found, a line each, most severe first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.core.cards import IncidentCard, Phrase, Verdict, phrase
from bot.core.incidents import Incident
from bot.core.ledger import Ledger
from bot.core.states import AppState

SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that isn't well.

    `entry` is empty where no entry explains it. `apps` are `namespace/name`; empty: no Application owns the object.
    `where` is the object in short. `symptoms` counts what else it explains.
    """

    severity: str
    verdict: Verdict
    entry: str
    title: Phrase
    apps: tuple[str, ...]
    where: str
    cluster: str
    since: datetime
    symptoms: int = 0


def finding_of(incident: Incident, card: IncidentCard, ledger: Ledger) -> Finding:
    """An incident as a finding; it has stood since the first of its reports."""
    signals = [standing.signal for standing in ledger.supporting(incident.signals)]
    places = [str(signal.owner or signal.object) for signal in signals if signal.owner or signal.object]
    return Finding(
        severity=incident.severity,
        verdict=incident.verdict,
        entry=incident.entry,
        title=card.title,
        apps=incident.apps,
        where=places[0] if places else "",
        cluster=incident.key.cluster,
        since=min((signal.first_seen for signal in signals), default=incident.first_evidence_at),
        symptoms=len(incident.symptoms),
    )


def in_motion(state: AppState, *, now: datetime) -> Finding | None:
    """An Application without an incident that isn't where it should be; None where all is well."""
    app = state.ref.name
    said: Phrase | None = None
    if state.deleting:
        said = phrase("{{app}} is being deleted", app=app)
    elif state.health in ("Progressing", "Suspended"):
        said = phrase(
            "{{app}} is {{health}} ({{sync}})", app=app, health=state.health, sync=state.sync or "not compared"
        )
    elif state.sync == "OutOfSync" and not state.auto_sync:
        said = phrase("{{app}} is OutOfSync and waits for someone to sync it: auto-sync is off", app=app)
    elif state.sync != "Synced" or state.health != "Healthy":
        sync, health = state.sync or "not compared", state.health or "not known"
        said = phrase("{{app}}: sync {{sync}}, health {{health}}", app=app, sync=sync, health=health)
    if said is None:
        return None
    return Finding(
        severity="low",
        verdict=Verdict.UNKNOWN,
        entry="",
        title=said,
        apps=(str(state.ref),),
        where=f"Application {state.ref}",
        cluster=state.cluster,
        since=state.health_since or state.reconciled_at or now,
    )


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Most severe first, then what explains most, then the oldest."""
    return tuple(sorted(findings, key=lambda item: (_rank(item.severity), -item.symptoms, item.since, item.where)))


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
