"""A whole cluster, or one namespace of it, looked at once: every finding with its proof."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.cards import IncidentCard
from bot.core.findings import Finding, finding_of, in_motion, ordered
from bot.core.incidents import LIVE, Incident
from bot.core.states import AppState, EventReport, PodState
from bot.service.respond import Reading, Responder
from bot.service.survey import Surveyed

ASKED_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What was found, how much was looked at, and what could not be read."""

    findings: tuple[Finding, ...]
    applications: int
    pods: int
    events: int
    troubles: tuple[str, ...]


async def scan(
    surveyed: Surveyed,
    *,
    namespace: str,
    responder: Responder,
    investigate: Callable[[Incident], Awaitable[Incident]],
    card: Callable[[Incident], Awaitable[IncidentCard]],
    hold: timedelta,
    now: datetime,
    progress: Callable[[str], None],
) -> Scanned:
    """Decide on what was read and ask for proof. `hold` is how long a symptom waits for its root."""
    readings = [reading for reading in surveyed.readings if not namespace or _inside(reading, namespace)]
    board = responder.board
    await responder.decide(readings)
    await responder.change(lambda board, at: board.tick(now=at + hold))
    incidents = board.ledger.live()
    if incidents:
        progress(f"asking for the proof of {len(incidents)} finding{'' if len(incidents) == 1 else 's'}")
    turns = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(incident: Incident) -> None:
        async with turns:
            await investigate(incident)

    await asyncio.gather(*(ask(incident) for incident in incidents))
    # What the answers showed may have folded one into another; each is told once.
    current = [incident for incident in board.ledger.live() if incident.state in LIVE]
    findings = [finding_of(incident, await card(incident), board.ledger) for incident in current]
    told = {app for finding in findings for app in finding.apps}
    apps = [reading for reading in readings if isinstance(reading, AppState)]
    # Applications that no incident names and that still aren't Synced and Healthy.
    moving = (in_motion(state, now=now) for state in apps if str(state.ref) not in told)
    findings += [finding for finding in moving if finding is not None]
    return Scanned(
        findings=ordered(findings),
        applications=len(apps),
        pods=sum(isinstance(reading, PodState) for reading in readings),
        events=sum(isinstance(reading, EventReport) for reading in readings),
        troubles=surveyed.troubles,
    )


def _inside(reading: Reading, namespace: str) -> bool:
    """Whether a reading is about a namespace; what only marks a list's end is."""
    match reading:
        case AppState():
            objects = (item.object.namespace for item in reading.resources)
            return reading.destination_namespace == namespace or namespace in objects
        case EventReport() | PodState():
            return reading.object.namespace == namespace
        case _:
            return True
