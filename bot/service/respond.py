"""The serial section: readings in, decisions written, then said. One worker, one decision after the other."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.core.board import Board
from bot.core.incidents import Changes, State
from bot.core.observation import Owners
from bot.core.signals import ObjectRef
from bot.core.states import AlertReport, AppState, EventReport, PodState, Workload
from bot.service.enrich import OwnerFinder
from bot.service.ports import AppGone, Deleted, Meter, PortError, Relisted, Store

log = structlog.get_logger(__name__)

QUEUE_LIMIT = 20_000
"""Readings waiting to be decided; a source that fills it waits (back pressure), nothing is dropped."""

BATCH = 250
"""Readings decided on in one go: as many as hold the loop for some 50 ms."""
RETRY_COMMIT_AFTER = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerRead:
    """A controller was read because incidents rest on its Events (None: it doesn't exist)."""

    cluster: str
    ref: ObjectRef
    workload: Workload | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAway:
    """A source can't be read now: what it said is stale, not gone."""

    prefix: str


BENIGN = frozenset(
    {
        "Completed",
        "Created",
        "Killing",
        "OperationStarted",
        "Pulled",
        "Pulling",
        "ResourceUpdated",
        "ScalingReplicaSet",
        "Scheduled",
        "Started",
        "SuccessfulCreate",
        "SuccessfulDelete",
    }
)
"""Reasons of Normal events that can only contradict, never accuse."""

Reading = AppState | AppGone | EventReport | AlertReport | PodState | Relisted | Deleted | ControllerRead | SourceAway
Clock = Callable[[], datetime]


class Responder:
    """Feeds readings to the board and writes what it decides before anything is said."""

    def __init__(self, *, board: Board, store: Store, owners: OwnerFinder, meter: Meter, clock: Clock) -> None:
        self.board = board
        self._store = store
        self._owners = owners
        self._meter = meter
        self._clock = clock
        self._queue: asyncio.Queue[Reading] = asyncio.Queue(maxsize=QUEUE_LIMIT)
        self._listeners: list[Callable[[Changes], None]] = []
        self._lock = asyncio.Lock()

    def on_decision(self, listener: Callable[[Changes], None]) -> None:
        """Call this after each written decision (to wake the speaker, the investigator)."""
        self._listeners.append(listener)

    async def restore(self) -> None:
        """Start from what was written."""
        self.board.restore(await self._store.load())

    async def offer(self, reading: Reading) -> None:
        """Queue a reading; waits while the queue is full."""
        self._meter.reading_arrived(_source(reading))
        await self._queue.put(reading)

    @property
    def idle(self) -> bool:
        """Whether every reading offered so far was decided."""
        return self._queue.empty() and not self._lock.locked()

    async def run(self, *, tick_every: float) -> None:
        """Decide for ever; lets time pass every `tick_every` seconds."""
        while True:
            batch: list[Reading] = []
            # Not wait_for: before Python 3.12 it may swallow a cancellation, and the bot would never stop.
            with suppress(TimeoutError):
                async with asyncio.timeout(tick_every):
                    batch.append(await self._queue.get())
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self.decide(batch)

    async def decide_now(self, readings: Sequence[Reading]) -> None:
        """Decide on readings ahead of the queue and write the result, a batch at a time."""
        for start in range(0, len(readings), BATCH):
            batch = readings[start : start + BATCH]
            for reading in batch:
                self._meter.reading_arrived(_source(reading))
            await self.decide(batch)

    async def decide(self, readings: Sequence[Reading]) -> None:
        """Decide on some readings, let time pass, and write the result."""
        owners = await asyncio.gather(*(self._owners_of(reading) for reading in readings))
        async with self._lock:
            for reading, found in zip(readings, owners, strict=True):
                try:
                    self._apply(reading, found)
                except Exception:
                    # One reading that trips the decision must not stop all others; it is a bug to be fixed.
                    log.exception("a reading could not be decided on", reading=repr(reading)[:500])
            self.board.tick(now=self._clock())
            await self._write()

    async def change(self, act: Callable[[Board, datetime], None]) -> None:
        """Let a command or the investigator change the board within the serial section."""
        async with self._lock:
            act(self.board, self._clock())
            await self._write()

    async def _write(self) -> None:
        changes = self.board.take(now=self._clock())
        if changes.empty:
            return
        while True:
            try:
                await self._store.commit(changes)
                break
            except PortError as error:
                log.error("the decision could not be written; trying again", error=str(error))
                await asyncio.sleep(RETRY_COMMIT_AFTER)
        if changes.incidents:
            posted = (incident for incident in self.board.ledger.live() if incident.state is not State.HELD)
            self._meter.incidents_counted(Counter(incident.severity for incident in posted))
        for listener in self._listeners:
            listener(changes)

    def _apply(self, reading: Reading, owners: Owners | None) -> None:
        now = self._clock()
        board = self.board
        match reading:
            case AppState():
                board.observe_app(reading, now=now)
            case AppGone(ref=ref):
                board.app_gone(ref, now=now)
            case EventReport() if owners is not None:
                board.observe_event(reading, self._known_by_now(reading, owners), now=now)
            case PodState() if owners is not None:
                board.observe_pod(reading, self._known_by_now(reading, owners), now=now)
            case AlertReport():
                board.observe_alert(reading, owners and self._known_by_now(reading, owners), now=now)
            case Relisted(kind="Pod"):
                board.pods_listed(reading.cluster, reading.uids, now=now)
            case Deleted(kind="Pod"):
                board.pod_gone(reading.cluster, reading.uid, now=now)
            case ControllerRead():
                board.controller_read(reading.cluster, reading.ref, reading.workload, now=now)
            case SourceAway(prefix=prefix):
                board.sources_away(prefix)
            case _:
                return  # an Event that left the watch says nothing about what it reported

    def _known_by_now(self, reading: EventReport | AlertReport | PodState, owners: Owners) -> Owners:
        """Owners were looked up before this batch: an Application in it may be the one that manages the object."""
        if owners.app is not None:
            return owners
        chain = (reading.object, owners.topmost) if reading.object else (owners.topmost,)
        app = self.board.ledger.app_of(reading.cluster, chain)
        return replace(owners, app=app) if app else owners

    async def _owners_of(self, reading: Reading) -> Owners | None:
        """Where a report's object belongs. Benign reports aren't worth a look at the cluster."""
        ref: ObjectRef | None
        match reading:
            case EventReport(warning=False, reason=reason) if reason in BENIGN:
                return Owners(topmost=reading.object, app=None)
            case EventReport(object=ref):
                controller = self.board.claimed_by(reading.cluster, ref)
            case AlertReport():
                # An alert about nothing in particular belongs where its rule does.
                ref, controller = reading.object or reading.told_by, None
            case PodState(object=ref):
                controller = reading.controller
            case _:
                return None
        if ref is None:
            return None
        ledger = self.board.ledger
        return await self._owners.owners(
            reading.cluster,
            ref,
            controller=controller,
            managed=ledger.managed,
            apps=ledger.apps,
            now=self._clock(),
        )


def _source(reading: Reading) -> str:
    """The Argo CD or the cluster that a reading comes from."""
    match reading:
        case AppState(ref=ref) | AppGone(ref=ref):
            return ref.argocd
        case SourceAway(prefix=prefix):
            return prefix.partition(":")[2].rstrip("/")
        case AlertReport():
            return "alertmanager"
        case _:
            return reading.cluster
