"""Sources only say «look again» or carry current state; none is trusted to arrive (design §2.1).

Argo CD: the stream is fast, the webhook pushes, the list is the safety net. Kubernetes: list + watch of Events and
Pods. A source that is away is reported, retried for ever, and its signals stay, marked stale.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress

import structlog

from bot.core.recovery import about_application
from bot.core.signals import AppRef
from bot.core.states import EventReport, ListedApp
from bot.service.ports import (
    AppGone,
    Cluster,
    GitOps,
    Health,
    NotFound,
    PortError,
    Readiness,
    Refused,
    Relisted,
    Unreachable,
)
from bot.service.respond import ControllerRead, Reading, Responder, SourceAway

log = structlog.get_logger(__name__)

FIRST_RETRY = 0.5
LONGEST_RETRY = 30.0
LOOKS_AT_ONCE = 8
LOOKS_WAITING = 5_000
COALESCE = 0.2
"""Seconds a look waits for others at the same Application: one failed sync has six carriers."""


class Backoff:
    """Growing pauses between attempts, reset by success."""

    def __init__(self) -> None:
        self._next = FIRST_RETRY

    def reset(self) -> None:
        """The last attempt went well."""
        self._next = FIRST_RETRY

    def pause(self, error: PortError | None = None) -> float:
        """Seconds to wait now."""
        wished = error.retry_after if isinstance(error, Unreachable) and error.retry_after else 0.0
        seconds = max(self._next, wished)
        self._next = min(self._next * 2, LONGEST_RETRY)
        return seconds


class ArgoCDObserver:
    """Watches one Argo CD by stream, list and look requests."""

    def __init__(self, *, gitops: GitOps, responder: Responder, readiness: Readiness, list_every: float) -> None:
        self._gitops = gitops
        self._responder = responder
        self._readiness = readiness
        self._list_every = list_every
        self._part = f"argocd:{gitops.name}"
        self._wanted: dict[AppRef, None] = {}
        self._wake = asyncio.Event()
        self._doubted = asyncio.Event()
        """The stream was cut: the list is asked at once, so that /readyz tells within seconds who is away."""

    def look(self, names: Iterable[AppRef]) -> bool:
        """Ask for Applications to be read again; False when too many wait already."""
        for ref in names:
            if len(self._wanted) >= LOOKS_WAITING and ref not in self._wanted:
                return False
            self._wanted[ref] = None
        self._wake.set()
        return True

    async def run(self) -> None:
        """Observe for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stream(), name=f"{self._part} stream")
            tasks.create_task(self._lists(), name=f"{self._part} list")
            tasks.create_task(self._looks(), name=f"{self._part} looks")

    async def _stream(self) -> None:
        backoff = Backoff()
        while True:
            error: PortError | None = None
            try:
                async for change in self._gitops.changes():
                    backoff.reset()
                    await self._responder.offer(change)
            except PortError as failure:
                error = failure
                self._doubted.set()
                log.warning("the Application stream was cut", argocd=self._gitops.name, error=str(failure))
            await asyncio.sleep(backoff.pause(error))

    async def _lists(self) -> None:
        backoff = Backoff()
        while True:
            try:
                listed = await self._gitops.listed()
            except PortError as error:
                self._readiness.report(self._part, Health.FAILING, str(error))
                log.warning("Argo CD can't be read", argocd=self._gitops.name, error=str(error))
                await self._responder.offer(SourceAway(prefix=f"app:{self._gitops.name}/"))
                await asyncio.sleep(backoff.pause(error))
                continue
            backoff.reset()
            self._readiness.report(self._part, Health.OK, f"{len(listed)} Applications")
            await self._compare(listed)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._list_every):
                    await self._doubted.wait()
            self._doubted.clear()

    async def _compare(self, listed: Iterable[ListedApp]) -> None:
        """The list says which Applications are new, changed or absent; those are read."""
        known = {
            ref: state for ref, state in self._responder.board.known_apps().items() if ref.argocd == self._gitops.name
        }
        seen = set()
        for item in listed:
            seen.add(item.ref)
            state = known.get(item.ref)
            if state is None or state.resource_version != item.resource_version or state.uid != item.uid:
                self.look([item.ref])
        self.look(ref for ref in known if ref not in seen)

    async def _looks(self) -> None:
        running: set[asyncio.Task[None]] = set()
        limit = asyncio.Semaphore(LOOKS_AT_ONCE)
        try:
            while True:
                await self._wake.wait()
                await asyncio.sleep(COALESCE)
                self._wake.clear()
                wanted, self._wanted = self._wanted, {}
                for ref in wanted:
                    await limit.acquire()
                    task = asyncio.create_task(self._look(ref))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _: limit.release())
        finally:
            for task in running:
                task.cancel()

    async def _look(self, ref: AppRef) -> None:
        known = self._responder.board.known_apps().get(ref)
        try:
            state = await self._gitops.app(ref, project=known.project if known else "")
        except NotFound:
            await self._responder.offer(AppGone(ref=ref))
        except Refused as error:
            log.info("an Application may not be read", app=str(ref), error=str(error))
        except PortError as error:
            log.warning("an Application could not be read", app=str(ref), error=str(error))
            await asyncio.sleep(FIRST_RETRY)
            self.look([ref])
        else:
            await self._responder.offer(state)


class KubernetesObserver:
    """Watches one cluster's Pods and Events. Pods first: an Event of a Pod that is gone is history."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        responder: Responder,
        readiness: Readiness,
        check_every: float,
        application_changed: Callable[[AppRef], None],
    ) -> None:
        self._cluster = cluster
        self._responder = responder
        self._readiness = readiness
        self._check_every = check_every
        self._application_changed = application_changed
        self._part = f"kubernetes:{cluster.name}"
        self._pods_known = asyncio.Event()

    async def run(self) -> None:
        """Observe for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch("pods", self._cluster.pods, self._pod), name=f"{self._part} pods")
            tasks.create_task(self._events(), name=f"{self._part} events")
            tasks.create_task(self._controllers(), name=f"{self._part} controllers")

    async def _events(self) -> None:
        await self._pods_known.wait()
        await self._watch("events", self._cluster.events, self._event)

    async def _watch(
        self,
        what: str,
        source: Callable[[], AsyncIterator[Reading]],
        handle: Callable[[Reading], Awaitable[None]],
    ) -> None:
        backoff = Backoff()
        part = f"{self._part} {what}"
        self._readiness.report(part, Health.STARTING)
        while True:
            error: PortError | None = None
            try:
                async for reading in source():
                    if isinstance(reading, Relisted):
                        backoff.reset()
                        self._readiness.report(part, Health.OK, f"{len(reading.uids)} {what} listed")
                    await handle(reading)
            except PortError as failure:
                error = failure
                self._readiness.report(part, Health.FAILING, str(failure))
                log.warning("Kubernetes can't be watched", cluster=self._cluster.name, what=what, error=str(failure))
                self._pods_known.set()
                await self._responder.offer(SourceAway(prefix=f"{what.removesuffix('s')}:{self._cluster.name}/"))
            await asyncio.sleep(backoff.pause(error))

    async def _pod(self, reading: Reading) -> None:
        await self._responder.offer(reading)
        if isinstance(reading, Relisted):
            self._pods_known.set()

    async def _event(self, reading: Reading) -> None:
        if isinstance(reading, EventReport):
            application = about_application(reading)
            if application is not None:
                self._application_changed(application)
        await self._responder.offer(reading)

    async def _controllers(self) -> None:
        """Ask the controllers that incidents rest on whether they have what they want (design §2.2 e)."""
        while True:
            await asyncio.sleep(self._check_every)
            for cluster, ref in self._responder.board.resting_on_events():
                if cluster != self._cluster.name:
                    continue
                try:
                    workload = await self._cluster.workload(ref)
                except NotFound:
                    workload = None
                except PortError as error:
                    log.info("a controller can't be read", object=str(ref), error=str(error))
                    continue
                await self._responder.offer(ControllerRead(cluster=cluster, ref=ref, workload=workload))
