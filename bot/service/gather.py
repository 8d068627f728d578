"""Facts for a plan, asked concurrently, each with a deadline; what could not be asked stays None."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from bot.core.plans import Facts
from bot.core.states import AppState, RevisionInfo
from bot.service.ports import GitOps, PortError

Answer = TypeVar("Answer")

REVISIONS_SHOWN = 10


async def gather_facts(gitops: GitOps, state: AppState, *, deadline: float, history: bool) -> Facts:
    """Ask Argo CD what a plan on this Application needs to know. `deadline` is in seconds, for each question."""

    async def ask(question: Awaitable[Answer]) -> Answer | None:
        try:
            return await asyncio.wait_for(question, deadline)
        except (PortError, TimeoutError):
            return None

    async def revisions() -> Mapping[int, RevisionInfo]:
        entries = state.history[-REVISIONS_SHOWN:] if history else ()
        answers = await asyncio.gather(
            *(ask(gitops.revision(state.ref, entry.revision, history_id=entry.id)) for entry in entries)
        )
        return {entry.id: info for entry, info in zip(entries, answers, strict=True) if info is not None}

    async def set_keeps_pause() -> bool | None:
        if not state.application_set:
            return None
        return await ask(gitops.application_set_keeps_sync_policy(state.application_set, state.ref.namespace))

    may_sync, may_rollback, may_update, windows, infos, keeps = await asyncio.gather(
        ask(gitops.can_i("sync", state.project, str(state.ref))),
        ask(gitops.can_i("rollback", state.project, str(state.ref))),
        ask(gitops.can_i("update", state.project, str(state.ref))),
        ask(gitops.sync_windows(state.ref)),
        revisions(),
        set_keeps_pause(),
    )
    return Facts(
        state=state,
        windows=windows,
        revisions=infos,
        set_keeps_pause=keeps,
        may_sync=may_sync,
        may_rollback=may_rollback,
        may_update=may_update,
    )
