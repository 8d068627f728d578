"""One look at the live systems, without watching them: what `why` on the command line decides on."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from bot.core.states import AppState
from bot.service.ports import Cluster, GitOps, PortError, Relisted
from bot.service.respond import Reading


async def survey(
    *, gitops: Mapping[str, GitOps], clusters: Mapping[str, Cluster], wanted: str, deadline: float
) -> tuple[list[Reading], list[str]]:
    """Every Application called `wanted`, all Pods and all Events, and in words what could not be read.

    `deadline` is in seconds, for each source.
    """
    found: list[Reading] = []
    troubles: list[str] = []
    silence = f"no answer within {deadline:g} s"
    for port in gitops.values():
        try:
            async with asyncio.timeout(deadline):
                found += await _applications(port, wanted)
        except (PortError, TimeoutError) as error:
            troubles.append(f"Argo CD {port.name}: {str(error) or silence}")
    for cluster in clusters.values():
        for source in (cluster.pods, cluster.events):
            try:
                async with asyncio.timeout(deadline):
                    found += await _listed(source())
            except (PortError, TimeoutError) as error:
                troubles.append(f"Kubernetes {cluster.name}: {str(error) or silence}")
    return found, troubles


async def _applications(port: GitOps, wanted: str) -> list[AppState]:
    refs = [item.ref for item in await port.listed()]
    return [await port.app(ref) for ref in refs if wanted in (ref.name, str(ref), f"{ref.argocd}/{ref}")]


async def _listed(source: AsyncIterator[Reading]) -> list[Reading]:
    """A watch's first list, up to where it says that it is complete."""
    found: list[Reading] = []
    async for reading in source:
        found.append(reading)
        if isinstance(reading, Relisted):
            break
    return found
