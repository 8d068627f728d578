"""What people ask, one durable command each: questions, a click that wants a plan, a confirmation that wants an act.

Everybody who asked gets an answer; a refusal says who may. Nobody's command stops another's.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.core.cards import Button, IncidentCard, Note, StatusCard, Tone, phrase
from bot.core.incidents import AuditRow, Command, HealthyRevision
from bot.core.plans import ROLLBACK, SYNC, Plan, parse_value, rollback_plan, sync_plan
from bot.core.redaction import redact
from bot.core.signals import AppRef
from bot.service.ask import HELP, Asking
from bot.service.execute import Executor
from bot.service.gather import gather_facts
from bot.service.ports import Chat, GitOps, NotFound, PortError, Store

log = structlog.get_logger(__name__)

FINISHED_REMEMBERED = 1_000
"""Commands that ended lately: a list of unfinished ones read before that must not start them again."""

RETRY_FINISH_AFTER = 1.0

Clock = Callable[[], datetime]
Answers = Sequence[IncidentCard | Note | StatusCard]


class Denied(Exception):
    """This person may not do this; the text says who may."""


class Commands:
    """Runs commands as they arrive, and those a crash interrupted."""

    def __init__(
        self,
        *,
        store: Store,
        chat: Chat,
        gitops: dict[str, GitOps],
        asking: Asking,
        executor: Executor,
        actors: frozenset[str],
        clock: Clock,
        deadline: float,
        seen_healthy: Callable[[AppRef], Mapping[int, HealthyRevision]],
    ) -> None:
        self._store = store
        self._chat = chat
        self._gitops = gitops
        self._asking = asking
        self._executor = executor
        self._actors = actors
        self._clock = clock
        self._deadline = deadline
        self._seen_healthy = seen_healthy
        self._running: dict[str, asyncio.Task[None]] = {}
        self._finished: deque[str] = deque(maxlen=FINISHED_REMEMBERED)

    async def resume(self) -> None:
        """Take up what was stored but not finished before a restart."""
        for command in await self._store.commands():
            self.start(command)

    def start(self, command: Command) -> None:
        """Run a stored command; a second start of one that runs, or has run, is ignored."""
        if command.id in self._running or command.id in self._finished:
            return
        task = asyncio.create_task(self._run(command), name=f"command {command.kind}")
        self._running[command.id] = task
        task.add_done_callback(lambda _: self._running.pop(command.id, None))

    async def stop(self) -> None:
        """Cancel what runs; it is taken up at the next start."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, command: Command) -> None:
        try:
            result = await self._handle(command)
        except Denied as refusal:
            result = "refused"
            await self._tell(command, Note(headline=phrase("{{why}}", why=refusal), tone=Tone.DANGER))
        except PortError as error:
            result = "failed"
            log.warning("a command failed", kind=command.kind, error=str(error))
            await self._tell(command, Note(headline=phrase("That didn't work: {{why}}", why=error), tone=Tone.DANGER))
        except Exception:
            # A bug in one command is told to the one who asked and logged for those who can mend it.
            result = "error"
            log.exception("a command broke", kind=command.kind, command=command.id)
            headline = phrase("Something in the bot broke while doing this; its log has command {{id}}.", id=command.id)
            await self._tell(command, Note(headline=headline, tone=Tone.DANGER))
        self._finished.append(command.id)
        await self._finish(command, result)

    async def _finish(self, command: Command, result: str) -> None:
        """Note that it ended; until that is written, a restart would take it up again."""
        while True:
            try:
                return await self._store.finish(command.id, result=result)
            except PortError as error:
                log.error("a command's end could not be written; trying again", command=command.id, error=str(error))
                await asyncio.sleep(RETRY_FINISH_AFTER)

    async def _handle(self, command: Command) -> str:
        match command.kind:
            case "slash" | "mention":
                return await self._question(command)
            case "click" if command.get("action") == "plan":
                return await self._plan(command)
            case "submit":
                return await self._confirmed(command)
            case _:
                return "ignored"

    # -- questions

    async def _question(self, command: Command) -> str:
        verb, _, rest = command.get("text").strip().partition(" ")
        answers: Answers
        match verb.lower():
            case "why" if rest.strip():
                answers = await self._asking.why(redact(rest.strip())[:300])
            case "why":
                answers = [Note(headline=phrase("Which Application? `/gitops why APP`."))]
            case "status":
                answers = [await self._asking.status()]
            case "help" | "":
                answers = [HELP]
            case _:
                answers = [Note(headline=phrase("I don't know `{{verb}}`.", verb=verb[:50])), HELP]
        if command.kind == "mention":
            await self._chat.say_here(command.get("channel"), command.get("thread"), answers)
        else:
            await self._chat.answer(command.get("response_url"), answers, public=False)
        return "answered"

    # -- plans

    async def _plan(self, command: Command) -> str:
        parts = command.get("value").split("|")
        if len(parts) != 5 or parts[0] not in (SYNC, ROLLBACK):
            return "ignored"
        verb, argocd, namespace, name, incident = parts
        app = AppRef(argocd=argocd, namespace=namespace, name=name)
        await self._permit(command, verb, app)
        title = "Sync" if verb == SYNC else "Roll back"
        view = await self._chat.open_plan(command.get("trigger_id"), title=title)
        if view is None:
            again = Button(action="plan", label="Review plan", value=command.get("value"))
            await self._tell(
                command, Note(headline=phrase("That took too long for Slack. Try again:"), buttons=(again,))
            )
            return "expired"
        plan = await self._make_plan(verb, app, incident, None)
        await self._chat.show_plan(view, plan.card)
        if plan.refused and plan.card.refusal is not None:
            await self._audit(command, verb, app, "refused", why=plan.card.refusal.template)
        return "planned"

    async def _confirmed(self, command: Command) -> str:
        confirmed = parse_value(command.get("value"))
        if confirmed is None:
            return "ignored"
        await self._permit(command, confirmed.verb, confirmed.app)
        if await self._executor.resumes(command):
            await self._executor.resume(command, confirmed)
            return "resumed"
        chosen = command.get("choice")
        wanted = int(chosen) if chosen.isdigit() else confirmed.history_id
        plan = await self._make_plan(confirmed.verb, confirmed.app, confirmed.incident, wanted)
        reviewed = plan
        if wanted != confirmed.history_id:
            # Another target was picked in the modal: the state it was made from must still be the same.
            reviewed = await self._make_plan(confirmed.verb, confirmed.app, confirmed.incident, confirmed.history_id)
        if plan.refused and plan.card.refusal is not None:
            await self._audit(command, plan.verb, plan.app, "refused", why=plan.card.refusal.template)
            await self._tell(command, Note(headline=plan.card.refusal, tone=Tone.DANGER), incident=plan.incident)
            return "refused"
        if reviewed.digest != confirmed.digest:
            await self._audit(command, plan.verb, plan.app, "stale")
            value = "|".join((plan.verb, plan.app.argocd, plan.app.namespace, plan.app.name, plan.incident))
            again = Button(action="plan", label="Review plan", value=value)
            headline = phrase("`{{app}}` has moved on since you looked. Nothing was done.", app=plan.app.name)
            await self._tell(command, Note(headline=headline, buttons=(again,)), incident=plan.incident)
            return "stale"
        return await self._executor.execute(command, plan)

    async def _make_plan(self, verb: str, app: AppRef, incident: str, history_id: int | None) -> Plan:
        port = self._gitops.get(app.argocd)
        if port is None:
            raise NotFound(f"No Argo CD {app.argocd!r} is configured.")
        state = await port.app(app)
        facts = await gather_facts(port, state, deadline=self._deadline, history=verb == ROLLBACK)
        facts = replace(facts, seen_healthy=self._seen_healthy(app))
        if verb == SYNC:
            return sync_plan(facts, incident=incident)
        return rollback_plan(facts, incident=incident, history_id=history_id)

    # -- people

    async def _permit(self, command: Command, verb: str, app: AppRef) -> None:
        if command.user in self._actors:
            return
        await self._audit(command, verb, app, "refused", why="not in POLICY__ACTORS")
        if not self._actors:
            raise Denied("Nobody may act from here yet: set GITOPS_BOT_POLICY__ACTORS.")
        who = ", ".join(f"@{actor}" for actor in sorted(self._actors))
        raise Denied(f"You may not do this here. These people may: {who}.")

    async def _audit(self, command: Command, verb: str, app: AppRef, result: str, **detail: str) -> None:
        await self._store.audit(
            AuditRow(
                at=self._clock(),
                actor=command.user,
                action=verb,
                subject=f"{app.argocd}/{app}",
                result=result,
                detail=(("command", command.id), *sorted(detail.items())),
            )
        )

    async def _tell(self, command: Command, note: Note, *, incident: str = "") -> None:
        """Answer the person who asked, where they asked; a failure to do so is logged, the command goes on."""
        channel, thread = command.get("channel"), command.get("thread")
        if not channel and incident:
            known = await self._store.thread(incident)
            channel, thread = (known.channel, known.ts) if known else ("", "")
        try:
            if command.kind == "slash" and command.get("response_url"):
                await self._chat.answer(command.get("response_url"), [note], public=False)
            elif channel:
                await self._chat.whisper(channel, command.user, note, thread=thread)
            else:
                log.warning("nowhere to answer", command=command.id, kind=command.kind)
        except PortError as error:
            log.warning("an answer could not be given", command=command.id, error=str(error))
