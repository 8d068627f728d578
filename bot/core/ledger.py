"""What is known: Applications, standing signals and incidents, with their indexes and the changes not yet written."""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.core.incidents import (
    LIVE,
    Changes,
    Effect,
    EffectKind,
    HealthyRevision,
    Incident,
    IncidentKey,
    Snapshot,
    Standing,
    State,
)
from bot.core.signals import AppRef, ObjectRef, Source
from bot.core.states import AppState

HEALTHY_NOTED_EVERY = timedelta(minutes=10)
"""How exactly the last time a deployment was seen healthy is kept."""

StandingId = tuple[str, str]
"""Subject and id of a standing signal."""

Index = TypeVar("Index", bound=Hashable)
Item = TypeVar("Item", bound=Hashable)


def standing_id(standing: Standing) -> StandingId:
    """What names a standing signal."""
    return (standing.subject, standing.id)


def reference(standing: Standing) -> str:
    """How an incident names a standing signal that supports it."""
    return f"{standing.subject}|{standing.id}"


class Ledger:
    """Plain dictionaries behind a few verbs, so that every write is noted and indexed."""

    def __init__(self) -> None:
        self.apps: dict[AppRef, AppState] = {}
        self.standings: dict[StandingId, Standing] = {}
        self.incidents: dict[str, Incident] = {}
        self._of_subject: dict[str, set[StandingId]] = {}
        self._of_app: dict[AppRef, set[StandingId]] = {}
        self._keys: dict[IncidentKey, str] = {}
        self.managed: dict[tuple[str, ObjectRef], AppRef] = {}
        self._events_in: dict[tuple[str, str], set[StandingId]] = {}
        self._without_app: set[StandingId] = set()
        self._live_by_entry: dict[str, set[str]] = {}
        self._live_by_app: dict[str, set[str]] = {}
        self._changed_incidents: set[str] = set()
        self._changed_standings: set[StandingId] = set()
        self._dropped: set[StandingId] = set()
        self._effects: list[Effect] = []
        self._healthy: dict[AppRef, dict[int, HealthyRevision]] = {}
        self._changed_healthy: dict[tuple[AppRef, int], HealthyRevision] = {}

    # -- Applications

    def put_app(self, state: AppState) -> bool:
        """Keep an Application's newest reading; says whether the set of its resources changed."""
        before = self.apps.get(state.ref)
        self.apps[state.ref] = state
        old = {resource.object for resource in before.resources} if before else set()
        new = {resource.object for resource in state.resources}
        for gone in old - new:
            if self.managed.get((state.cluster, gone)) == state.ref:
                del self.managed[(state.cluster, gone)]
        for added in new - old:
            self.managed[(state.cluster, added)] = state.ref
        return old != new

    def healthy_deployments(self, ref: AppRef) -> dict[int, HealthyRevision]:
        """Deployments of an Application that were seen Synced and Healthy, by history id."""
        return self._healthy.get(ref, {})

    def note_healthy(self, state: AppState, *, now: datetime) -> None:
        """Remember that the last deployment was read Healthy; those that left the history are forgotten."""
        last = state.history[-1]
        known = self._healthy.get(state.ref, {})
        before = known.get(last.id)
        if before is not None and before.revision == last.revision and now - before.until < HEALTHY_NOTED_EVERY:
            return
        since = before.since if before is not None and before.revision == last.revision else now
        noted = HealthyRevision(app=state.ref, history_id=last.id, revision=last.revision, since=since, until=now)
        kept = {entry.id: known[entry.id] for entry in state.history if entry.id in known}
        self._healthy[state.ref] = kept | {last.id: noted}
        self._changed_healthy[(state.ref, last.id)] = noted

    def drop_app(self, ref: AppRef) -> None:
        """Forget an Application that was deleted."""
        state = self.apps.pop(ref, None)
        if state is None:
            return
        for resource in state.resources:
            if self.managed.get((state.cluster, resource.object)) == ref:
                del self.managed[(state.cluster, resource.object)]

    def app_of(self, cluster: str, chain: Iterable[ObjectRef]) -> AppRef | None:
        """The Application that manages one of these objects; the last (topmost) one decides."""
        found = None
        for ref in chain:
            found = self.managed.get((cluster, ref), found)
        return found

    # -- standing signals

    def of_subject(self, subject: str) -> list[Standing]:
        """Everything that stands, or stood lately, for one subject."""
        return [self.standings[item] for item in self._of_subject.get(subject, ())]

    def of_app(self, ref: AppRef) -> list[Standing]:
        """Everything that stands, or stood lately, for one Application."""
        return [self.standings[item] for item in self._of_app.get(ref, ())]

    def events_in(self, cluster: str, namespace: str) -> list[Standing]:
        """Standing Events of objects in one namespace."""
        return [self.standings[item] for item in self._events_in.get((cluster, namespace), ())]

    def without_app(self) -> list[Standing]:
        """Standing signals of objects that no known Application manages."""
        return [self.standings[item] for item in self._without_app]

    def put(self, standing: Standing) -> None:
        """Keep a standing signal."""
        key = standing_id(standing)
        before = self.standings.get(key)
        if before == standing:
            return
        if before is not None:
            self._unindex(key, before)
        self.standings[key] = standing
        self._of_subject.setdefault(standing.subject, set()).add(key)
        signal = standing.signal
        if signal.app is not None:
            self._of_app.setdefault(signal.app, set()).add(key)
        else:
            self._without_app.add(key)
        if signal.source is Source.K8S_EVENT and signal.object is not None:
            self._events_in.setdefault((signal.cluster, signal.object.namespace), set()).add(key)
        self._changed_standings.add(key)
        self._dropped.discard(key)

    def drop(self, standing: Standing) -> None:
        """Forget a standing signal."""
        key = standing_id(standing)
        before = self.standings.pop(key, None)
        if before is None:
            return
        self._unindex(key, before)
        self._changed_standings.discard(key)
        self._dropped.add(key)

    def _unindex(self, key: StandingId, standing: Standing) -> None:
        signal = standing.signal
        _discard(self._of_subject, standing.subject, key)
        if signal.app is not None:
            _discard(self._of_app, signal.app, key)
        self._without_app.discard(key)
        if signal.source is Source.K8S_EVENT and signal.object is not None:
            _discard(self._events_in, (signal.cluster, signal.object.namespace), key)

    def supporting(self, references: Iterable[str]) -> list[Standing]:
        """The standing signals that an incident names and that are still remembered."""
        found = []
        for text in references:
            subject, _, key = text.rpartition("|")
            standing = self.standings.get((subject, key))
            if standing is not None:
                found.append(standing)
        return found

    # -- incidents

    def by_key(self, key: IncidentKey) -> Incident | None:
        """The incident that has this key or had it (alias), whatever its state."""
        found = self._keys.get(key)
        return self.incidents.get(found) if found else None

    def live(self) -> list[Incident]:
        """Incidents that are neither resolved nor merged, oldest first."""
        return sorted(
            (incident for incident in self.incidents.values() if incident.state in LIVE),
            key=lambda incident: (incident.opened_at, incident.id),
        )

    def live_with_entries(self, entries: Iterable[str]) -> list[Incident]:
        """Live incidents whose root is one of these entries, oldest first."""
        return self._ordered({item for entry in entries for item in self._live_by_entry.get(entry, ())})

    def live_of_apps(self, apps: Iterable[str]) -> list[Incident]:
        """Live incidents that name one of these Applications (`namespace/name`), oldest first."""
        return self._ordered({item for app in apps for item in self._live_by_app.get(app, ())})

    def _ordered(self, ids: Iterable[str]) -> list[Incident]:
        return sorted((self.incidents[item] for item in ids), key=lambda incident: (incident.opened_at, incident.id))

    def put_incident(self, incident: Incident, *, now: datetime, visible: bool = True) -> Incident:
        """Keep an incident; a posted one whose visible part changed is shown anew."""
        before = self.incidents.get(incident.id)
        if before == incident:
            return incident
        incident = replace(incident, updated_at=now)
        self._index_incident(before, incident)
        for key in (incident.key, *incident.aliases):
            holder = self.incidents.get(self._keys.get(key, ""))
            if holder is None or holder.state not in LIVE or holder.id == incident.id or incident.state in LIVE:
                self._keys[key] = incident.id
        self._changed_incidents.add(incident.id)
        if visible and incident.posted:
            self.effect(Effect(kind=EffectKind.CARD, incident=incident.id, key=f"card:{incident.id}"))
        return incident

    def _index_incident(self, before: Incident | None, incident: Incident) -> None:
        if before is not None:
            _discard(self._live_by_entry, before.entry, before.id)
            for app in before.apps:
                _discard(self._live_by_app, app, before.id)
        self.incidents[incident.id] = incident
        if incident.state in LIVE:
            self._live_by_entry.setdefault(incident.entry, set()).add(incident.id)
            for app in incident.apps:
                self._live_by_app.setdefault(app, set()).add(incident.id)

    def forget_incident(self, incident: Incident) -> None:
        """Drop an incident from memory; what was written stays written."""
        self.incidents.pop(incident.id, None)
        for key in (incident.key, *incident.aliases):
            if self._keys.get(key) == incident.id:
                del self._keys[key]

    def effect(self, effect: Effect) -> None:
        """Wish to say something."""
        if effect not in self._effects:
            self._effects.append(effect)

    # -- durability

    def restore(self, snapshot: Snapshot) -> None:
        """Start from what was written."""
        for incident in snapshot.incidents:
            self._index_incident(None, incident)
            for key in (incident.key, *incident.aliases):
                holder = self.incidents.get(self._keys.get(key, ""))
                if holder is None or holder.state not in LIVE:
                    self._keys[key] = incident.id
        for standing in snapshot.standings:
            self.put(standing)
        for noted in snapshot.healthy:
            self._healthy.setdefault(noted.app, {})[noted.history_id] = noted
        self._changed_standings.clear()

    def take(self, *, now: datetime) -> Changes:
        """What changed since the last call, to be written in one transaction."""
        changes = Changes(
            incidents=tuple(self.incidents[item] for item in sorted(self._changed_incidents) if item in self.incidents),
            standings=tuple(self.standings[item] for item in sorted(self._changed_standings)),
            dropped=tuple(sorted(self._dropped)),
            effects=tuple(self._effects),
            healthy=tuple(self._changed_healthy.values()),
            at=now,
        )
        self._changed_incidents.clear()
        self._changed_standings.clear()
        self._dropped.clear()
        self._effects.clear()
        self._changed_healthy.clear()
        return changes


def _discard(index: dict[Index, set[Item]], key: Index, item: Item) -> None:
    """Take an item out of an index, leaving no empty set behind."""
    items = index.get(key)
    if items is not None:
        items.discard(item)
        if not items:
            del index[key]


def resolved(incident: Incident) -> bool:
    """Whether an incident is over (resolved or merged)."""
    return incident.state in (State.RESOLVED, State.MERGED)
