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
from bot.replay.distortion import Distortion, Outage, distorted, outages
from bot.replay.recorded import CLUSTER, PLACE, Recorded
from bot.replay.stories import Line, Story
from bot.service.enrich import OwnerFinder
from bot.service.ports import NotFound, Unreachable

LIST_EVERY = timedelta(minutes=3)
READ_CONTROLLERS_EVERY = timedelta(seconds=60)
AFTERMATH = timedelta(minutes=6)
TICK = timedelta(seconds=1)
SOURCES = ("argocd", "kubernetes")


class Replay:
    """One story against one board, with an injected clock."""

    def __init__(
        self, story: Story, *, board: Board, sources: Sequence[str] = SOURCES, distortion: Distortion | None = None
    ) -> None:
        self._story = story
        self._board = board
        self._sources = frozenset(sources)
        self._distortion = distortion or Distortion()
        self._recorded = Recorded(story)
        self._owners = OwnerFinder({CLUSTER: self._recorded})
        self._seen: dict[str, Incident] = {}
        self.symptoms: dict[str, set[str]] = {}
        self._indexed: dict[AppRef, str] = {}

    async def run(self) -> list[Incident]:
        """Play to the end and its aftermath; returns every incident that was opened or held."""
        lines = self._story.lines
        if not lines:
            return []
        cuts = outages(lines, self._distortion)
        delivered = iter(distorted([line for line in lines if self._wanted(line)], self._distortion, cuts))
        upcoming = next(delivered, None)
        now, end = lines[0].at, lines[-1].at + AFTERMATH
        next_list, next_read = now + LIST_EVERY, now + READ_CONTROLLERS_EVERY
        while now <= end:
            while upcoming is not None and upcoming.at < now + TICK:
                moment = max(now, upcoming.at)
                self._recorded.advance(moment)
                await self._deliver(upcoming, moment)
                self._collect()
                upcoming = next(delivered, None)
            now += TICK
            self._recorded.advance(now)
            await self._suffer(cuts, now)
            if now >= next_list:
                await self._relist(now)
                next_list = now + LIST_EVERY
            if now >= next_read:
                await self._read_controllers(now)
                next_read = now + READ_CONTROLLERS_EVERY
            self._board.tick(now=now)
            self._collect()
        return sorted(self._seen.values(), key=lambda incident: (incident.opened_at, incident.id))

    # -- sources

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
            self._look(AppRef(namespace=str(app.get("namespace") or "argocd"), name=str(app.get("name"))), now)

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

    # -- what heals: the list, a new start after a cut, reads

    async def _relist(self, now: datetime) -> None:
        """The periodic list, and what a watch lists when it starts: the present state of everything."""
        if "argocd" in self._sources:
            for ref in {*self._recorded.apps(), *self._board.known_apps()}:
                self._look(ref, now)
        if "kubernetes" in self._sources:
            pods = self._recorded.pods()
            for pod in pods.values():
                await self._pod({"type": "MODIFIED", "object": pod}, now)
            self._board.pods_listed(CLUSTER, frozenset(pods), now=now)
            for event in self._recorded.events().values():
                await self._event({"type": "ADDED", "object": event}, now)

    async def _suffer(self, cuts: Iterable[Outage], now: datetime) -> None:
        """Sources that are cut now are away; those whose cut is over start anew."""
        for cut in cuts:
            if now - TICK < cut.start <= now:
                for prefix in ("app:", f"pod:{CLUSTER}/", f"event:{CLUSTER}/"):
                    self._board.sources_away(prefix)
            if now - TICK < cut.end <= now:
                await self._relist(now)

    async def _read_controllers(self, now: datetime) -> None:
        """Controllers that incidents rest on (design §2.2 e)."""
        for cluster, ref in self._board.resting_on_events():
            try:
                workload = await self._recorded.workload(ref)
            except NotFound:
                self._board.controller_read(cluster, ref, None, now=now)
            except Unreachable:
                continue
            else:
                self._board.controller_read(cluster, ref, workload, now=now)

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
        controller = controller or self._board.claimed_by(CLUSTER, ref)
        return await self._owners.owners(
            CLUSTER, ref, controller=controller, managed=ledger.managed, apps=ledger.apps, now=now
        )

    def _collect(self) -> None:
        changes = self._board.take(now=self._story.lines[0].at)
        for incident in changes.incidents:
            self._seen[incident.id] = incident
            folded = self.symptoms.setdefault(incident.id, set())
            folded.update(item.entry for item in self._board.ledger.supporting(incident.symptoms) if item.entry)


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
