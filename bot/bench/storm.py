"""A storm: very many Events of a few failing Applications through matching, placement, the store and the speaker.

The chat is counted, not called: what is measured is ours. Goals: design §9.
"""

import asyncio
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import __version__
from bot.adapters.metrics import Metrics
from bot.adapters.store import open_store
from bot.app.parts import load_knowledge, make_board
from bot.bench.figures import Figure
from bot.core.cards import IncidentCard, Note
from bot.core.incidents import Incident, OutboxRow
from bot.core.matching import Matcher
from bot.core.observation import Owners, event_signal
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, EventReport, Resource
from bot.core.telling import Audience, incident_card
from bot.core.thread_notes import thread_note
from bot.service.enrich import OwnerFinder
from bot.service.ports import Readiness
from bot.service.respond import Responder
from bot.service.speak import Speaker
from bot.settings import Settings

REFUSED = 'Error creating: pods "{pod}" is forbidden: '
REASON = "FailedCreate"
MESSAGES = tuple(
    REFUSED + why
    for why in (
        'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "web" must set it)',
        "exceeded quota: compute, requested: limits.cpu=2, used: limits.cpu=9, limited: limits.cpu=10",
        'error looking up service account shop/web: serviceaccount "web" not found',
    )
)
READ_AT_ONCE = 64
"""Events in one read of a watch's socket; then others have their turn."""

WATCHED_EVERY = 0.005
SETTLES_WITHIN = 60.0
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(slots=True)
class CountedChat:
    """Takes every message at once and remembers when the first came. Only what the speaker calls."""

    roots: dict[str, str] = field(default_factory=dict)
    first_at: float | None = None

    async def post_card(self, _card: IncidentCard, *, key: str) -> str:
        """Count a root message."""
        self.first_at = self.first_at or time.perf_counter()
        return self.roots.setdefault(key, f"{len(self.roots) + 1}.0")

    async def post_details(self, thread: str, _card: IncidentCard, **_: str) -> str:
        """Take a thread's first message."""
        return f"{thread}1"

    async def edit_card(self, *_: object) -> None:
        """Take an edit of a root message."""

    async def edit_details(self, *_: object) -> None:
        """Take an edit of the details."""

    async def find(self, *_: str, **__: str) -> str | None:
        """Nothing was posted before this run."""
        return None

    async def permalink(self, ts: str) -> str:
        """An address of that message."""
        return f"https://chat.example/{ts}"


def storm() -> list[Figure]:
    """Run the benchmark."""
    return asyncio.run(measured())


async def measured(*, events: int = 100_000, applications: int = 50, seed: int = 0) -> list[Figure]:
    """Play a storm and measure it."""
    settings = Settings(timing={"hold_symptom": "0s", "edit_at_most_every": "2s"})
    knowledge = load_knowledge(settings)
    started = datetime.now(UTC)
    reports = list(_reports(events, applications, started, random.Random(seed)))  # noqa: S311  a repeatable load
    matched = _matching_alone(knowledge.compile(), reports)
    chat, readiness, metrics = CountedChat(), Readiness(), Metrics(version=__version__)
    with tempfile.TemporaryDirectory(prefix="gitops-bot-bench-") as folder:
        store = await open_store(
            f"sqlite:///{Path(folder) / 'state.db'}", retention=timedelta(days=1), clock=lambda: datetime.now(UTC)
        )
        board = make_board(settings, knowledge)
        responder = Responder(
            board=board, store=store, owners=OwnerFinder({}), meter=metrics, clock=lambda: datetime.now(UTC)
        )

        async def card(incident: Incident) -> IncidentCard:
            audience = Audience(may=lambda *_: False, argocd_urls={})
            return incident_card(incident, entries=knowledge.entries, ledger=board.ledger, audience=audience)

        def note(row: OutboxRow) -> Note:
            return thread_note(row.effect)

        speaker = Speaker(
            store=store,
            chat=chat,  # type: ignore[arg-type]  # the part that the speaker uses
            channel="C0BENCH",
            card=card,
            note=note,
            incident=board.ledger.incidents.get,
            readiness=readiness,
            meter=metrics,
            clock=lambda: datetime.now(UTC),
            edit_every=settings.timing.edit_at_most_every,
        )
        responder.on_decision(lambda changes: speaker.wake() if changes.effects else None)
        blocked: list[float] = []
        tasks = [
            asyncio.create_task(responder.run(tick_every=0.25)),
            asyncio.create_task(speaker.run()),
            asyncio.create_task(_watch_loop(blocked)),
        ]
        begin = time.perf_counter()
        for app in _applications(applications):
            await responder.offer(app)
        for number, report in enumerate(reports):
            await responder.offer(report)
            if number % READ_AT_ONCE == 0:
                await asyncio.sleep(0)
        await _until(lambda: responder.idle)
        decided = time.perf_counter() - begin
        await _until(lambda: len(chat.roots) >= applications)
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        await store.close()
    return [
        Figure(
            what=f"{events:,} events decided",
            value=events / decided,
            unit="a second",
            baseline=matched,
            beside="matching alone",
        ),
        Figure(what="threads", value=len(chat.roots), unit="", baseline=applications, beside="failing Applications"),
        Figure(what="first post", value=(chat.first_at or float("nan")) - begin, unit="s", baseline=1.0, beside="goal"),
        Figure(
            what="longest the loop was blocked",
            value=1000 * max(blocked, default=0),
            unit="ms",
            baseline=100,
            beside="goal",
        ),
        Figure(what="most memory held", value=peak_memory(), unit="MB", baseline=300, beside="goal"),
    ]


def peak_memory() -> float:
    """The most memory this process has held so far, in MB (Linux counts in KiB, macOS in bytes)."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1024 * 1024 if sys.platform == "darwin" else 1024)


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for it, but not for ever."""
    for _ in range(int(SETTLES_WITHIN / WATCHED_EVERY)):
        if condition():
            return
        await asyncio.sleep(WATCHED_EVERY)


async def _watch_loop(blocked: list[float]) -> None:
    """How late a short sleep ends is how long something else held the loop."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(WATCHED_EVERY)
        blocked.append(time.perf_counter() - before - WATCHED_EVERY)


def _matching_alone(matcher: Matcher, reports: list[EventReport]) -> float:
    sample = reports[:20_000]
    begin = time.perf_counter()
    for report in sample:
        matcher.match(event_signal(report, Owners(topmost=report.object, app=None)))
    return len(sample) / (time.perf_counter() - begin)


def _deployment(number: int) -> ObjectRef:
    return ObjectRef(group="apps", kind="Deployment", namespace=f"team-{number}", name="web")


def _applications(count: int) -> Iterator[AppState]:
    for number in range(count):
        yield AppState(
            ref=AppRef(name=f"team-{number}"),
            uid=f"uid-{number}",
            resource_version="1",
            destination_namespace=f"team-{number}",
            sync="Synced",
            health="Progressing",
            resources=(Resource(object=_deployment(number), version="v1", status="Synced", health="Progressing"),),
        )


def _reports(count: int, applications: int, now: datetime, generator: random.Random) -> Iterator[EventReport]:
    """Each repeat names another Pod, as a ReplicaSet's retries do."""
    for number in range(count):
        app = number % applications
        suffix = "".join(generator.choices(_ALPHABET, k=5))
        yield EventReport(
            cluster="default",
            uid=f"event-{number}",
            resource_version=str(number),
            object=ObjectRef(group="apps", kind="ReplicaSet", namespace=f"team-{app}", name="web-6c9f7d5b84"),
            object_uid=f"rs-{app}",
            reason=REASON,
            message=MESSAGES[app % len(MESSAGES)].format(pod=f"web-6c9f7d5b84-{suffix}"),
            warning=True,
            count=1,
            first_at=now,
            last_at=now,
            component="replicaset-controller",
        )
