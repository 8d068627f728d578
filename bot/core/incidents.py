"""Incidents: what one is, how its state moves, and what a decision changes. Durable shapes are defined here too."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.cards import Quote, Verdict
from bot.core.signals import AppRef, ObjectRef, Signal


class State(StrEnum):
    """Where an incident stands. Held incidents haven't been posted."""

    HELD = "held"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ACTING = "acting"
    VERIFYING = "verifying"
    RESOLVED = "resolved"
    MERGED = "merged"


LIVE = frozenset({State.HELD, State.OPEN, State.ACKNOWLEDGED, State.ACTING, State.VERIFYING})


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class IncidentKey:
    """What makes two failures one incident: cluster, root entry (or unknown template) and normalised subject."""

    cluster: str
    entry: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another entry that a signal fits, ranked after the best: what takes its place where evidence rules that out."""

    entry: str
    confidence: float
    captures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledOut:
    """An entry that an incident looked like, and the answer that sank it."""

    entry: str
    quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A signal with what was made of it: its match, whether it is still true, and the incident it supports.

    `id` is the signal's fingerprint within its subject. `entry` is empty for unknown ones. `carried_by` names the
    entry of a wrapper's inner result. `gone_at` is None while true; `stale` while its source can't be read.
    """

    id: str
    subject: str
    signal: Signal
    entry: str = ""
    confidence: float = 0.0
    captures: tuple[tuple[str, str], ...] = ()
    candidates: tuple[Candidate, ...] = ()
    incident: str = ""
    appeared_at: datetime
    gone_at: datetime | None = None
    gone_why: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One question's answer, kept: `answer` is yes, no or unknown; `quote` what was seen."""

    question: str
    ask: str
    answer: str
    weight: str
    quote: Quote
    exports: tuple[tuple[str, str], ...] = ()
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One failure with one root. Sets are kept sorted, so that equal incidents are equal values.

    `hold_until` is set while a bare state waits for its cause. `captures` fill the root entry's texts. `signals` and
    `symptoms` are ids of `Standing`s: what the root rests on, and what it explains. `posted` says a thread exists or
    is queued. `returned` counts reopenings. `merged_into` names the surviving incident. `ruled_out` are entries that it
    looked like before `entry` took their place.
    """

    id: str
    key: IncidentKey
    aliases: tuple[IncidentKey, ...] = ()
    state: State
    entry: str = ""
    severity: str = "medium"
    verdict: Verdict = Verdict.LIKELY
    captures: tuple[tuple[str, str], ...] = ()
    apps: tuple[str, ...] = ()
    objects: tuple[ObjectRef, ...] = ()
    nodes: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    first_evidence_at: datetime
    opened_at: datetime
    updated_at: datetime
    hold_until: datetime | None = None
    clear_since: datetime | None = None
    resolved_at: datetime | None = None
    resolved_why: str = ""
    posted: bool = False
    returned: int = 0
    count: int = 1
    merged_into: str = ""
    subject_found: bool = True


class EffectKind(StrEnum):
    """What a decision wants done outside."""

    CARD = "card"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A wish to speak, written in the same transaction as the state. A card is rendered when it is sent."""

    kind: EffectKind
    incident: str
    key: str
    note: str = ""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A queued effect. `version` grows when the same key is queued again; `attempts` counts failures."""

    effect: Effect
    version: int
    due: datetime
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Where an incident is told: root message and first thread message."""

    incident: str
    channel: str
    ts: str
    details_ts: str = ""
    permalink: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a person asked, stored before it is acknowledged. `dedupe` is unique: trigger id, action ts or event id.

    `kind`: slash, mention, click, choose (another target in a modal), submit. `payload` holds the rest: text, action,
    value, trigger_id, response_url, channel, thread, view, message (its ts), and choice (the target picked).
    """

    id: str
    dedupe: str
    kind: str
    user: str
    received_at: datetime
    payload: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """One value of the payload, or an empty string."""
        return dict(self.payload).get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Who did (or was refused) what, when, with which result. The store adds sequence and hash chain."""

    at: datetime
    actor: str
    action: str
    subject: str
    result: str
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthyRevision:
    """A deployment that was read Synced and Healthy: first and last time. What a rollback goes back to by default."""

    app: AppRef
    history_id: int
    revision: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Everything one decision writes, in one transaction."""

    incidents: tuple[Incident, ...] = ()
    standings: tuple[Standing, ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    effects: tuple[Effect, ...] = ()
    audit: tuple[AuditRow, ...] = ()
    healthy: tuple[HealthyRevision, ...] = ()
    at: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        written = (self.incidents, self.standings, self.dropped, self.effects, self.audit, self.healthy)
        return not any(written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the store holds at start: incidents not older than the reopening window, the last known signals, and
    the deployments that were seen healthy.
    """

    incidents: tuple[Incident, ...] = ()
    standings: tuple[Standing, ...] = ()
    healthy: tuple[HealthyRevision, ...] = ()
