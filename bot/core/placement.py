"""Which incident a standing signal belongs to: one key, one incident; symptoms join the root that explains them.

Serial by design (design §2.4): the caller runs one decision after the other over one `Ledger`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.cards import Verdict
from bot.core.entries import GENERIC, Entry
from bot.core.incidents import (
    LIVE,
    Candidate,
    Effect,
    EffectKind,
    Evidence,
    Incident,
    IncidentKey,
    RuledOut,
    Standing,
    State,
)
from bot.core.ledger import Ledger, reference
from bot.core.masking import mask
from bot.core.observation import OPERATION_FAILED, failed_attempt, is_bare_state
from bot.core.relations import RELATIONS, captured_object, named_apps, refused_objects, related, subject_of
from bot.core.signals import ObjectRef, Signal, Source, fingerprint
from bot.core.timing import Timing

UNKNOWN = "unknown:"
"""Prefix of an incident key's entry where no knowledge entry explains the message; the template's id follows."""

_ERROR_CONDITIONS = ("Error", "Failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What the knowledge base makes of a signal: `verdict` is known, unknown or noise. `candidates` fit less well."""

    verdict: str
    entry: str = ""
    confidence: float = 0.0
    captures: tuple[tuple[str, str], ...] = ()
    candidates: tuple[Candidate, ...] = ()


Recognise = Callable[[Signal], Recognised]


class Placement:
    """Places standing signals into incidents over a ledger, with the knowledge base's entries."""

    def __init__(self, *, ledger: Ledger, entries: Mapping[str, Entry], timing: Timing, unmanaged: bool) -> None:
        self._ledger = ledger
        self._entries = entries
        self._timing = timing
        self._unmanaged = unmanaged
        self.entries_changed()

    def entries_changed(self) -> None:
        """Take up what the entries say now. What stands keeps its place until it is decided on again."""
        self._explained_by: dict[str, list[str]] = {}
        for entry in self._entries.values():
            for cause in entry.causes:
                self._explained_by.setdefault(cause.entry, []).append(entry.id)

    def place(self, standing: Standing, *, now: datetime) -> Standing:
        """Put a signal that is true into its incident, opening, reopening or holding one; returns it placed."""
        if standing.gone_at is not None or not self._counts(standing):
            return standing
        key, found = self._key(standing)
        incident = self._ledger.by_key(key)
        # Where the key is only an alias, the signal is a symptom of what the incident has become.
        if incident is not None and standing.entry in {item.entry for item in incident.ruled_out}:
            standing = _as_candidate(standing, incident.entry) or standing
        own = incident is not None and incident.entry == standing.entry
        if incident is not None and own and (incident.state in LIVE or self._may_reopen(incident, now)):
            return self._support(incident, standing, now)
        root = self._root_for(standing)
        if root is not None:
            return self._fold(root, standing, now)
        return self._open(key, standing, subject_found=found, now=now)

    def refold(self, standings: Iterable[Standing], *, now: datetime) -> None:
        """Look again whether incidents that these signals root are explained by another's (after the facts changed)."""
        for incident_id in sorted({standing.incident for standing in standings if standing.incident}):
            incident = self._ledger.incidents.get(incident_id)
            if incident is None or incident.state not in LIVE:
                continue
            root = self._root_of_all(incident)
            if root is not None:
                self._merge(incident, root, now)

    def about_nodes(self, entry: str) -> bool:
        """Whether incidents of this entry are one for each node."""
        known = self._entries.get(entry)
        return known is not None and known.scope == "node"

    def relocate(self, standing: Standing, *, now: datetime) -> None:
        """A signal tells only now what its incident is about (a node …): the fallback to the Application is mended.

        The incident keeps its thread under the new key; where another has that key already, the two become one.
        """
        incident = self._ledger.incidents.get(standing.incident)
        if incident is None or incident.state not in LIVE or incident.subject_found:
            return
        if incident.entry != standing.entry or reference(standing) not in incident.signals:
            return
        key, found = self._key(standing)
        if not found:
            return
        other = self._ledger.by_key(key)
        if other is None or other.id == incident.id or other.state not in LIVE:
            moved = replace(incident, key=key, aliases=(*incident.aliases, incident.key), subject_found=True)
            self._attach(moved, standing, now)
            return
        for item in self._ledger.supporting(incident.signals):
            self._attach(self._ledger.incidents[other.id], item, now)
        self._merge(self._ledger.incidents[incident.id], self._ledger.incidents[other.id], now)

    def replace_root(
        self,
        incident: Incident,
        candidate: Candidate,
        *,
        ruled_out: RuledOut,
        evidence: tuple[Evidence, ...],
        verdict: Verdict,
        now: datetime,
    ) -> None:
        """Evidence sank an incident's root: the next candidate takes its place, in the same thread.

        The old key stays as an alias. Where an incident has the new key already, the two become one.
        """
        signals = self._ledger.supporting(incident.signals)
        fitting = [found for item in signals if (found := _as_candidate(item, candidate.entry)) is not None]
        if not fitting:
            return
        lead = min(fitting, key=lambda item: (item.gone_at is not None, item.appeared_at, item.id))
        key, subject_found = self._key(lead)
        entry = self._entries[candidate.entry]
        supporting = tuple(sorted(reference(item) for item in fitting))
        follows = tuple(item for item in incident.signals if item not in supporting)
        for item in fitting:
            self._ledger.put(item)
        changed = replace(
            incident,
            key=key,
            aliases=tuple(dict.fromkeys((*incident.aliases, incident.key))),
            entry=entry.id,
            severity=entry.severity,
            verdict=verdict,
            captures=candidate.captures,
            evidence=evidence,
            ruled_out=(*incident.ruled_out, ruled_out),
            signals=supporting,
            symptoms=tuple(dict.fromkeys((*incident.symptoms, *follows))),
            subject_found=subject_found,
        )
        other = self._ledger.by_key(key)
        if other is not None and other.id != incident.id and other.entry == entry.id and other.state in LIVE:
            self._merge(changed, other, now)
            return
        self._ledger.put_incident(changed, now=now)
        if changed.posted:
            values = (("was", ruled_out.entry), ("root", entry.id), ("seen", ruled_out.quote.text))
            note = f"note:{changed.id}:instead:{entry.id}"
            self._ledger.effect(
                Effect(kind=EffectKind.NOTE, incident=changed.id, key=note, note="instead", values=values)
            )

    # -- opening and supporting

    def _open(self, key: IncidentKey, standing: Standing, *, subject_found: bool, now: datetime) -> Standing:
        entry = self._entries.get(standing.entry)
        hold = self.hold_for(standing)
        incident = Incident(
            id=fingerprint(key.cluster, key.entry, key.subject, now.isoformat())[:12],
            key=key,
            state=State.HELD,
            entry=standing.entry,
            severity=entry.severity if entry else "medium",
            verdict=Verdict.LIKELY if entry else Verdict.UNKNOWN,
            captures=standing.captures,
            first_evidence_at=standing.appeared_at,
            opened_at=now,
            updated_at=now,
            hold_until=now + hold,
            subject_found=subject_found,
        )
        adopted = self._adopt(incident, standing, now)
        if adopted is not None:
            return adopted
        placed = self._attach(incident, standing, now)
        if hold == timedelta(0):
            self.speak(self._ledger.incidents[incident.id], now=now)
        return placed

    def speak(self, incident: Incident, *, now: datetime) -> Incident:
        """A held incident opens: its thread is wished for. Its symptoms held elsewhere join it now."""
        opened = replace(incident, state=State.OPEN, posted=True, hold_until=None)
        self._ledger.put_incident(opened, now=now)
        for other in self._explainable(opened):
            if other.id != opened.id and self._explains_all(opened, other):
                self._merge(other, self._ledger.incidents[opened.id], now)
        return self._ledger.incidents[opened.id]

    def _support(self, incident: Incident, standing: Standing, now: datetime) -> Standing:
        """A live incident gains a signal; a resolved one returns."""
        if incident.state not in LIVE:
            incident = replace(
                incident,
                state=State.OPEN if incident.posted else State.HELD,
                hold_until=None if incident.posted else now + self.hold_for(standing),
                resolved_at=None,
                resolved_why="",
                clear_since=None,
                returned=incident.returned + 1,
            )
            if incident.posted:
                self._ledger.effect(
                    Effect(
                        kind=EffectKind.NOTE,
                        incident=incident.id,
                        key=f"note:{incident.id}:returned:{incident.returned}",
                        note="returned",
                    )
                )
        placed = self._attach(replace(incident, clear_since=None), standing, now)
        current = self._ledger.incidents[incident.id]
        if current.state is State.HELD and self.hold_for(standing) == timedelta(0):
            self.speak(current, now=now)
        return placed

    def _attach(self, incident: Incident, standing: Standing, now: datetime) -> Standing:
        placed = replace(standing, incident=incident.id)
        self._leave(standing, incident.id, now)
        self._ledger.put(placed)
        signal = placed.signal
        state = self._ledger.apps.get(signal.app) if signal.app else None
        about = captured_object(dict(placed.captures), signal, state)
        better = incident.entry == "" or incident.captures == ()
        self._ledger.put_incident(
            replace(
                incident,
                signals=_added(incident.signals, reference(placed)),
                symptoms=tuple(item for item in incident.symptoms if item != reference(placed)),
                captures=placed.captures if better else incident.captures,
                apps=tuple(sorted({*incident.apps, *self._apps_of(placed)})),
                objects=_with_object(incident.objects, about),
                nodes=_added(incident.nodes, signal.node),
                first_evidence_at=min(incident.first_evidence_at, placed.appeared_at),
                count=self._count(incident, placed),
            ),
            now=now,
        )
        return placed

    def _apps_of(self, standing: Standing) -> set[str]:
        """The Applications a signal names; what only its message names must be one that was read."""
        named = named_apps(dict(standing.captures), standing.signal)
        return {str(ref) for ref in named if ref == standing.signal.app or ref in self._ledger.apps}

    def _fold(self, root: Incident, standing: Standing, now: datetime) -> Standing:
        placed = replace(standing, incident=root.id)
        self._leave(standing, root.id, now)
        self._ledger.put(placed)
        app = str(placed.signal.app) if placed.signal.app else ""
        self._ledger.put_incident(
            replace(root, symptoms=_added(root.symptoms, reference(placed)), apps=_added(root.apps, app)), now=now
        )
        return placed

    def _leave(self, standing: Standing, to: str, now: datetime) -> None:
        before = self._ledger.incidents.get(standing.incident)
        if before is None or before.id == to:
            return
        name = reference(standing)
        self._ledger.put_incident(
            replace(
                before,
                signals=tuple(item for item in before.signals if item != name),
                symptoms=tuple(item for item in before.symptoms if item != name),
            ),
            now=now,
        )

    def _count(self, incident: Incident, placed: Standing) -> int:
        others = self._ledger.supporting(item for item in incident.signals if item != reference(placed))
        return placed.signal.count + sum(other.signal.count for other in others)

    # -- folding

    def _root_for(self, standing: Standing) -> Incident | None:
        """The live incident that explains this signal: narrowest relation, then the oldest, then the smaller entry."""
        best: tuple[int, datetime, str] | None = None
        chosen = None
        for incident in self._explaining(standing):
            rank = self._explains(incident, standing)
            if rank is None:
                continue
            order = (rank, incident.opened_at, incident.entry)
            if best is None or order < best:
                best, chosen = order, incident
        return chosen

    def _root_of_all(self, symptom: Incident) -> Incident | None:
        standing = [item for item in self._ledger.supporting(symptom.signals) if item.gone_at is None]
        for incident in self._explaining(standing[0]) if standing else ():
            if incident.id != symptom.id and self._explains_all(incident, symptom):
                return incident
        return None

    def _explaining(self, standing: Standing) -> list[Incident]:
        """Live incidents that could be the root of a signal."""
        found = self._ledger.live_with_entries(self._explained_by.get(standing.entry, ()))
        if _weak(standing) and standing.signal.app is not None:
            found = [*found, *self._ledger.live_of_apps([str(standing.signal.app)])]
        return found

    def _explainable(self, root: Incident) -> list[Incident]:
        """Live incidents that could be symptoms of a root."""
        entry = self._entries.get(root.entry)
        found = self._ledger.live_with_entries(cause.entry for cause in entry.causes) if entry else []
        weak = (other for other in self._ledger.live_of_apps(root.apps) if other.entry in GENERIC or not other.entry)
        return [*found, *weak]

    def _explains_all(self, root: Incident, symptom: Incident) -> bool:
        standing = [item for item in self._ledger.supporting(symptom.signals) if item.gone_at is None]
        return bool(standing) and all(self._explains(root, item) is not None for item in standing)

    def _explains(self, root: Incident, standing: Standing) -> int | None:
        """How narrowly an incident explains a signal (0 is narrowest), or None where it doesn't."""
        weak = _weak(standing)
        if not (standing.entry or weak) or (root.entry and root.entry == standing.entry):
            return None
        entry = self._entries.get(root.entry)
        supports = [item for item in self._ledger.supporting(root.signals) if item.gone_at is None]
        ranks: list[int] = []
        for cause in entry.causes if entry else ():
            if cause.entry != standing.entry:
                continue
            names = ["blocked"] if cause.relation == "blocked" else list(cause.same)
            if standing.entry not in GENERIC:
                names = [name for name in names if name != "app"]  # the same app alone never merges two causes
            ranks.extend(
                RELATIONS.index(name)
                for name in names
                if any(self._holds(name, support, standing) for support in supports)
            )
        if weak and self._says_more(root, supports, standing):
            # What says only that an Application is not well is explained by any finding there that says more.
            ranks.extend(
                RELATIONS.index(name)
                for name in ("object", "owner", "app")
                if any(self._holds(name, support, standing) for support in supports)
            )
        return min(ranks, default=None)

    def _says_more(self, root: Incident, supports: Iterable[Standing], standing: Standing) -> bool:
        """Whether a root tells a cause that a weak signal lacks. An error no entry knows still beats a bare state."""
        if root.entry:
            return root.entry not in GENERIC
        if not is_bare_state(standing.signal):
            return False
        return bool(standing.entry) or any(not is_bare_state(support.signal) for support in supports)

    def _holds(self, relation: str, support: Standing, standing: Standing) -> bool:
        captures = dict(standing.captures)
        if relation == "blocked":
            operation = self._failing(support.signal)
            about = related("object", captures, standing.signal, self._ledger)
            return operation and bool(refused_objects(support.signal, self._ledger) & about)
        mine = related(relation, dict(support.captures), support.signal, self._ledger)
        return bool(mine & related(relation, captures, standing.signal, self._ledger))

    def _failing(self, signal: Signal) -> bool:
        """Whether this signal tells of a sync that was refused."""
        if signal.source is Source.ARGOCD_OPERATION and signal.reason in (*OPERATION_FAILED, "Running"):
            return True
        return signal.reason in ("SyncFailed", "SyncError", "OperationCompleted")

    def _adopt(self, root: Incident, standing: Standing, now: datetime) -> Standing | None:
        """A late root takes over the oldest posted symptom's incident and thread: edited, never posted again."""
        entry = self._entries.get(root.entry)
        if entry is None:
            return None
        app = str(standing.signal.app) if standing.signal.app else ""
        probe = replace(root, signals=(reference(standing),), apps=_added(root.apps, app))
        self._ledger.put(standing)
        explained = [other for other in self._explainable(probe) if other.posted and self._explains_all(probe, other)]
        if not explained:
            return None
        explained.sort(key=lambda incident: (incident.opened_at, incident.id))
        kept = explained[0]
        rekeyed = replace(
            kept,
            key=root.key,
            aliases=(*kept.aliases, kept.key),
            entry=root.entry,
            severity=root.severity,
            verdict=root.verdict,
            captures=root.captures,
            signals=(),
            symptoms=tuple(dict.fromkeys((*kept.symptoms, *kept.signals))),
            evidence=(),
            clear_since=None,
            subject_found=root.subject_found,
        )
        placed = self._attach(rekeyed, standing, now)
        self._ledger.effect(
            Effect(
                kind=EffectKind.NOTE,
                incident=kept.id,
                key=f"note:{kept.id}:root:{root.entry}",
                note="root",
                values=(("symptom", kept.entry), ("root", root.entry)),
            )
        )
        for other in explained[1:]:
            self._merge(other, self._ledger.incidents[kept.id], now)
        return placed

    def _merge(self, symptom: Incident, root: Incident, now: datetime) -> None:
        """An incident that another explains becomes lines of it. The older thread survives."""
        if symptom.posted and root.posted and symptom.opened_at < root.opened_at and symptom.entry not in GENERIC:
            self._swap(symptom, root, now)
            return
        for item in self._ledger.supporting((*symptom.signals, *symptom.symptoms)):
            self._ledger.put(replace(item, incident=root.id))
        gathered = tuple(dict.fromkeys((*root.symptoms, *symptom.signals, *symptom.symptoms)))
        apps = tuple(sorted({*root.apps, *symptom.apps}))
        self._ledger.put_incident(
            replace(symptom, state=State.MERGED, merged_into=root.id, resolved_at=now, signals=(), symptoms=()), now=now
        )
        self._ledger.put_incident(replace(root, symptoms=gathered, apps=apps), now=now)

    def _swap(self, symptom: Incident, root: Incident, now: datetime) -> None:
        """Both threads exist and the symptom's is older: the root moves into it, the root's own thread is merged."""
        for item in self._ledger.supporting((*root.signals, *root.symptoms)):
            self._ledger.put(replace(item, incident=symptom.id))
        self._ledger.put_incident(
            replace(root, state=State.MERGED, merged_into=symptom.id, resolved_at=now, signals=(), symptoms=()), now=now
        )
        self._ledger.put_incident(
            replace(
                symptom,
                key=root.key,
                aliases=(*symptom.aliases, symptom.key, *root.aliases),
                entry=root.entry,
                severity=root.severity,
                verdict=root.verdict,
                captures=root.captures,
                evidence=root.evidence,
                signals=root.signals,
                symptoms=tuple(dict.fromkeys((*root.symptoms, *symptom.signals, *symptom.symptoms))),
                apps=tuple(sorted({*root.apps, *symptom.apps})),
                objects=root.objects,
            ),
            now=now,
        )

    # -- what counts, and how long it waits

    def _counts(self, standing: Standing) -> bool:
        """Whether a signal may stand in an incident at all (design §2.3, §4)."""
        signal = standing.signal
        if signal.app is None and not self._unmanaged and not _of_the_cluster(signal):
            return False
        if standing.entry:
            return True
        match signal.source:
            case Source.ARGOCD_CONDITION:
                return signal.reason.endswith(_ERROR_CONDITIONS)
            case Source.ARGOCD_OPERATION:
                return signal.reason in OPERATION_FAILED
            case Source.ARGOCD_RESOURCE:
                return signal.reason != "Missing"
            case Source.ARGOCD_HEALTH:
                return signal.reason == "Degraded"
            case _:
                return False

    def hold_for(self, standing: Standing) -> timedelta:
        """How long a signal waits before it speaks alone: a bare state for its cause, a symptom for its root."""
        signal = standing.signal
        if signal.source is Source.ARGOCD_HEALTH and signal.reason == "OutOfSync":
            return self._timing.hold_out_of_sync
        if is_bare_state(signal):
            return self._timing.hold_degraded
        if standing.entry in GENERIC or standing.entry in self._explained_by:
            return self._timing.hold_symptom
        return timedelta(0)

    def may_speak(self, incident: Incident) -> bool:
        """Whether a held incident may open now that its time is up (design §2.4)."""
        for standing in self._ledger.supporting(incident.signals):
            signal = standing.signal
            if standing.gone_at is not None:
                continue
            if not is_bare_state(signal):
                return True
            state = self._ledger.apps.get(signal.app) if signal.app else None
            if state is None:
                return True
            if state.operation_pending:
                continue
            operation = state.operation
            failed = operation is not None and failed_attempt(operation)
            deployed = state.auto_sync or bool(state.history) or failed
            if signal.reason == "Degraded" or (signal.reason == "Missing" and deployed):
                return True
            if signal.reason == "OutOfSync" and state.auto_sync:
                return True
        return False

    def _may_reopen(self, incident: Incident, now: datetime) -> bool:
        if incident.state is not State.RESOLVED or incident.resolved_at is None:
            return False
        return now - incident.resolved_at <= self._timing.reopen_within

    def _key(self, standing: Standing) -> tuple[IncidentKey, bool]:
        signal = standing.signal
        entry = self._entries.get(standing.entry)
        if entry is None:
            place = f"{signal.app.argocd}/{signal.app}" if signal.app else str(signal.owner or signal.object or "")
            template = UNKNOWN + fingerprint(mask(signal.message))[:10]
            return IncidentKey(cluster=signal.cluster, entry=template, subject=place), True
        subject, found = subject_of(entry, dict(standing.captures), signal, self._ledger)
        cluster = signal.app.argocd if entry.scope == "argocd" and signal.app else signal.cluster
        return IncidentKey(cluster=cluster, entry=entry.id, subject=subject), found


def _as_candidate(standing: Standing, entry: str) -> Standing | None:
    """The signal as its next best entry reads it; None where it doesn't fit that entry."""
    found = next((item for item in standing.candidates if item.entry == entry), None)
    if found is None:
        return None
    return replace(standing, entry=found.entry, confidence=found.confidence, captures=found.captures)


def _of_the_cluster(signal: Signal) -> bool:
    """Whether an alert is about the cluster or a node: no Application could own that, and somebody asked to be told."""
    return signal.source is Source.ALERT and (signal.object is None or not signal.object.namespace)


def _weak(standing: Standing) -> bool:
    """Whether a signal says that something is wrong without saying why: a generic entry, or a bare state unknown."""
    return standing.entry in GENERIC or (not standing.entry and is_bare_state(standing.signal))


def _added(items: tuple[str, ...], item: str) -> tuple[str, ...]:
    return tuple(sorted({*items, item})) if item else items


def _with_object(items: tuple[ObjectRef, ...], item: ObjectRef | None) -> tuple[ObjectRef, ...]:
    return tuple(sorted({*items, item})) if item else items
