"""Starts an operation once, whatever happens on the way: what may have been sent is looked for, not sent again.

Only after a crash, between noting that a request is about to go and hearing of it, may it be sent a second time: when
Argo CD shows that nothing began since. A request that went out and got no answer is never repeated.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.core.acts import Act
from bot.core.cards import phrase
from bot.core.operations import Ours, Progress, Stage, mark, progress
from bot.core.plans import ROLLBACK, SYNC
from bot.core.plans.refusals import busy
from bot.core.plans.sync import chosen
from bot.core.plans.wanted import DRY_RUN, PRUNE
from bot.core.states import AppState, Operation
from bot.service.act_report import ActReport
from bot.service.follow import Follower, Patience
from bot.service.ports import GitOps, PortError, Refused, Store, SyncRequest, Unreachable
from bot.service.stopped import Stopped

log = structlog.get_logger(__name__)

CLOCK_SKEW = timedelta(seconds=5)
"""How much earlier than our journal an operation of ours may say it started."""

LOOKS_AFTER_CRASH = 5
STILL_MEANT = timedelta(minutes=5)
"""How long after its confirmation an interrupted act may still be begun: nobody expects an act of an hour ago."""


class Operations:
    """Syncs, rollbacks and terminations."""

    def __init__(self, *, store: Store, follower: Follower, clock: Callable[[], datetime], patience: Patience) -> None:
        self._store = store
        self._follower = follower
        self._clock = clock
        self._patience = patience

    async def carry_out(self, port: GitOps, state: AppState, act: Act, telling: ActReport) -> tuple[Progress, AppState]:
        """Start it, or find it started, and follow it to its end. Raises Stopped."""
        journal = await self._store.journaled(act.id)
        since = datetime.fromisoformat(str(journal["begun"]["at"])) - CLOCK_SKEW
        ours = await self._recognise(port, act, revision=str(journal["begun"].get("revision", "")))
        if "sent" not in journal:
            if mark(state) != journal["begun"].get("mark"):
                raise Stopped(
                    phrase("`{{app}}` moved on before anything was sent. Nothing was sent.", app=act.app.name)
                )
            arrived = await self._send(port, state, act, telling, step="sent")
        elif "accepted" in journal:
            arrived = True
        else:
            arrived = await self._after_crash(port, act, telling, since=since, ours=ours)
        return await self._follower.follow(port, act, telling, since=since, ours=ours, arrived=arrived)

    async def terminate(self, port: GitOps, state: AppState, act: Act, telling: ActReport) -> None:
        """Ask the running operation to end. Asking twice does no harm; without an answer reading tells."""
        operation = state.operation
        if not busy(state) or (operation is not None and operation.phase == "Terminating"):
            return
        await self._store.journal(act.id, "sent", {"at": self._clock().isoformat()})
        try:
            await port.terminate(act.app, project=state.project)
        except Unreachable as error:
            await telling.now(phrase("No answer from Argo CD ({{why}}). Looking what became of it …", why=error))
        else:
            await self._store.journal(act.id, "accepted", {})
            await telling.now(phrase("Argo CD was asked to end it."))

    async def _send(self, port: GitOps, state: AppState, act: Act, telling: ActReport, *, step: str) -> bool:
        """Send it; whether Argo CD said that it has it."""
        if busy(state):
            raise Stopped(phrase("Another operation on `{{app}}` began meanwhile. Nothing was sent.", app=act.app.name))
        await self._store.journal(act.id, step, {"at": self._clock().isoformat(), **mark(state)})
        try:
            await self._request(port, state, act)
        except Unreachable as error:
            await telling.now(phrase("No answer from Argo CD ({{why}}). Looking whether it arrived …", why=error))
            return False
        await self._store.journal(act.id, "accepted", {})
        return True

    async def _request(self, port: GitOps, state: AppState, act: Act) -> None:
        wanted = act.wanted
        if wanted.verb == ROLLBACK:
            if wanted.history_id is None:
                raise Stopped(phrase("No history entry was chosen. Nothing was done."))
            await port.rollback(act.app, wanted.history_id, prune=False, project=state.project)
            return
        request = SyncRequest(
            resources=chosen(state, wanted),
            prune=wanted.mode == PRUNE,
            dry_run=wanted.mode == DRY_RUN,
            info=(("gitops-bot", act.id), ("incident", wanted.incident or "-"), ("slack-user", act.who)),
        )
        await port.sync(act.app, request, project=state.project)

    async def _after_crash(self, port: GitOps, act: Act, telling: ActReport, *, since: datetime, ours: Ours) -> bool:
        """A restart came between noting the request and its answer: look, and send it only if nothing began since."""
        await telling.now(phrase("The bot was restarted meanwhile. Looking whether the request arrived …"))
        state = await self._looked(port, act, since=since, ours=ours)
        if state is None:
            return True
        journal = await self._store.journaled(act.id)
        moved = {key: value for key, value in mark(state).items() if journal["sent"].get(key) != value}
        if moved or busy(state) or "sent again" in journal:
            raise Stopped(
                phrase(
                    "The bot was restarted while it asked Argo CD, and `{{app}}` has moved on since. Nothing was "
                    "repeated. Look in Argo CD, then ask again.",
                    app=act.app.name,
                ),
                result="unknown",
            )
        if self._clock() - (since + CLOCK_SKEW) > STILL_MEANT:
            raise Stopped(phrase("The bot was away since it was confirmed, which is too long ago. Nothing was sent."))
        return await self._send(port, state, act, telling, step="sent again")

    async def _looked(self, port: GitOps, act: Act, *, since: datetime, ours: Ours) -> AppState | None:
        """The state in which no trace of ours was seen for a while; None once there is one."""
        looks = 0
        while True:
            try:
                state = await port.app(act.app)
            except Refused:
                raise
            except PortError as error:
                log.info("waiting to look whether a request arrived", app=str(act.app), error=str(error))
            else:
                told = progress(state, since=since, ours=ours)
                # right after a POST the last operation's state is absent: that is a trace, too
                if told.stage not in (Stage.NOTHING, Stage.ACCEPTED):
                    return None
                looks = looks + 1 if told.stage is Stage.NOTHING and not state.operation_pending else 0
                if looks >= LOOKS_AFTER_CRASH:
                    return state
            await asyncio.sleep(self._patience.poll_every)

    async def _recognise(self, port: GitOps, act: Act, *, revision: str) -> Ours:
        """How our operation is told from others: a sync by its info; a rollback carries none (design §6)."""
        if act.wanted.verb == SYNC:
            return lambda operation: ("gitops-bot", act.id) in operation.info
        try:
            us = await port.username()
        except Unreachable:
            us = ""

        def ours(operation: Operation) -> bool:
            return (
                not operation.automated
                and not operation.dry_run
                and operation.revision == revision
                and us in ("", operation.initiated_by)
            )

        return ours
