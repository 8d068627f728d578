"""One look at the live systems, without watching them: what `why` and `scan` on the command line decide on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from bot.core.states import AppState, ListedApp
from bot.service.ports import Cluster, GitOps, PortError, Relisted
from bot.service.respond import Reading

AT_ONCE = 8
"""Applications read at a time."""

TOLD_EVERY = 50
TROUBLES_TOLD = 5
"""Applications of one Argo CD that are named when they can't be read; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What was read, and in words what could not be."""

    readings: tuple[Reading, ...]
    troubles: tuple[str, ...]


def called(name: str) -> Callable[[ListedApp], bool]:
    """Applications of this name, `namespace/name` or `argocd/namespace/name`."""
    return lambda item: name in (item.ref.name, str(item.ref), f"{item.ref.argocd}/{item.ref}")


async def survey(
    *,
    gitops: Mapping[str, GitOps],
    clusters: Mapping[str, Cluster],
    wanted: Callable[[ListedApp], bool],
    deadline: float,
    progress: Callable[[str], None] = lambda _: None,
) -> Surveyed:
    """Every wanted Application, all Pods and all Events.

    `deadline` is in seconds, for each list and each Application. `progress` is told how far it is, in words.
    """
    found: list[Reading] = []
    troubles: list[str] = []
    for port in gitops.values():
        progress(f"Argo CD {port.name}: listing Applications")
        try:
            async with asyncio.timeout(deadline):
                listed = [item for item in await port.listed() if wanted(item)]
        except (PortError, TimeoutError) as error:
            troubles.append(f"Argo CD {port.name}: {_why(error, deadline)}")
            continue
        apps, unread = await _applications(port, listed, deadline, progress)
        found += apps
        troubles += unread
    for cluster in clusters.values():
        for what, source in (("Pods", cluster.pods), ("Events", cluster.events)):
            progress(f"Kubernetes {cluster.name}: listing {what}")
            try:
                async with asyncio.timeout(deadline):
                    found += await _listed(source())
            except (PortError, TimeoutError) as error:
                troubles.append(f"Kubernetes {cluster.name}, {what}: {_why(error, deadline)}")
    return Surveyed(readings=tuple(found), troubles=tuple(troubles))


async def _applications(
    port: GitOps, listed: list[ListedApp], deadline: float, progress: Callable[[str], None]
) -> tuple[list[AppState], list[str]]:
    """The Applications read one by one (a list item lacks health), and those that could not be."""
    found: list[AppState] = []
    unread: list[str] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def read(item: ListedApp) -> None:
        async with turns:
            try:
                async with asyncio.timeout(deadline):
                    found.append(await port.app(item.ref))
            except (PortError, TimeoutError) as error:
                unread.append(f"Argo CD {port.name}, {item.ref}: {_why(error, deadline)}")
            done = len(found) + len(unread)
            if done % TOLD_EVERY == 0 or done == len(listed):
                progress(f"Argo CD {port.name}: {done} of {len(listed)} Applications read")

    await asyncio.gather(*(read(item) for item in listed))
    if len(unread) > TROUBLES_TOLD:
        more = len(unread) - TROUBLES_TOLD
        unread = [*unread[:TROUBLES_TOLD], f"Argo CD {port.name}: and {more} more Applications"]
    return sorted(found, key=lambda state: state.ref), unread


async def _listed(source: AsyncIterator[Reading]) -> list[Reading]:
    """A watch's first list, up to where it says that it is complete."""
    found: list[Reading] = []
    async for reading in source:
        found.append(reading)
        if isinstance(reading, Relisted):
            break
    return found


def _why(error: Exception, deadline: float) -> str:
    return str(error) or f"no answer within {deadline:g} s"
