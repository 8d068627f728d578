"""Carries out a confirmed plan: journal first, look before acting, send once, follow to the real end, report."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.acts import Act
from bot.core.board import Board
from bot.core.cards import Phrase, Tone, phrase
from bot.core.incidents import LIVE, AuditRow, State
from bot.core.operations import mark
from bot.core.plans import PAUSE, REFRESH, RESTART, RESTORE, ROLLBACK, SYNC, TERMINATE, Plan, parse_value
from bot.core.states import AppState
from bot.service.act_report import ActReport
from bot.service.auto_sync import AutoSync
from bot.service.debts import Debts
from bot.service.follow import Follower, Patience
from bot.service.operate import STILL_MEANT, Operations
from bot.service.outcome import Explain, failure, success
from bot.service.ports import Chat, GitOps, PortError, Refused, Store
from bot.service.respond import Responder
from bot.service.stopped import Stopped
from bot.service.workloads import restart

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Journal = Mapping[str, Mapping[str, object]]

VERIFIED = (SYNC, ROLLBACK, RESTART, RESTORE)
"""Verbs after which the incident's own signals say whether it helped."""


class Executor:
    """Runs acts, one at a time for each Application; only a termination may cut in."""

    def __init__(
        self,
        *,
        store: Store,
        chat: Chat,
        responder: Responder,
        gitops: Mapping[str, GitOps],
        debts: Debts,
        explain: Explain,
        clock: Clock,
        patience: Patience,
        bake: timedelta,
    ) -> None:
        self._store = store
        self._chat = chat
        self._responder = responder
        self._gitops = gitops
        self._explain = explain
        self._clock = clock
        self._bake = bake
        self._auto_sync = AutoSync(store=store, debts=debts)
        self._follower = Follower(responder=responder, clock=clock, patience=patience)
        self._operations = Operations(store=store, follower=self._follower, clock=clock, patience=patience)
        self._locks: dict[str, asyncio.Lock] = {}

    async def resumes(self, command: str) -> bool:
        """Whether this command had begun to act before a restart."""
        return "begun" in await self._store.journaled(command)

    async def execute(self, act: Act, plan: Plan, *, seen: AppState) -> str:
        """Carry a plan out to its end; returns succeeded, failed or unknown. Refused while another act is under way.

        `seen` is the state that the plan was made from.
        """
        act = replace(act, wanted=plan.wanted)
        lock = self._lock(act)
        if lock.locked():
            await self._audit(act, "refused", why="another act is under way")
            raise Refused(f"another action on {act.app.name} is being carried out from here; wait for its end")
        async with lock:
            await self._begin(act, plan, seen)
            return await self._run(act)

    async def _begin(self, act: Act, plan: Plan, seen: AppState) -> None:
        """Write down what is about to be done, before anything is: the audit first, as the journal lets it go on."""
        await self._audit(act, "begun", revision=plan.revision, risk=str(plan.risk))
        await self._store.journal(
            act.id,
            "begun",
            {
                "at": self._clock().isoformat(),
                "value": act.wanted.value(),
                "pause": plan.pause,
                "revision": plan.revision,
                "left": plan.left,
                "by": act.by,
                "name": act.name,
                "approved_by": act.approved_by,
                "thread": act.thread,
                "mark": mark(seen),
            },
        )

    async def resume(self, command: str) -> str:
        """Go on where a restart interrupted: what may have been sent is looked for first."""
        begun = (await self._store.journaled(command))["begun"]
        wanted = parse_value(str(begun["value"]))
        if wanted is None:
            raise Refused("what was begun before the restart can't be read any more; look in Argo CD")
        told = {name: str(begun.get(name, "")) for name in ("by", "name", "approved_by", "thread")}
        act = Act(id=command, wanted=wanted, **told)
        async with self._lock(act):
            return await self._run(act)

    async def _run(self, act: Act) -> str:
        """Do it, once: how it ended is noted, so that a restart after its end doesn't look a second time."""
        journal = await self._store.journaled(act.id)
        if "ended" in journal:
            result = str(journal["ended"]["result"])
        else:
            await self._mark(act, State.ACTING)
            result = await self._told(act)
            await self._store.journal(act.id, "ended", {"result": result})
        if "audited" not in journal:
            await self._audit(act, result)
            await self._store.journal(act.id, "audited", {})
        verifies = result == "succeeded" and act.wanted.verb in VERIFIED
        await self._mark(act, State.VERIFYING if verifies else State.OPEN)
        return result

    async def _told(self, act: Act) -> str:
        """Its steps, with their end told whatever it is."""
        telling = ActReport(store=self._store, chat=self._chat, act=act)
        try:
            return await self._steps(act, telling)
        except Stopped as stopped:
            await telling.end(stopped.why, tone=Tone.DANGER)
            return stopped.result
        except PortError as error:
            await telling.end(phrase("Argo CD did not do it: {{why}}", why=error), tone=Tone.DANGER)
            return "failed"

    async def _steps(self, act: Act, telling: ActReport) -> str:
        port = self._gitops[act.app.argocd]
        journal = await self._store.journaled(act.id)
        begun = journal["begun"]
        state = await port.app(act.app)
        begun_at = datetime.fromisoformat(str(begun["at"]))
        if "sent" not in journal and self._clock() - begun_at > STILL_MEANT:
            raise Stopped(_too_late(act, paused=not state.auto_sync and "pausing" in journal))
        match act.wanted.verb:
            case verb if verb in (SYNC, ROLLBACK):
                if begun.get("pause") and "paused" not in journal:
                    state = await self._auto_sync.pause(port, state, act, telling, left=str(begun.get("left", "")))
                told, state = await self._operations.carry_out(port, state, act, telling)
                if told.phase != "Succeeded":
                    return await failure(act, told, state, telling, self._explain)
                return await success(act, told, state, telling, bake=self._bake)
            case verb if verb == TERMINATE:
                await self._operations.terminate(port, state, act, telling)
                state = await self._follower.settled(port, act, telling)
                said = state.operation.message if state.operation else "it is gone"
                return await _done(telling, phrase("The operation ended: {{said}}", said=said))
            case verb if verb == PAUSE:
                await self._auto_sync.pause(port, state, act, telling, left="")
                return await _done(telling, phrase("It **stays paused**; you are reminded. `/gitops debts` lists it."))
            case verb if verb == RESTORE:
                after = await self._auto_sync.restore(port, state, act, telling)
                await self._responder.offer(after)
                return await _done(telling, phrase("Argo CD deploys what Git holds from now on."))
            case verb if verb == REFRESH:
                after = await port.refresh_hard(act.app, project=state.project)
                await self._responder.offer(after)
                line = phrase(
                    "Compared anew: {{sync}}, {{health}}.", sync=after.sync, health=after.health or "no health"
                )
                return await _done(telling, line)
            case verb if verb == RESTART:
                return await _done(telling, await restart(self._store, port, state, act, telling))
            case verb:
                raise Stopped(phrase("The bot doesn't know how to {{verb}}.", verb=verb))

    def _lock(self, act: Act) -> asyncio.Lock:
        """One for each Application, and another one for its terminations."""
        name = f"{act.app.argocd}/{act.app}" + ("!" if act.wanted.verb == TERMINATE else "")
        return self._locks.setdefault(name, asyncio.Lock())

    async def _mark(self, act: Act, state: State) -> None:
        """Show in the incident that someone acts on it."""
        if act.wanted.verb == TERMINATE:
            return

        def change(board: Board, now: datetime) -> None:
            incident = board.ledger.incidents.get(act.wanted.incident)
            if incident is not None and incident.state in LIVE and incident.posted:
                board.ledger.put_incident(replace(incident, state=state), now=now)

        await self._responder.change(change)

    async def _audit(self, act: Act, result: str, **detail: str) -> None:
        wanted = act.wanted
        noted = {
            "incident": wanted.incident,
            "plan": wanted.digest,
            "target": wanted.target,
            "objects": ", ".join(map(str, wanted.resources)),
            "name": act.name,
            "approved_by": act.approved_by,
            **detail,
        }
        await self._store.audit(
            AuditRow(
                at=self._clock(),
                actor=act.by,
                action=wanted.verb,
                subject=f"{act.app.argocd}/{act.app}",
                result=result,
                detail=(("command", act.id), *sorted(noted.items())),
            )
        )


def _too_late(act: Act, *, paused: bool) -> Phrase:
    off = " Auto-sync is paused already: restore it, or ask again." if paused else ""
    return phrase(
        "The bot was away between the confirmation and the request to Argo CD, and that was too long ago: nothing "
        "was sent for `{{app}}`." + off,
        app=act.app.name,
    )


async def _done(telling: ActReport, line: Phrase) -> str:
    await telling.end(line, tone=Tone.PRIMARY)
    return "succeeded"
