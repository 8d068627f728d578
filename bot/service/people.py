"""The people who ask: who may act, what they are told and where, and the audit of it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.core.cards import Note, Phrase, PlanCard
from bot.core.incidents import AuditRow, Command, Thread
from bot.core.permission import Person, Policy
from bot.core.plans import Wanted, parse_value
from bot.core.states import AppState
from bot.service.ports import Chat, PortError, Refused, Store

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

MEMBERS_REMEMBERED = timedelta(minutes=1)


class Denied(Exception):
    """This person may not do this; the text says who may."""


class People:
    """Permits, answers and writes down."""

    def __init__(self, *, store: Store, chat: Chat, policy: Policy, clock: Clock) -> None:
        self._store = store
        self._chat = chat
        self._policy = policy
        self._clock = clock
        self._groups: dict[str, tuple[datetime, frozenset[str]]] = {}

    async def permit(self, command: Command, wanted: Wanted, state: AppState) -> None:
        """Raises Denied, audited, unless the person who asks may do this to this Application."""
        if self._policy.permits(Person(user=command.user), wanted.action, state):
            return  # named by id: Slack need not be asked
        try:
            person = await self._person(command.user)
        except PortError as error:
            await self.audit(command, wanted, "refused", why="who this is could not be asked of Slack")
            raise Denied(f"Whether you may do this could not be asked of Slack, so you may not: {error}") from error
        if self._policy.permits(person, wanted.action, state):
            return
        await self.audit(command, wanted, "refused", why=f"not permitted by {self._policy.source}")
        raise Denied(self.who_may(wanted, state))

    def who_may(self, wanted: Wanted, state: AppState) -> str:
        """A refusal that says who could."""
        if not self._policy.rules:
            return "Nobody may act from here yet: set GITOPS_BOT_POLICY__ACTORS."
        who = self._policy.who_may(wanted.action, state)
        if not who:
            return f"Nobody may {wanted.action} {state.ref} from here: no rule of {self._policy.source} allows it."
        return f"You may not do this here ({wanted.action} {state.ref}). These people may: {'; '.join(who)}."

    def others(self, wanted: Wanted, state: AppState) -> str:
        """Everyone who may do this, for people."""
        return "; ".join(self._policy.who_may(wanted.action, state)) or "nobody"

    def second_possible(self, command: Command, wanted: Wanted, state: AppState) -> bool:
        """Whether somebody else than the one who asks could approve it."""
        return self._policy.others_may(command.user, wanted.action, state)

    def needs_second(self, wanted: Wanted, state: AppState) -> bool:
        """Whether somebody else has to approve it."""
        return self._policy.needs_second(wanted.action, state)

    async def audit(self, command: Command, wanted: Wanted, result: str, **detail: str) -> None:
        """Write down who asked for what, and what came of it."""
        noted = {
            "plan": wanted.digest,
            "target": wanted.target,
            "incident": wanted.incident,
            "name": command.get("name"),
        }
        await self._store.audit(
            AuditRow(
                at=self._clock(),
                actor=command.user,
                action=wanted.verb,
                subject=f"{wanted.app.argocd}/{wanted.app}",
                result=result,
                detail=(("command", command.id), *sorted({**noted, **detail}.items())),
            )
        )

    async def audit_other(self, command: Command, action: str, subject: str, result: str) -> None:
        """Write down what changes nothing outside."""
        detail = (("command", command.id), ("name", command.get("name")))
        row = AuditRow(
            at=self._clock(), actor=command.user, action=action, subject=subject, result=result, detail=detail
        )
        await self._store.audit(row)

    async def tell(self, command: Command, note: Note) -> None:
        """Answer the person who asked, where they asked; a failure to do so is logged, the command goes on."""
        if await self.told_in_modal(command, note.headline):
            return
        try:
            if command.kind == "slash" and command.get("response_url"):
                await self._chat.answer(command.get("response_url"), [note], public=False)
            else:
                await self._whisper(command, note)
        except PortError as error:
            log.warning("an answer could not be given", command=command.id, kind=command.kind, error=str(error))

    async def told_in_modal(self, command: Command, outcome: Phrase) -> bool:
        """Say in the modal a command came from what became of it; False when there is none, or it was closed."""
        wanted = parse_value(command.get("value"))
        return wanted is not None and await self.shown(command, PlanCard(title=wanted.title, outcome=outcome))

    async def shown(self, command: Command, plan: PlanCard) -> bool:
        """Show a plan in the modal a command came from; False when there is none, or it was closed."""
        if not command.get("view"):
            return False
        try:
            await self._chat.show_plan(command.get("view"), plan)
        except PortError as error:
            log.info("a modal could not be updated", command=command.id, error=str(error))
            return False
        return True

    async def thread_of(self, incident: str) -> Thread | None:
        """Where an incident is told."""
        return await self._store.thread(incident) if incident else None

    async def _person(self, user: str) -> Person:
        """Who this is, as far as the policy asks."""
        groups = sorted(self._policy.groups)
        members = await asyncio.gather(*map(self._members, groups))
        email = await self._chat.email(user) if self._policy.asks_emails else ""
        inside = frozenset(group for group, users in zip(groups, members, strict=True) if user in users)
        return Person(user=user, groups=inside, email=email.lower())

    async def _members(self, group: str) -> frozenset[str]:
        now = self._clock()
        asked, known = self._groups.get(group, (None, frozenset()))
        if asked is None or now - asked > MEMBERS_REMEMBERED:
            known = await self._chat.members(group)
            self._groups[group] = (now, known)
        return known

    async def _whisper(self, command: Command, note: Note) -> None:
        channel, thread = command.get("channel"), command.get("thread")
        wanted = parse_value(command.get("value"))
        known = await self.thread_of(wanted.incident) if wanted else None
        if known is not None:
            channel, thread = known.channel, known.ts
        if not channel:
            log.warning("nowhere to answer", command=command.id, kind=command.kind)
            return
        try:
            await self._chat.whisper(channel, command.user, note, thread=thread)
        except Refused:
            # a slash command works in channels the bot isn't in, and so do the buttons of its answer
            if not command.get("response_url"):
                raise
            await self._chat.answer(command.get("response_url"), [note], public=False)
