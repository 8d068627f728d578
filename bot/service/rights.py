"""What Argo CD lets the bot's own account do, asked before a button is drawn and remembered for a while."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.core.plans import PAUSE, REFRESH, RESTART, RESTORE, ROLLBACK
from bot.core.plans.facts import both
from bot.core.signals import AppRef
from bot.core.states import AppState
from bot.service.ports import GitOps, PortError

log = structlog.get_logger(__name__)

RIGHTS = ("get", "sync", "rollback", "update")
"""Never `action/…`: Argo CD answers no even where it is granted (facts §8.24)."""

REMEMBERED = timedelta(minutes=5)
ASKED_AGAIN = timedelta(seconds=30)
"""After which what got no answer at all is asked again."""

SIZE = 5_000

Key = tuple[AppRef, str]
"""An Application and its project, which decides its rights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """Each right: yes, no, or None where it could not be asked."""

    get: bool | None = None
    sync: bool | None = None
    rollback: bool | None = None
    update: bool | None = None

    def allows(self, verb: str, state: AppState) -> bool:
        """Whether a verb may work; what isn't known is not refused here, Argo CD has the last word."""
        match verb:
            case verb if verb in (REFRESH, RESTART):
                return self.get is not False
            case verb if verb in (PAUSE, RESTORE):
                return state.parent is not None or self.update is not False
            case verb if verb == ROLLBACK:
                return both(self.sync, self.rollback) is not False
            case _:
                return self.sync is not False

    def told(self) -> str:
        """In one line: `may get, sync, rollback; may not update`."""
        answers = {name: getattr(self, name) for name in RIGHTS}
        groups = (("may", True), ("may not", False), ("could not ask", None))
        parts = (
            f"{words} {', '.join(name for name, found in answers.items() if found is answer)}"
            for words, answer in groups
            if answer in answers.values()
        )
        return "; ".join(parts)


async def ask_rights(port: GitOps, state: AppState, *, deadline: float) -> Granted:
    """Ask for all rights on one Application; `deadline` in seconds, for each."""

    async def ask(right: str) -> bool | None:
        try:
            async with asyncio.timeout(deadline):
                return await port.can_i(right, state.project, str(state.ref))
        except (PortError, TimeoutError) as error:
            log.info("a right could not be asked", right=right, app=str(state.ref), error=str(error))
            return None

    get, sync, rollback, update = await asyncio.gather(*map(ask, RIGHTS))
    return Granted(get=get, sync=sync, rollback=rollback, update=update)


class Rights:
    """Remembers what was asked. `known` never waits; `ask` fills it."""

    def __init__(self, *, gitops: Mapping[str, GitOps], clock: Callable[[], datetime], deadline: float) -> None:
        self._gitops = gitops
        self._clock = clock
        self._deadline = deadline
        self._known: dict[Key, tuple[datetime, Granted]] = {}
        self._asking: dict[Key, asyncio.Task[None]] = {}

    def known(self, state: AppState) -> Granted:
        """What was answered last; nothing is known of an Application that was never asked about."""
        return self._known.get((state.ref, state.project), (None, Granted()))[1]

    async def ask(self, states: Iterable[AppState], *, within: float | None = None) -> None:
        """Ask about those that weren't asked about lately; wait at most `within` seconds, the rest goes on behind.

        A card must not wait for an Argo CD that is away.
        """
        for state in states:
            key = (state.ref, state.project)
            if key not in self._asking and state.ref.argocd in self._gitops and self._due(key):
                self._asking[key] = asyncio.create_task(self._ask(key, state), name="ask rights")
        waited = {task for key, task in self._asking.items() if not task.done()}
        if waited:
            await asyncio.wait(waited, timeout=within)

    async def stop(self) -> None:
        """Leave what is being asked."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, key: Key, state: AppState) -> None:
        try:
            granted = await ask_rights(self._gitops[state.ref.argocd], state, deadline=self._deadline)
            if len(self._known) > SIZE:
                self._known.clear()
            self._known[key] = (self._clock(), granted)
        finally:
            self._asking.pop(key, None)

    async def survey(self, states: Iterable[AppState]) -> None:
        """At start: ask for one Application of each project, and log what the bot will not be able to do."""
        each = {(state.ref.argocd, state.project): state for state in states}
        await self.ask(each.values())
        for (argocd, project), state in sorted(each.items()):
            granted = self.known(state)
            tell = log.info if granted.sync and granted.get else log.warning
            tell(
                "the bot's rights in Argo CD",
                argocd=argocd,
                project=project,
                asked_for=str(state.ref),
                rights=granted.told(),
            )

    def _due(self, key: Key) -> bool:
        known = self._known.get(key)
        if known is None:
            return True
        return self._clock() - known[0] > (ASKED_AGAIN if known[1] == Granted() else REMEMBERED)
