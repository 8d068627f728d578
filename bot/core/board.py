"""The decision maker: readings in, incidents and wishes to speak out. One call at a time (design §2.4).

A board compares each reading with what stood before, so that sources may repeat, jump, or be cut, and still say the
same. It owns a `Ledger`; `take()` yields what must be written before anything is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.cards import Verdict
from bot.core.entries import GENERIC, Entry
from bot.core.incidents import (
    LIVE,
    Candidate,
    Changes,
    Effect,
    EffectKind,
    Evidence,
    Incident,
    RuledOut,
    Snapshot,
    Standing,
    State,
)
from bot.core.ledger import Ledger, reference
from bot.core.observation import Aspect, Owners, alert_signal, app_aspects, event_signal, is_wrapper, pod_signals
from bot.core.placement import Placement, Recognise, Recognised
from bot.core.pods import Pods
from bot.core.recovery import Recovery, about_application, satisfied
from bot.core.signals import AppRef, ObjectRef, Signal, Source
from bot.core.states import AlertReport, AppState, EventReport, PodState, Workload, settled_healthy
from bot.core.timing import Timing

ALERT_RESOLVED = "Alertmanager says that it is resolved"
POD_WATCH_LAG = timedelta(seconds=30)
"""How long an Event may be ahead of the Pod watch before its Pod counts as gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The result inside a failed operation. Wrappers around it, and further unknown results, count as the same."""

    signal: Signal
    recognised: Recognised

    def instead_of(self, signal: Signal, recognised: Recognised) -> tuple[Signal, Recognised]:
        """What to take a signal of the same Application for."""
        known = recognised.verdict == "known" and recognised.entry not in GENERIC
        if is_wrapper(signal) and (self.recognised.verdict == "known" or not known):
            inner = self.signal
            told = replace(signal, object=inner.object, message=inner.message, hook_type=inner.hook_type)
            return told, self.recognised
        further = signal.source is Source.ARGOCD_RESOURCE and signal.reason != "Missing"
        if further and recognised.verdict == self.recognised.verdict == "unknown":
            return replace(signal, message=self.signal.message), recognised
        return signal, recognised


class Board:
    """All that stands, for every cluster and Argo CD of one installation."""

    def __init__(
        self,
        *,
        entries: Mapping[str, Entry],
        recognise: Recognise,
        timing: Timing,
        unmanaged: bool = False,
    ) -> None:
        self.ledger = Ledger()
        self._recognise = recognise
        self._timing = timing
        self._placement = Placement(ledger=self.ledger, entries=entries, timing=timing, unmanaged=unmanaged)
        self._recovery = Recovery()
        self._observed: set[AppRef] = set()
        self.pods = Pods()
        self._pods_listed: set[str] = set()
        self.unmanaged_count = 0

    def restore(self, snapshot: Snapshot) -> None:
        """Start from what was written."""
        self.ledger.restore(snapshot)

    def take(self, *, now: datetime) -> Changes:
        """What must be written now."""
        return self.ledger.take(now=now)

    def entries_changed(self) -> None:
        """The entries it was given have changed: new signals are placed by what they say now."""
        self._placement.entries_changed()

    def recognised(self, signal: Signal) -> Recognised:
        """What the knowledge base makes of a signal, without placing it."""
        return self._recognise(signal)

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
        """Let the next candidate take the place of a root that evidence ruled out."""
        self._placement.replace_root(
            incident, candidate, ruled_out=ruled_out, evidence=evidence, verdict=verdict, now=now
        )

    # -- Applications

    def observe_app(self, state: AppState, *, now: datetime) -> bool:
        """A complete reading of an Application. False when it is older than what is known."""
        known = self.ledger.apps.get(state.ref)
        if known is not None and state.ref in self._observed and _older(state, known):
            return False
        self._observed.add(state.ref)
        self.index_app(state, now=now)
        if settled_healthy(state):
            self.ledger.note_healthy(state, now=now)
        before = {aspect: self._true_of(_app_subject(state.ref, aspect)) for aspect in Aspect}
        aspects = app_aspects(
            state, before={aspect: tuple(item.signal for item in items) for aspect, items in before.items()}, now=now
        )
        carried = self._carried(aspects[Aspect.OPERATION])
        for aspect in (Aspect.OPERATION, Aspect.CONDITIONS, Aspect.RESOURCES, Aspect.STATE):
            self._update(_app_subject(state.ref, aspect), aspects[aspect], carried=carried, now=now)
        self._placement.refold(self.ledger.of_app(state.ref), now=now)
        return True

    def index_app(self, state: AppState, *, now: datetime) -> None:
        """Know an Application's resources and health without taking its errors as observed (enrichment)."""
        changed = self.ledger.put_app(state)
        for standing in self.ledger.of_app(state.ref):
            if standing.gone_at is None and standing.signal.source is Source.K8S_EVENT:
                self._contradict(standing, now)
        if changed:
            self._claim_unmanaged(state, now)

    def app_gone(self, ref: AppRef, *, now: datetime) -> None:
        """An Application was deleted: nothing of it is wrong any more."""
        self._observed.discard(ref)
        for standing in self.ledger.of_app(ref):
            self._go(standing, "the Application was deleted", now)
        self.ledger.drop_app(ref)

    def claimed_by(self, cluster: str, ref: ObjectRef) -> ObjectRef | None:
        """Whose a claim is that no Application lists: the controller of a living Pod that names it, or the Pod."""
        if ref.kind != "PersistentVolumeClaim" or (cluster, ref) in self.ledger.managed:
            return None
        pod = self.pods.claiming(cluster, ref)
        return (pod.controller or pod.object) if pod else None

    def known_apps(self) -> Mapping[AppRef, AppState]:
        """The newest reading of each Application."""
        return self.ledger.apps

    def sources_away(self, prefix: str) -> None:
        """A source can't be read: what it said stays, marked stale (not read is not gone)."""
        for standing in list(self.ledger.standings.values()):
            if standing.subject.startswith(prefix) and standing.gone_at is None and not standing.stale:
                self.ledger.put(replace(standing, stale=True))

    # -- Kubernetes

    def observe_event(self, report: EventReport, owners: Owners, *, now: datetime) -> None:
        """One Event, new, repeated or listed again."""
        application = about_application(report)
        if application is not None:
            known = self._known_application(application)
            if known is None or known in self._observed:
                return  # Argo CD itself tells more of its Applications than their Events do (facts §8.18)
            owners = Owners(topmost=report.object, app=known)
        if not report.warning:
            self._recovery.normal_event(report)
            self._recheck_events(report.cluster, report.object.namespace, now)
        signal = self._with_references(event_signal(report, owners))
        subject = f"event:{report.cluster}/{signal.fingerprint}"
        on_node = f"{subject}@{signal.node}"
        known_standing = next(iter((*self.ledger.of_subject(on_node), *self.ledger.of_subject(subject))), None)
        if known_standing is not None:
            self._repeat_event(known_standing, signal, now)
            return
        recognised = self._recognise(signal)
        if recognised.verdict != "known" and (recognised.verdict == "noise" or not report.warning):
            return
        if self._event_is_over(signal, now):
            return
        # One failure of a workload's Pods is one signal, but where the entry is about nodes each node has its own.
        apart = bool(signal.node) and self._placement.about_nodes(recognised.entry)
        self._stand(on_node if apart else subject, signal, recognised, now)

    def observe_pod(self, pod: PodState, owners: Owners, *, now: datetime) -> None:
        """One reading of a Pod."""
        before = self.pods.put(pod)
        if not pod.deleting and (before is None or _tells_events_more(pod, before)):
            self._refer_events(pod, now)
        if pod.ready and not pod.deleting:
            self._recovery.ready_pod(pod, owners.topmost)
            self._recheck_events(pod.cluster, pod.object.namespace, now)
        self._update(f"pod:{pod.cluster}/{pod.uid}", pod_signals(pod, owners, now=now), carried=None, now=now)

    def pod_gone(self, cluster: str, uid: str, *, now: datetime) -> None:
        """A Pod was deleted: what its status and its Events said is history."""
        pod = self.pods.drop(uid)
        for standing in self.ledger.of_subject(f"pod:{cluster}/{uid}"):
            self._go(standing, "the Pod is gone", now)
        if pod is not None:
            self._object_gone(cluster, pod.object, now)

    def pods_listed(self, cluster: str, uids: frozenset[str], *, now: datetime) -> None:
        """A complete list of Pods: those not in it are gone, also the ones that were deleted while we were away."""
        self._pods_listed.add(cluster)
        for pod in self.pods.of(cluster):
            if pod.uid not in uids:
                self.pod_gone(cluster, pod.uid, now=now)
        prefix = f"pod:{cluster}/"
        for standing in list(self.ledger.standings.values()):
            if standing.gone_at is not None:
                continue
            own = standing.subject.startswith(prefix) and standing.subject.removeprefix(prefix) not in uids
            if own or (_is_event_of_pod(standing, cluster) and not self._lives(standing.signal)):
                self._go(standing, "the Pod is gone", now)

    def controller_read(self, cluster: str, ref: ObjectRef, workload: Workload | None, *, now: datetime) -> None:
        """A controller that Events complain about was read (None: it doesn't exist)."""
        for standing in self.ledger.events_in(cluster, ref.namespace):
            if standing.gone_at is not None or ref not in (standing.signal.owner, standing.signal.object):
                continue
            if workload is None:
                self._go(standing, f"{ref} is gone", now)
            elif satisfied(workload):
                self._go(standing, f"{ref} has all it wants", now)

    def resting_on_events(self) -> list[tuple[str, ObjectRef]]:
        """Cluster and controller of the Events that open incidents rest on alone: what should be read."""
        found: dict[tuple[str, ObjectRef], None] = {}
        for incident in self.ledger.live():
            for standing in self.ledger.supporting(incident.signals):
                owner = standing.signal.owner or standing.signal.object
                if standing.gone_at is None and standing.signal.source is Source.K8S_EVENT and owner is not None:
                    found[(standing.signal.cluster, owner)] = None
        return list(found)

    # -- Alertmanager

    def observe_alert(self, report: AlertReport, owners: Owners | None, *, now: datetime) -> None:
        """One alert, firing or resolved. It stands until it is told resolved, or isn't repeated for long."""
        subject = f"alert:{report.cluster}/{report.fingerprint}"
        known = self.ledger.of_subject(subject)
        standing = next((item for item in known if item.gone_at is None), None)
        if not report.firing:
            if standing is not None:
                self._go(standing, ALERT_RESOLVED, now)
            return
        signal = alert_signal(report, owners)
        if standing is not None:
            # Its description may carry a changing figure: that is no other failure.
            self.ledger.put(replace(standing, signal=replace(standing.signal, last_seen=signal.last_seen), stale=False))
            return
        if any(item.gone_why == ALERT_RESOLVED and item.signal.first_seen == signal.first_seen for item in known):
            return  # a late copy: an alert that fires anew has started anew
        recognised = self._recognise(signal)
        if recognised.verdict != "noise":
            self._stand(subject, signal, recognised, now)

    # -- time

    def tick(self, *, now: datetime) -> None:
        """Let time pass: holds end, what is clear long enough is resolved, old reports are forgotten."""
        for standing in list(self.ledger.standings.values()):
            self._age(standing, now)
        for incident in self.ledger.live():
            if incident.id in self.ledger.incidents and self.ledger.incidents[incident.id].state in LIVE:
                self._step(self.ledger.incidents[incident.id], now)
        for incident in list(self.ledger.incidents.values()):
            over = incident.resolved_at
            if incident.state not in LIVE and over and now - over > self._timing.reopen_within:
                self.ledger.forget_incident(incident)

    def _step(self, incident: Incident, now: datetime) -> None:
        standing = [item for item in self.ledger.supporting(incident.signals) if item.gone_at is None]
        if standing:
            if incident.clear_since is not None:
                incident = self.ledger.put_incident(replace(incident, clear_since=None), now=now, visible=False)
            due = incident.hold_until is None or incident.hold_until <= now
            if incident.state is State.HELD and due and self._placement.may_speak(incident):
                self._placement.speak(incident, now=now)
            return
        if incident.clear_since is None:
            self.ledger.put_incident(replace(incident, clear_since=now), now=now, visible=False)
        elif incident.state is State.HELD or now - incident.clear_since >= self._timing.clear_after:
            self._resolve(incident, now)

    def _resolve(self, incident: Incident, now: datetime) -> None:
        why = next((item.gone_why for item in self.ledger.supporting(incident.signals) if item.gone_why), "")
        left = [item for item in self.ledger.supporting(incident.symptoms) if item.gone_at is None]
        over = replace(
            incident,
            state=State.RESOLVED,
            resolved_at=now,
            resolved_why=why,
            clear_since=None,
            hold_until=None,
            symptoms=(),
        )
        self.ledger.put_incident(over, now=now)
        if incident.posted:
            self.ledger.effect(
                Effect(
                    kind=EffectKind.NOTE,
                    incident=incident.id,
                    key=f"note:{incident.id}:resolved:{incident.returned}",
                    note="resolved",
                    values=(("why", why),),
                )
            )
        for item in left:
            self._placement.place(replace(item, incident="", appeared_at=now), now=now)

    def _age(self, standing: Standing, now: datetime) -> None:
        signal = standing.signal
        if standing.gone_at is None:
            if signal.source is Source.K8S_EVENT and now - signal.last_seen >= self._timing.not_seen_again:
                self._go(standing, "not seen again", now)
            if signal.source is Source.ALERT and now - signal.last_seen >= self._timing.alert_silence:
                self._go(standing, "not seen again", now)
            return
        incident = self.ledger.incidents.get(standing.incident)
        kept = incident is not None and incident.state in LIVE
        remembered = signal.source is Source.K8S_EVENT and now - signal.last_seen < self._timing.remember_events
        if not kept and not remembered:
            self.ledger.drop(standing)

    # -- bookkeeping

    def _update(self, subject: str, signals: tuple[Signal, ...], *, carried: Carried | None, now: datetime) -> None:
        """Compare what is true now with what stood for this subject."""
        before = {standing.id: standing for standing in self.ledger.of_subject(subject)}
        for signal in signals:
            standing = before.pop(signal.fingerprint, None)
            if standing is not None and standing.gone_at is None and not standing.stale:
                continue
            if standing is not None and standing.gone_at is None:
                self.ledger.put(replace(standing, stale=False))
                continue
            recognised = self._recognise(signal)
            if recognised.verdict == "noise":
                continue
            if carried is not None:
                signal, recognised = carried.instead_of(signal, recognised)  # noqa: PLW2901  the same signal, told better
            self._stand(subject, signal, recognised, now, before=standing)
        for standing in before.values():
            self._go(standing, "no longer reported", now)

    def _carried(self, signals: tuple[Signal, ...]) -> Carried | None:
        """The per-resource result that tells why an operation failed: the first specific one, else the first."""
        results = [signal for signal in signals if signal.source is Source.ARGOCD_RESOURCE]
        recognised = [(signal, self._recognise(signal)) for signal in results]
        specific = [item for item in recognised if item[1].verdict == "known" and item[1].entry not in GENERIC]
        for signal, result in (*specific, *recognised):
            if result.verdict != "noise":
                return Carried(signal=signal, recognised=result)
        return None

    def _stand(
        self, subject: str, signal: Signal, recognised: Recognised, now: datetime, *, before: Standing | None = None
    ) -> None:
        standing = Standing(
            id=signal.fingerprint,
            subject=subject,
            signal=signal,
            entry=recognised.entry if recognised.verdict == "known" else "",
            confidence=recognised.confidence,
            captures=recognised.captures,
            candidates=recognised.candidates,
            incident=before.incident if before else "",
            appeared_at=now,
        )
        placed = self._placement.place(standing, now=now)
        self.ledger.put(placed)
        if not placed.incident and signal.app is None:
            self.unmanaged_count += 1

    def _repeat_event(self, standing: Standing, signal: Signal, now: datetime) -> None:
        newest = max(standing.signal.last_seen, signal.last_seen)
        if standing.gone_at is not None and signal.last_seen <= max(standing.signal.last_seen, standing.gone_at):
            return
        if signal.last_seen <= standing.signal.last_seen and signal.count <= standing.signal.count:
            return
        merged = replace(
            standing,
            signal=replace(
                signal,
                first_seen=min(standing.signal.first_seen, signal.first_seen),
                last_seen=newest,
                count=max(standing.signal.count, signal.count),
                app=signal.app or standing.signal.app,
            ),
            gone_at=None,
            gone_why="",
        )
        if self._event_is_over(merged.signal, now):
            return
        self.ledger.put(self._placement.place(merged, now=now))

    def _with_references(self, signal: Signal) -> Signal:
        """An Event's signal with what its Pod is and refers to: the Event doesn't say, and relations need it."""
        pod = self.pods.living(signal.cluster, signal.object) if signal.object else None
        if pod is None:
            return signal
        images = (item.image for item in pod.containers if item.name == signal.container)
        return replace(
            signal,
            node=signal.node or pod.node,
            image=signal.image or next(images, ""),
            claims=pod.claims,
            secrets=pod.secrets,
            config_maps=pod.config_maps,
            service_account=pod.service_account,
        )

    def _refer_events(self, pod: PodState, now: datetime) -> None:
        """Events that came before their Pod, or before it had a node, find now where they belong."""
        for standing in self.ledger.events_in(pod.cluster, pod.object.namespace):
            if standing.gone_at is None and standing.signal.object == pod.object:
                signal = self._with_references(standing.signal)
                if signal == standing.signal:
                    continue
                again = self._recognise(signal)
                captures = again.captures if again.entry == standing.entry else standing.captures
                referring = replace(standing, signal=signal, captures=captures)
                self.ledger.put(referring)
                self._placement.relocate(referring, now=now)
                self._placement.refold(self.ledger.of_subject(standing.subject), now=now)

    def _event_is_over(self, signal: Signal, now: datetime) -> bool:
        """Whether something already contradicts a report (listed again, or seen for the first time at start)."""
        if now - signal.last_seen >= self._timing.not_seen_again:
            return True
        ref = signal.object
        if ref and ref.kind == "Pod" and signal.cluster in self._pods_listed and self._pod_is_gone(signal, now):
            return True
        return bool(self._recovery.contradicts(signal, self.ledger.apps.get(signal.app) if signal.app else None))

    def _pod_is_gone(self, signal: Signal, now: datetime) -> bool:
        """Whether an Event's Pod was deleted. The Pod watch may lag a new Pod's first Events a little."""
        fresh = now - signal.last_seen < POD_WATCH_LAG
        return not fresh and not self._lives(signal)

    def _lives(self, signal: Signal) -> bool:
        return signal.object is not None and self.pods.living(signal.cluster, signal.object) is not None

    def _recheck_events(self, cluster: str, namespace: str, now: datetime) -> None:
        for standing in self.ledger.events_in(cluster, namespace):
            self._contradict(standing, now)

    def _contradict(self, standing: Standing, now: datetime) -> None:
        if standing.gone_at is not None:
            return
        state = self.ledger.apps.get(standing.signal.app) if standing.signal.app else None
        why = self._recovery.contradicts(standing.signal, state)
        if why:
            self._go(standing, why, now)

    def _object_gone(self, cluster: str, ref: ObjectRef, now: datetime) -> None:
        for standing in self.ledger.events_in(cluster, ref.namespace):
            if _is_event_of_pod(standing, cluster) and standing.signal.object == ref:
                self._go(standing, f"{ref} is gone", now)

    def _claim_unmanaged(self, state: AppState, now: datetime) -> None:
        """Signals seen before their Application listed the object find their place now."""
        for standing in self.ledger.without_app():
            signal = standing.signal
            if standing.gone_at is not None or signal.cluster != state.cluster:
                continue
            chain = [ref for ref in (signal.object, signal.owner) if ref]
            app = self.ledger.app_of(signal.cluster, chain)
            if app is not None:
                self.ledger.put(self._placement.place(replace(standing, signal=replace(signal, app=app)), now=now))

    def _go(self, standing: Standing, why: str, now: datetime) -> None:
        if standing.gone_at is not None:
            return
        incident = self.ledger.incidents.get(standing.incident)
        if incident is None and standing.signal.source is not Source.K8S_EVENT:
            self.ledger.drop(standing)
            return
        self.ledger.put(replace(standing, gone_at=now, gone_why=why))
        if incident is not None and reference(standing) in incident.symptoms:
            self.ledger.put_incident(
                replace(incident, symptoms=tuple(item for item in incident.symptoms if item != reference(standing))),
                now=now,
            )

    def _true_of(self, subject: str) -> list[Standing]:
        return [standing for standing in self.ledger.of_subject(subject) if standing.gone_at is None]

    def _known_application(self, ref: AppRef) -> AppRef | None:
        for known in self.ledger.apps:
            if (known.namespace, known.name) == (ref.namespace, ref.name):
                return known
        return None


def _app_subject(ref: AppRef, aspect: Aspect) -> str:
    return f"app:{ref.argocd}/{ref}#{aspect}"


def _tells_events_more(pod: PodState, before: PodState) -> bool:
    """Whether a reading says of a Pod what its Events may have lacked: its node, or its containers."""
    return pod.node != before.node or len(pod.containers) != len(before.containers)


def _is_event_of_pod(standing: Standing, cluster: str) -> bool:
    signal = standing.signal
    return (
        signal.source is Source.K8S_EVENT
        and signal.cluster == cluster
        and standing.gone_at is None
        and signal.object is not None
        and signal.object.kind == "Pod"
    )


def _older(state: AppState, known: AppState) -> bool:
    """Whether a reading is older than the known one of the same Application (numbers as Kubernetes counts them)."""
    if state.uid != known.uid or not (state.resource_version.isdigit() and known.resource_version.isdigit()):
        return False
    return int(state.resource_version) < int(known.resource_version)
