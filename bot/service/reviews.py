"""Plans as people review them: opened by a click, made again for another target, carried out when confirmed.

A confirmation is bound to the plan it was read from. If the Application moved on since, or another target was picked,
the plan is shown anew instead of being carried out.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.core.cards import Button, Note, PlanCard, phrase
from bot.core.incidents import Command, HealthyRevision
from bot.core.plans import ROLLBACK, SYNC, Confirmed, Plan, parse_value, rollback_plan, sync_plan
from bot.core.signals import AppRef
from bot.service.execute import Executor
from bot.service.gather import gather_facts
from bot.service.people import People, title
from bot.service.ports import Chat, GitOps, NotFound, PortError

log = structlog.get_logger(__name__)

CONFIRMED_WITHIN = timedelta(minutes=5)
"""How old a confirmation may be that nothing was done for yet: nobody expects an act of an hour ago now."""

ENDS = {
    "succeeded": "Done, it succeeded.",
    "failed": "It did not succeed.",
}


class Reviews:
    """Opens, renews and carries out plans."""

    def __init__(
        self,
        *,
        chat: Chat,
        people: People,
        gitops: Mapping[str, GitOps],
        executor: Executor,
        deadline: float,
        clock: Callable[[], datetime],
        seen_healthy: Callable[[AppRef], Mapping[int, HealthyRevision]],
    ) -> None:
        self._chat = chat
        self._people = people
        self._gitops = gitops
        self._executor = executor
        self._deadline = deadline
        self._clock = clock
        self._seen_healthy = seen_healthy
        self._choosing: dict[str, str] = {}

    async def open(self, command: Command) -> str:
        """A click on a button that wants a plan."""
        wanted = _parse_button(command.get("value"))
        if wanted is None:
            await self._people.tell(command, Note(headline=phrase("This button is of an older version of the bot.")))
            return "ignored"
        await self._people.permit(command, wanted.verb, wanted.app)
        view = await self._chat.open_plan(command.get("trigger_id"), title=title(wanted))
        if view is None:
            again = Button(action="plan", label="Review plan", value=command.get("value"))
            late = Note(headline=phrase("That took too long for Slack. Try again:"), buttons=(again,))
            await self._people.tell(command, late)
            return "expired"
        try:
            plan = await self._make(wanted, wanted.history_id)
        except PortError as error:
            # else the modal would say «reading» for ever
            unread = phrase("The plan could not be made: {{why}}", why=error)
            await self._chat.show_plan(view, PlanCard(title=title(wanted), outcome=unread))
            return "failed"
        return await self._show(command, view, plan)

    async def choose(self, command: Command) -> str:
        """Another target picked in the modal: its plan, unless a later pick overtook this one."""
        reviewed = parse_value(command.get("value"))
        choice, view = command.get("choice"), command.get("view")
        if reviewed is None or not choice.isdigit() or not view:
            return "ignored"
        self._choosing[view] = command.id
        try:
            await self._people.permit(command, reviewed.verb, reviewed.app)
            plan = await self._make(reviewed, int(choice))
            if self._choosing.get(view) != command.id:
                return "overtaken"
            return await self._show(command, view, plan)
        finally:
            if self._choosing.get(view) == command.id:
                del self._choosing[view]

    async def confirm(self, command: Command) -> str:
        """A confirmed plan: carried out if it still is what was read."""
        confirmed = parse_value(command.get("value"))
        if confirmed is None:
            await self._people.tell(command, Note(headline=phrase("This plan can't be read any more. Open it again.")))
            return "ignored"
        await self._people.permit(command, confirmed.verb, confirmed.app)
        if await self._executor.resumes(command):
            return await self._end(command, confirmed, await self._executor.resume(command, confirmed))
        picked = int(command.get("choice")) if command.get("choice").isdigit() else confirmed.history_id
        plan = await self._make(confirmed, picked)
        if plan.refused:
            await self._refused(command, plan)
            if not await self._people.shown(command, plan.card):
                await self._people.tell(command, Note(headline=plan.card.refusal or phrase("Not possible.")))
            return "refused"
        if self._clock() - command.received_at > CONFIRMED_WITHIN:
            return await self._again(command, plan, "That was confirmed too long ago. Nothing was done.")
        if picked != confirmed.history_id:
            return await self._again(
                command, plan, "You picked another target. Nothing was done yet: this is its plan."
            )
        if plan.digest != confirmed.digest:
            return await self._again(command, plan, "`{{app}}` has moved on since you looked. Nothing was done.")
        return await self._end(command, confirmed, await self._executor.execute(command, plan))

    async def _make(self, wanted: Confirmed, history_id: int | None) -> Plan:
        app = wanted.app
        port = self._gitops.get(app.argocd)
        if port is None:
            raise NotFound(f"No Argo CD {app.argocd!r} is configured.")
        state = await port.app(app)
        facts = await gather_facts(port, state, deadline=self._deadline, history=wanted.verb == ROLLBACK)
        facts = replace(facts, seen_healthy=self._seen_healthy(app))
        if wanted.verb == SYNC:
            return sync_plan(facts, incident=wanted.incident, resources=wanted.resources)
        return rollback_plan(facts, incident=wanted.incident, history_id=history_id)

    async def _show(self, command: Command, view: str, plan: Plan) -> str:
        try:
            await self._chat.show_plan(view, plan.card)
        except NotFound:
            # closed by the person meanwhile, who therefore wants nothing
            return "closed"
        if plan.refused:
            await self._refused(command, plan)
        return "planned"

    async def _refused(self, command: Command, plan: Plan) -> None:
        why = plan.card.refusal.template if plan.card.refusal else ""
        await self._people.audit(command, plan.verb, plan.app, "refused", why=why)

    async def _again(self, command: Command, plan: Plan, why: str) -> str:
        """Show the plan as it is now, to be confirmed anew; in a private message where the modal was closed."""
        await self._people.audit(command, plan.verb, plan.app, "stale")
        said = phrase(why, app=plan.app.name)
        card = replace(plan.card, warnings=(said, *plan.card.warnings))
        if not await self._people.shown(command, card):
            value = "|".join((plan.verb, plan.app.argocd, plan.app.namespace, plan.app.name, plan.incident))
            again = Button(action="plan", label="Review plan", value=value)
            await self._people.tell(command, Note(headline=said, buttons=(again,)))
        return "stale"

    async def _end(self, command: Command, confirmed: Confirmed, result: str) -> str:
        """Say how it ended in the modal, too; and privately where no thread tells it."""
        thread = await self._people.thread_of(confirmed.incident)
        where = "The incident's thread has the steps." if thread else "Argo CD has the details."
        ended = phrase("`{{app}}`: " + ENDS.get(result, result) + " " + where, app=confirmed.app.name)
        if not await self._people.told_in_modal(command, ended) and thread is None:
            await self._people.tell(command, Note(headline=ended))
        return result


def _parse_button(value: str) -> Confirmed | None:
    """What a card's button wants a plan of."""
    parts = value.split("|")
    if len(parts) != 5 or parts[0] not in (SYNC, ROLLBACK):
        return None
    verb, argocd, namespace, name, incident = parts
    app = AppRef(argocd=argocd, namespace=namespace, name=name)
    return Confirmed(verb=verb, app=app, incident=incident, digest="", history_id=None, resources=())
