"""Plays one story against a board."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.argocd import parse as argocd
from bot.adapters.kubernetes import parse as kubernetes
from bot.core.board import Board
from bot.core.entries import GENERIC
from bot.core.incidents import Incident
from bot.core.observation import Owners
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState
from bot.replay.stories import Distortion, Line, Story, distorted
from bot.service.enrich import OwnerFinder

LIST_EVERY = timedelta(minutes=3)
AFTERMATH = timedelta(minutes=6)
TICK = timedelta(seconds=1)
SOURCES = ("argocd", "kubernetes")
CLUSTER = "default"
PLACE = argocd.Place(clusters={"https://kubernetes.default.svc": CLUSTER, "in-cluster": CLUSTER})


class Replay:
    """One story against one board, with an injected clock."""

    def __init__(
        self, story: Story, *, board: Board, sources: Sequence[str] = SOURCES, distortion: Distortion | None = None
    ) -> None:
        self._story = story
        self._board = board
        self._sources = frozenset(sources)
        self._distortion = distortion or Distortion()
        self._owners = OwnerFinder({})
        self._recorded = _Recorded(story)
        self._seen: dict[str, Incident] = {}
        self.symptoms: dict[str, set[str]] = {}
        self._indexed: dict[AppRef, str] = {}

    async def run(self) -> list[Incident]:
        """Play to the end and its aftermath; returns every incident that was opened or held."""
        lines = self._story.lines
        if not lines:
            return []
        now, end = lines[0].at, lines[-1].at + AFTERMATH
        delivered = iter(distorted([line for line in lines if self._wanted(line)], self._distortion))
        upcoming = next(delivered, None)
        next_list = now + LIST_EVERY
        while now <= end:
            while upcoming is not None and upcoming.at < now + TICK:
                moment = max(now, upcoming.at)
                self._recorded.advance(moment)
                await self._deliver(upcoming, moment)
                self._collect()
                upcoming = next(delivered, None)
            now += TICK
            self._recorded.advance(now)
            if now >= next_list:
                await self._relist(now)
                next_list = now + LIST_EVERY
            self._board.tick(now=now)
            self._collect()
        return sorted(self._seen.values(), key=lambda incident: (incident.opened_at, incident.id))

    def _wanted(self, line: Line) -> bool:
        return ("argocd" if line.kind in ("stream", "notification") else "kubernetes") in self._sources

    async def _deliver(self, line: Line, now: datetime) -> None:
        match line.kind:
            case "stream":
                self._stream(line.data, now)
            case "notification":
                self._notified(line.data, now)
            case "event":
                await self._event(line.data, now)
            case "pod":
                await self._pod(line.data, now)

    def _stream(self, data: Mapping[str, Any], now: datetime) -> None:
        result = data.get("result")
        if not isinstance(result, dict):
            return
        state = argocd.application(result.get("application"), PLACE)
        if result.get("type") == "DELETED":
            self._board.app_gone(state.ref, now=now)
        else:
            self._board.observe_app(state, now=now)

    def _notified(self, data: Mapping[str, Any], now: datetime) -> None:
        """A notification says only which Application to look at."""
        app = data.get("app")
        if isinstance(app, dict):
            ref = AppRef(namespace=str(app.get("namespace") or "argocd"), name=str(app.get("name")))
            self._look(ref, now)

    def _look(self, ref: AppRef, now: datetime) -> None:
        state = self._recorded.app(ref)
        if state is not None:
            self._board.observe_app(state, now=now)
        elif ref in self._board.known_apps():
            self._board.app_gone(ref, now=now)

    async def _event(self, data: Mapping[str, Any], now: datetime) -> None:
        if data.get("type") not in ("ADDED", "MODIFIED"):
            return
        report = kubernetes.event(_bytes(data["object"]), CLUSTER)
        self._index(now)
        self._board.observe_event(report, await self._find(report.object, None, now), now=now)

    async def _pod(self, data: Mapping[str, Any], now: datetime) -> None:
        if data.get("type") not in ("ADDED", "MODIFIED", "DELETED"):
            return
        pod = kubernetes.pod(_bytes(data["object"]), CLUSTER)
        self._index(now)
        if data["type"] == "DELETED":
            self._board.pod_gone(CLUSTER, pod.uid, now=now)
            return
        self._board.observe_pod(pod, await self._find(pod.object, pod.controller, now), now=now)

    async def _relist(self, now: datetime) -> None:
        """What the periodic list and a relist after a cut would bring: the present state of everything."""
        if "argocd" in self._sources:
            for ref in {*self._recorded.apps(), *self._board.known_apps()}:
                self._look(ref, now)
        if "kubernetes" in self._sources:
            for pod in self._recorded.pods():
                await self._pod({"type": "MODIFIED", "object": pod}, now)
            self._board.pods_listed(CLUSTER, frozenset(self._recorded.pod_uids()), now=now)
            for event in self._recorded.events():
                await self._event({"type": "ADDED", "object": event}, now)

    def _index(self, now: datetime) -> None:
        """Reads of Applications that enrichment would make, where Argo CD is not a source of its own."""
        if "argocd" in self._sources:
            return
        for ref in self._recorded.apps():
            state = self._recorded.app(ref)
            if state is not None and self._indexed.get(ref) != state.resource_version:
                self._indexed[ref] = state.resource_version
                self._board.index_app(state, now=now)

    async def _find(self, ref: ObjectRef, controller: ObjectRef | None, now: datetime) -> Owners:
        ledger = self._board.ledger
        return await self._owners.owners(
            CLUSTER, ref, controller=controller, managed=ledger.managed, apps=ledger.apps, now=now
        )

    def _collect(self) -> None:
        changes = self._board.take(now=self._story.lines[0].at)
        for incident in changes.incidents:
            self._seen[incident.id] = incident
            folded = self.symptoms.setdefault(incident.id, set())
            folded.update(item.entry for item in self._board.ledger.supporting(incident.symptoms) if item.entry)


class _Recorded:
    """What the read ports would answer at a moment of the story, whatever the sources delivered."""

    def __init__(self, story: Story) -> None:
        self._lines = iter(story.lines)
        self._next = next(self._lines, None)
        self._apps: dict[AppRef, AppState] = {}
        self._pods: dict[str, Any] = {}
        self._events: dict[str, Any] = {}

    def advance(self, now: datetime) -> None:
        """Take in everything recorded up to now."""
        while self._next is not None and self._next.at <= now:
            self._take(self._next)
            self._next = next(self._lines, None)

    def _take(self, line: Line) -> None:
        data = line.data
        if line.kind == "stream" and isinstance(data.get("result"), dict):
            state = argocd.application(data["result"].get("application"), PLACE)
            if data["result"].get("type") == "DELETED":
                self._apps.pop(state.ref, None)
            else:
                self._apps[state.ref] = state
        elif line.kind in ("pod", "event"):
            uid = data.get("object", {}).get("metadata", {}).get("uid")
            held = self._pods if line.kind == "pod" else self._events
            if uid and data.get("type") == "DELETED":
                held.pop(uid, None)
            elif uid:
                held[uid] = data["object"]

    def app(self, ref: AppRef) -> AppState | None:
        """GET of an Application: its newest stream line."""
        return self._apps.get(ref)

    def apps(self) -> list[AppRef]:
        """The list of Applications."""
        return list(self._apps)

    def pods(self) -> list[Any]:
        """The list of Pods."""
        return list(self._pods.values())

    def pod_uids(self) -> list[str]:
        """The uids of that list."""
        return list(self._pods)

    def events(self) -> list[Any]:
        """The list of Events."""
        return list(self._events.values())


def described(incident: Incident, symptoms: Iterable[str]) -> dict[str, object]:
    """An incident as `replay` prints it."""
    return {
        "root": incident.entry or incident.key.entry,
        "subject": incident.key.subject,
        "apps": list(incident.apps),
        "symptoms": sorted(set(symptoms) - GENERIC - {incident.entry, ""}),
        "state": str(incident.state),
        "posted": incident.posted,
        "opened_at": incident.opened_at.isoformat(),
        "first_evidence_at": incident.first_evidence_at.isoformat(),
    }


def _bytes(value: object) -> bytes:
    return json.dumps(value).encode()
