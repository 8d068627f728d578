"""Facts for a plan, asked concurrently, each with a deadline; what could not be asked stays None."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from bot.core.debts import Debt
from bot.core.incidents import HealthyRevision
from bot.core.plans import PAUSE, ROLLBACK, SYNC, Facts, Wanted
from bot.core.plans.diff import difference
from bot.core.plans.rollback import target_of
from bot.core.signals import AppRef
from bot.core.states import AppState, RevisionInfo
from bot.service.ports import GitOps, PortError

Answer = TypeVar("Answer")

REVISIONS_SHOWN = 10
IMAGES_ASKED = 10
RENDERED_WITHIN = 4
"""How many deadlines a rendering of manifests may take: it clones and templates."""


class Platforms(Protocol):
    """Which platforms nodes have and images offer; None where that can't be asked."""

    async def of_nodes(self, cluster: str) -> frozenset[str] | None: ...

    async def of_image(self, image: str, cluster: str) -> frozenset[str] | None: ...


class Gatherer:
    """Asks Argo CD, the cluster and the registry what a plan needs to know. `deadline` is in seconds, per question."""

    def __init__(
        self,
        *,
        gitops: Mapping[str, GitOps],
        platforms: Platforms,
        seen_healthy: Callable[[AppRef], Mapping[int, HealthyRevision]],
        debt: Callable[[AppRef], Awaitable[Debt | None]],
        deadline: float,
    ) -> None:
        self._gitops = gitops
        self._platforms = platforms
        self._seen_healthy = seen_healthy
        self._debt = debt
        self._deadline = deadline

    async def facts(self, state: AppState, wanted: Wanted) -> Facts:
        """All that the plan of `wanted` is made from."""
        port = self._gitops[state.ref.argocd]
        ask, name = self._ask, str(state.ref)
        history = wanted.verb == ROLLBACK
        rights = asyncio.gather(
            *(ask(port.can_i(right, state.project, name)) for right in ("sync", "rollback", "update"))
        )
        (may_sync, may_rollback, may_update), windows, infos, keeps, managed, debt = await asyncio.gather(
            rights,
            ask(port.sync_windows(state.ref)),
            self._revisions(port, state) if history else _none(),
            self._set_keeps_pause(port, state) if wanted.verb in (ROLLBACK, PAUSE) else _none(),
            ask(port.managed(state.ref)) if wanted.verb in (ROLLBACK, SYNC) else _none(),
            ask(self._debt(state.ref)),
        )
        facts = Facts(
            state=state,
            windows=windows,
            revisions=infos,
            set_keeps_pause=keeps,
            may_sync=may_sync,
            may_rollback=may_rollback,
            may_update=may_update,
            seen_healthy=self._seen_healthy(state.ref),
            managed=managed,
            debt=debt,
        )
        return await self._rendered(port, facts, wanted) if history else facts

    async def _rendered(self, port: GitOps, facts: Facts, wanted: Wanted) -> Facts:
        """With the manifests of the target, and whether their images run on the nodes."""
        target = target_of(facts, wanted)
        if target is None:
            return facts
        state = facts.state
        manifests: Sequence[str] | None = None
        unrendered = ""
        try:
            async with asyncio.timeout(self._deadline * RENDERED_WITHIN):
                manifests = await port.manifests(state.ref, target.revision)
        except TimeoutError:
            unrendered = f"not rendered within {self._deadline * RENDERED_WITHIN:g} s"
        except PortError as error:
            unrendered = str(error)
        images = difference(manifests or (), (), namespace="").images[:IMAGES_ASKED]
        nodes, *offered = await asyncio.gather(
            self._ask(self._platforms.of_nodes(state.cluster)),
            *(self._ask(self._platforms.of_image(image, state.cluster)) for image in images),
        )
        return replace(
            facts,
            manifests=manifests,
            unrendered=unrendered,
            node_platforms=nodes or None,
            image_platforms={image: found for image, found in zip(images, offered, strict=True) if found},
        )

    async def _revisions(self, port: GitOps, state: AppState) -> Mapping[int, RevisionInfo]:
        entries = state.history[-REVISIONS_SHOWN:]
        answers = await asyncio.gather(
            *(self._ask(port.revision(state.ref, entry.revision, history_id=entry.id)) for entry in entries)
        )
        return {entry.id: info for entry, info in zip(entries, answers, strict=True) if info is not None}

    async def _set_keeps_pause(self, port: GitOps, state: AppState) -> bool | None:
        if not state.application_set:
            return None
        return await self._ask(port.application_set_keeps_sync_policy(state.application_set, state.ref.namespace))

    async def _ask(self, question: Awaitable[Answer]) -> Answer | None:
        try:
            async with asyncio.timeout(self._deadline):
                return await question
        except (PortError, TimeoutError):
            return None


async def _none() -> None:
    return None
