"""The people who ask: who may act, what they are told and where, and the audit of it."""

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.core.cards import Note, Phrase, PlanCard
from bot.core.incidents import AuditRow, Command, Thread
from bot.core.plans import ROLLBACK, Confirmed, parse_value
from bot.core.signals import AppRef
from bot.service.ports import Chat, PortError, Refused, Store

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


class Denied(Exception):
    """This person may not do this; the text says who may."""


class People:
    """Permits, answers and writes down."""

    def __init__(self, *, store: Store, chat: Chat, actors: frozenset[str], clock: Clock) -> None:
        self._store = store
        self._chat = chat
        self._actors = actors
        self._clock = clock

    async def permit(self, command: Command, verb: str, app: AppRef) -> None:
        """Raises Denied, audited, unless the person who asks may act."""
        if command.user in self._actors:
            return
        await self.audit(command, verb, app, "refused", why="not in POLICY__ACTORS")
        if not self._actors:
            raise Denied("Nobody may act from here yet: set GITOPS_BOT_POLICY__ACTORS.")
        who = ", ".join(f"@{actor}" for actor in sorted(self._actors))
        raise Denied(f"You may not do this here. These people may: {who}.")

    async def audit(self, command: Command, verb: str, app: AppRef, result: str, **detail: str) -> None:
        """Write down who asked for what, and what came of it."""
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
        confirmed = parse_value(command.get("value"))
        return confirmed is not None and await self.shown(command, PlanCard(title=title(confirmed), outcome=outcome))

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

    async def _whisper(self, command: Command, note: Note) -> None:
        channel, thread = command.get("channel"), command.get("thread")
        confirmed = parse_value(command.get("value"))
        known = await self.thread_of(confirmed.incident) if confirmed else None
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


def title(confirmed: Confirmed) -> str:
    """The title of a plan's modal."""
    return "Roll back" if confirmed.verb == ROLLBACK else "Sync"
