"""Carries out a confirmed plan: journal first, look before acting, follow to the real end, report in the thread."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.board import Board
from bot.core.cards import Phrase, Quote, Tone, phrase
from bot.core.incidents import LIVE, AuditRow, Command, State
from bot.core.operations import Progress, Stage, progress
from bot.core.plans import ROLLBACK, Confirmed, Plan, short
from bot.core.signals import AppRef
from bot.core.states import AppState, Operation
from bot.service.act_report import ActReport
from bot.service.ports import Chat, GitOps, PortError, Refused, Store, SyncRequest, Unreachable
from bot.service.respond import Responder

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

READ_BACK_AFTER = 1.0
"""Seconds until a pause is read back: an ApplicationSet undoes it within half a second (facts §8.1)."""

CLOCK_SKEW = timedelta(seconds=5)
"""How much earlier than our journal an operation of ours may say it started."""

LOOKS_FOR_OURS = 5
"""Readings after a request without an answer, before it counts as never arrived."""


class Stopped(Exception):
    """The act ends here; the phrase says why, and what was and what wasn't done."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(why.template)
        self.why = why


class Executor:
    """Runs plans, one at a time for each Application."""

    def __init__(
        self,
        *,
        store: Store,
        chat: Chat,
        responder: Responder,
        gitops: dict[str, GitOps],
        clock: Clock,
        poll_every: float,
        give_up_after: timedelta,
    ) -> None:
        self._store = store
        self._chat = chat
        self._responder = responder
        self._gitops = gitops
        self._clock = clock
        self._poll_every = poll_every
        self._give_up_after = give_up_after
        self._locks: dict[AppRef, asyncio.Lock] = {}

    async def resumes(self, command: Command) -> bool:
        """Whether this command had begun to act before a restart."""
        return "begun" in await self._store.journaled(command.id)

    async def execute(self, command: Command, plan: Plan) -> str:
        """Carry a plan out to its end; returns succeeded, failed, refused or unknown."""
        confirmed = Confirmed(
            verb=plan.verb,
            app=plan.app,
            incident=plan.incident,
            digest=plan.digest,
            history_id=plan.history_id,
            resources=plan.resources,
        )
        await self._store.journal(
            command.id,
            "begun",
            {"at": self._clock().isoformat(), "pause": plan.pause, "revision": plan.revision, "from": plan.digest},
        )
        await self._audit(command, confirmed, "begun", plan=plan.digest, revision=plan.revision)
        return await self._run(command, confirmed)

    async def resume(self, command: Command, confirmed: Confirmed) -> str:
        """Go on where a restart interrupted: what was sent is looked for, never sent again."""
        return await self._run(command, confirmed)

    async def _run(self, command: Command, confirmed: Confirmed) -> str:
        lock = self._locks.setdefault(confirmed.app, asyncio.Lock())
        telling = ActReport(store=self._store, chat=self._chat, command=command, confirmed=confirmed)
        async with lock:
            await self._mark(confirmed, State.ACTING)
            try:
                result = await self._steps(command, confirmed, telling)
            except Stopped as stopped:
                result = "failed"
                await telling.end(stopped.why, tone=Tone.DANGER)
            except PortError as error:
                result = "failed"
                await telling.end(phrase("Argo CD did not do it: {{why}}", why=error), tone=Tone.DANGER)
            await self._audit(command, confirmed, result)
            await self._mark(confirmed, State.VERIFYING if result == "succeeded" else State.OPEN)
        return result

    async def _steps(self, command: Command, confirmed: Confirmed, telling: ActReport) -> str:
        port = self._gitops[confirmed.app.argocd]
        journal = await self._store.journaled(command.id)
        begun = datetime.fromisoformat(str(journal["begun"]["at"]))
        state = await port.app(confirmed.app)
        if confirmed.verb == ROLLBACK and journal["begun"].get("pause") and "paused" not in journal:
            state = await self._pause(port, state, command, telling)
        if "sent" not in journal:
            await self._store.journal(command.id, "sent", {"at": self._clock().isoformat()})
            try:
                await self._send(port, confirmed, command, state)
            except Unreachable as error:
                await telling.step(phrase("No answer from Argo CD ({{why}}). Looking whether it arrived …", why=error))
            else:
                await self._store.journal(command.id, "accepted", {})
        arrived = "accepted" in await self._store.journaled(command.id)
        return await self._follow(port, confirmed, command, telling, since=begun, arrived=arrived)

    async def _pause(self, port: GitOps, state: AppState, command: Command, telling: ActReport) -> AppState:
        """Switch auto-sync off, by the parent where there is one, and read it back (facts §8.1, §8.24)."""
        app = state.ref
        await self._store.journal(command.id, "pausing", {"auto_sync": state.auto_sync})
        if state.auto_sync:
            try:
                if state.parent is not None:
                    parent = await port.app(state.parent)
                    await port.toggle_auto_sync(app, parent=state.parent, parent_project=parent.project)
                else:
                    await port.set_auto_sync(app, enabled=False, project=state.project)
            except Refused as error:
                raise Stopped(
                    phrase(
                        "Auto-sync of `{{app}}` could not be paused: {{why}}. Nothing was changed. Pause it yourself "
                        "(`argocd app set {{app}} --sync-policy none`), then roll back again.",
                        app=app.name,
                        why=error,
                    )
                ) from error
        await asyncio.sleep(READ_BACK_AFTER)
        after = await port.app(app)
        if after.auto_sync:
            raise Stopped(
                phrase(
                    "Auto-sync of `{{app}}` was paused and something turned it on again at once. Nothing was rolled "
                    "back. Revert in Git instead: `git revert {{revision}}`.",
                    app=app.name,
                    revision=short(state.revision),
                )
            )
        await self._store.journal(command.id, "paused", {"self_heal": state.self_heal})
        await telling.step(phrase("Auto-sync of `{{app}}` is paused.", app=app.name))
        return after

    async def _send(self, port: GitOps, confirmed: Confirmed, command: Command, state: AppState) -> None:
        if state.operation_pending:
            raise Stopped(phrase("Another operation on `{{app}}` began meanwhile.", app=confirmed.app.name))
        if confirmed.verb == ROLLBACK:
            if confirmed.history_id is None:
                raise Stopped(phrase("No history entry was chosen. Nothing was done."))
            await port.rollback(confirmed.app, confirmed.history_id, prune=False, project=state.project)
            return
        info = (("gitops-bot", command.id), ("incident", confirmed.incident or "-"), ("slack-user", command.user))
        await port.sync(confirmed.app, SyncRequest(resources=confirmed.resources, info=info), project=state.project)

    async def _follow(
        self,
        port: GitOps,
        confirmed: Confirmed,
        command: Command,
        telling: ActReport,
        *,
        since: datetime,
        arrived: bool,
    ) -> str:
        """Watch the operation to its real end, then until the comparison after it (facts §2.4)."""
        deadline = self._clock() + self._give_up_after
        unseen = 0
        refreshed = False
        while self._clock() < deadline:
            try:
                state = await port.app(confirmed.app, refresh=refreshed)
            except Unreachable as error:
                await telling.step(phrase("Argo CD can't be read now ({{why}}); still following.", why=error))
                await asyncio.sleep(self._poll_every)
                continue
            refreshed = False
            await self._responder.offer(state)
            told = progress(state, since=since - CLOCK_SKEW, ours=_ours(confirmed, command))
            unseen = unseen + 1 if told.stage is Stage.NOTHING else 0
            if unseen >= LOOKS_FOR_OURS and not arrived:
                raise Stopped(phrase("The request never reached Argo CD; no operation of ours runs. Nothing was done."))
            if told.stage is Stage.FINISHED:
                return await self._report(confirmed, told, state, telling)
            await telling.step(_standing(told))
            refreshed = told.stage is Stage.COMPARING
            await asyncio.sleep(self._poll_every)
        raise Stopped(
            phrase(
                "The operation on `{{app}}` has not ended for {{minutes}} minutes. It goes on in Argo CD; look there.",
                app=confirmed.app.name,
                minutes=int(self._give_up_after.total_seconds() // 60),
            )
        )

    async def _report(self, confirmed: Confirmed, told: Progress, state: AppState, telling: ActReport) -> str:
        app = confirmed.app.name
        if told.phase != "Succeeded":
            quotes = [Quote(label=f"Argo CD, {result.object}", text=result.message) for result in told.failures[:3]]
            await telling.end(
                phrase("The operation {{phase}}: {{said}}", phase=told.phase.lower(), said=told.message),
                quotes=quotes,
                tone=Tone.DANGER,
            )
            return "failed"
        after = phrase(
            "Done. `{{app}}` is now {{sync}} at `{{revision}}`, health {{health}}.",
            app=app,
            sync=state.sync or "not compared",
            revision=short(state.operation.revision if state.operation else state.revision),
            health=state.health or "not known",
        )
        if confirmed.verb == ROLLBACK and not state.auto_sync:
            await telling.step(after)
            after = phrase(
                "Auto-sync of `{{app}}` **stays paused**, and Git still holds the newer commit. Revert it in Git, then "
                "turn auto-sync on again: `argocd app set {{app}} --sync-policy automated`.",
                app=app,
            )
        await telling.end(after, tone=Tone.PRIMARY)
        return "succeeded"

    async def _mark(self, confirmed: Confirmed, state: State) -> None:
        """Show in the incident that someone acts on it."""

        def act(board: Board, now: datetime) -> None:
            incident = board.ledger.incidents.get(confirmed.incident)
            if incident is not None and incident.state in LIVE and incident.posted:
                board.ledger.put_incident(replace(incident, state=state), now=now)

        await self._responder.change(act)

    async def _audit(self, command: Command, confirmed: Confirmed, result: str, **detail: str) -> None:
        await self._store.audit(
            AuditRow(
                at=self._clock(),
                actor=command.user,
                action=confirmed.verb,
                subject=f"{confirmed.app.argocd}/{confirmed.app}",
                result=result,
                detail=(("command", command.id), ("incident", confirmed.incident), *sorted(detail.items())),
            )
        )


def _ours(confirmed: Confirmed, command: Command) -> Callable[[Operation], bool]:
    """How our operation is told from others: a sync by its info; a rollback carries none (design §6)."""
    if confirmed.verb == ROLLBACK:
        return lambda operation: not operation.automated and not operation.dry_run
    return lambda operation: ("gitops-bot", command.id) in operation.info


def _standing(told: Progress) -> Phrase:
    """A followed operation in one sentence."""
    match told.stage:
        case Stage.NOTHING | Stage.ACCEPTED:
            return phrase("Argo CD has it.")
        case Stage.BLOCKED:
            return phrase("A sync window holds it. It can't even be terminated; it goes on when the window opens.")
        case Stage.TERMINATING:
            return phrase("It is being terminated: {{said}}", said=told.message)
        case Stage.COMPARING:
            return phrase("It {{phase}}; waiting for the comparison after it.", phase=told.phase.lower())
        case _:
            return phrase("{{stage}}: {{said}}", stage=str(told.stage), said=told.message or "no message yet")
