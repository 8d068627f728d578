"""Plans as people review them: opened by a click or a command, made anew for another target, carried out on a word.

A confirmation is bound to the plan it was read from. If the Application moved on since, or another target was picked,
the plan is shown anew instead of being carried out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.acts import Act
from bot.core.cards import Button, Note, PlanCard, phrase
from bot.core.incidents import Command
from bot.core.plans import Plan, Risk, Wanted, make_plan, parse_value
from bot.core.signals import AppRef
from bot.core.states import AppState
from bot.service.approvals import Approvals
from bot.service.execute import Executor
from bot.service.gather import Gatherer
from bot.service.people import People
from bot.service.ports import Chat, GitOps, NotFound, PortError

log = structlog.get_logger(__name__)

CONFIRMED_WITHIN = timedelta(minutes=5)
"""How old a confirmation may be that nothing was done for yet: nobody expects an act of an hour ago now."""

ENDS = {
    "succeeded": "Done, it succeeded.",
    "failed": "It did not succeed.",
    "unknown": "How it ended isn't known.",
}
OLD_BUTTON = phrase("This button is of an older version of the bot. Use a newer message's, or `/gitops help`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A plan as it is now, with the state it was made from. `second`: somebody else has to approve it, too."""

    plan: Plan
    state: AppState
    second: bool = False


class Reviews:
    """Opens, renews and carries out plans."""

    def __init__(
        self,
        *,
        chat: Chat,
        people: People,
        gitops: Mapping[str, GitOps],
        apps: Callable[[], Mapping[AppRef, AppState]],
        gatherer: Gatherer,
        executor: Executor,
        approvals: Approvals,
        clock: Callable[[], datetime],
    ) -> None:
        self._chat = chat
        self._people = people
        self._gitops = gitops
        self._apps = apps
        self._gatherer = gatherer
        self._executor = executor
        self._approvals = approvals
        self._clock = clock
        self._choosing: dict[str, str] = {}

    async def click(self, command: Command) -> str:
        """A click on a button that wants a plan."""
        wanted = parse_value(command.get("value"))
        if wanted is None:
            await self._people.tell(command, Note(headline=OLD_BUTTON))
            return "ignored"
        return await self.open(command, wanted.unread)

    async def open(self, command: Command, wanted: Wanted) -> str:
        """Show the plan of what is wanted in a modal, which opens at once and is filled when the plan is made."""
        known = self._apps().get(wanted.app) or await self._port(wanted.app).app(wanted.app)
        await self._people.permit(command, wanted, known)
        again = Button(action="plan", label="Review plan", value=wanted.value())
        if not command.get("trigger_id"):
            # a mention opens no modal; a click does
            name = f"{wanted.title} {wanted.app.name}"
            note = Note(
                headline=phrase("**{{what}}**: read the plan before anything is done.", what=name), buttons=(again,)
            )
            await self._chat.say_here(command.get("channel"), command.get("thread"), [note])
            return "answered"
        view = await self._chat.open_plan(command.get("trigger_id"), title=wanted.title)
        if view is None:
            late = Note(headline=phrase("That took too long for Slack. Try again:"), buttons=(again,))
            await self._people.tell(command, late)
            return "expired"
        try:
            review = await self.make(wanted)
        except PortError as error:
            # else the modal would say «reading» for ever
            unread = phrase("The plan could not be made: {{why}}", why=error)
            await self._chat.show_plan(view, PlanCard(title=wanted.title, outcome=unread))
            return "failed"
        return await self._show(command, view, review)

    async def choose(self, command: Command) -> str:
        """Another target picked in the modal: its plan, unless a later pick overtook this one."""
        reviewed, view = parse_value(command.get("value")), command.get("view")
        picked = reviewed.picked(command.get("choice")) if reviewed else None
        if picked is None or not view:
            return "ignored"
        self._choosing[view] = command.id
        try:
            review = await self.make(picked)
            await self._people.permit(command, picked, review.state)
            if self._choosing.get(view) != command.id:
                return "overtaken"
            return await self._show(command, view, review)
        finally:
            if self._choosing.get(view) == command.id:
                del self._choosing[view]

    async def confirm(self, command: Command) -> str:
        """A confirmed plan: carried out if it still is what was read."""
        confirmed = parse_value(command.get("value"))
        if confirmed is None or not confirmed.digest:
            await self._people.tell(command, Note(headline=phrase("This plan can't be read any more. Open it again.")))
            return "ignored"
        if await self._executor.resumes(command.id):
            return await self._end(command, confirmed, await self._executor.resume(command.id))
        choice = command.get("choice")
        picked = (confirmed.picked(choice) if choice else confirmed) or confirmed
        review = self._with_second(command, await self.make(picked))
        plan = review.plan
        await self._people.permit(command, plan.wanted, review.state)
        if await self._approvals.asked(command.id):
            return await self._wait_for_second(command, review)
        if plan.refused:
            await self._refused(command, plan)
            if not await self._people.shown(command, plan.card):
                await self._people.tell(command, Note(headline=plan.card.refusal or phrase("Not possible.")))
            return "refused"
        stale = self._stale(command, plan, confirmed, picked)
        if stale:
            return await self._again(command, plan, stale)
        if review.second:
            return await self._wait_for_second(command, review)
        act = Act(id=command.id, wanted=confirmed, by=command.user, name=command.get("name"))
        return await self._end(command, confirmed, await self._executor.execute(act, plan, seen=review.state))

    async def approve(self, command: Command) -> str:
        """The second person's word: the plan is carried out if it still is what the first one confirmed."""
        if await self._executor.resumes(command.id):
            return await self._executor.resume(command.id)
        request = await self._approvals.read(command)
        review = await self.make(request.wanted)
        await self._people.permit(command, request.wanted, review.state)
        plan = review.plan
        if plan.refused or plan.digest != request.wanted.digest:
            why = plan.card.refusal or phrase("`{{app}}` has moved on since it was asked.", app=request.wanted.app.name)
            return await self._approvals.dropped(command, request, why)
        await self._approvals.take(command, request)
        act = Act(
            id=command.id,
            wanted=request.wanted,
            by=request.user,
            name=request.name,
            approved_by=command.get("name") or command.user,
        )
        return await self._executor.execute(act, plan, seen=review.state)

    async def decline(self, command: Command) -> str:
        """The second person's no, or the first one's change of mind."""
        request = await self._approvals.read(command)
        if command.user != request.user:
            app = request.wanted.app
            state = self._apps().get(app) or await self._port(app).app(app)
            await self._people.permit(command, request.wanted, state)
        return await self._approvals.decline(command, request)

    async def make(self, wanted: Wanted) -> Review:
        """The plan as it is now."""
        state = await self._port(wanted.app).app(wanted.app)
        facts = await self._gatherer.facts(state, wanted)
        return Review(plan=make_plan(facts, wanted.unread), state=state)

    def _stale(self, command: Command, plan: Plan, confirmed: Wanted, picked: Wanted) -> str:
        """Why what was confirmed isn't what is planned now; empty where it is."""
        if self._clock() - command.received_at > CONFIRMED_WITHIN:
            return "That was confirmed too long ago. Nothing was done."
        if picked != confirmed:
            return "You picked another target. Nothing was done yet: this is its plan."
        return "" if plan.digest == confirmed.digest else "`{{app}}` has moved on since you looked. Nothing was done."

    def _port(self, app: AppRef) -> GitOps:
        port = self._gitops.get(app.argocd)
        if port is None:
            raise NotFound(f"No Argo CD {app.argocd!r} is configured.")
        return port

    def _with_second(self, command: Command, review: Review) -> Review:
        """The plan with what a second person's approval changes in it; without anyone to give it, it is refused."""
        plan, state = review.plan, review.state
        if plan.refused or not (plan.risk is Risk.HIGH or self._people.needs_second(plan.wanted, state)):
            return review
        if self._people.second_possible(command, plan.wanted, state):
            told = phrase("**A second person has to approve this**: after you confirm, it is asked in the channel.")
            card = replace(plan.card, warnings=(told, *plan.card.warnings), confirm="Ask for approval")
            return replace(review, plan=replace(plan, card=card), second=True)
        refusal = phrase(
            "A second person has to approve this, and nobody else may {{action}} `{{app}}` from here. Let the policy "
            "name somebody (docs/actions.md), or do it by hand as below.",
            action=plan.wanted.action,
            app=plan.app.name,
        )
        return replace(review, plan=replace(plan, card=replace(plan.card, refusal=refusal)))

    async def _wait_for_second(self, command: Command, review: Review) -> str:
        told = await self._approvals.ask(command, review.plan, review.state)
        if not await self._people.told_in_modal(command, told):
            await self._people.tell(command, Note(headline=told))
        return "waiting for a second person"

    async def _show(self, command: Command, view: str, review: Review) -> str:
        plan = self._with_second(command, review).plan
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
        await self._people.audit(command, plan.wanted, "refused", why=why)

    async def _again(self, command: Command, plan: Plan, why: str) -> str:
        """Show the plan as it is now, to be confirmed anew; in a private message where the modal was closed."""
        await self._people.audit(command, plan.wanted, "stale", why=why)
        said = phrase(why, app=plan.app.name)
        card = replace(plan.card, warnings=(said, *plan.card.warnings))
        if not await self._people.shown(command, card):
            again = Button(action="plan", label="Review plan", value=plan.wanted.unread.value())
            await self._people.tell(command, Note(headline=said, buttons=(again,)))
        return "stale"

    async def _end(self, command: Command, wanted: Wanted, result: str) -> str:
        """Say how it ended in the modal, too; and privately where no thread tells it."""
        ended = phrase("`{{app}}`: " + ENDS.get(result, result) + " The channel has the steps.", app=wanted.app.name)
        thread = await self._people.thread_of(wanted.incident)
        if not await self._people.told_in_modal(command, ended) and thread is None:
            await self._people.tell(command, Note(headline=ended))
        return result
