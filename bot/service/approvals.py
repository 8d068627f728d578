"""A second person's word, where one isn't enough: asked in the thread, given once, by somebody else who may do it too.

The request lives in the journal of the command that asked, so that a restart forgets nothing; whoever decides first,
decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.cards import Button, Note, Phrase, Tone, phrase
from bot.core.incidents import Command
from bot.core.plans import Plan, Wanted, parse_value
from bot.core.states import AppState
from bot.service.people import Denied, People
from bot.service.ports import Chat, Store

ASKED = "asked"
DECIDED = "decided"
SEPARATOR = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was confirmed by a first person, under the command `id`."""

    id: str
    user: str
    name: str
    wanted: Wanted
    until: datetime


class Approvals:
    """Asks, and takes the answer."""

    def __init__(
        self, *, store: Store, chat: Chat, people: People, clock: Callable[[], datetime], within: timedelta
    ) -> None:
        """`within`: how long a request waits for its answer."""
        self._store = store
        self._chat = chat
        self._people = people
        self._clock = clock
        self._within = within

    async def asked(self, command: str) -> bool:
        """Whether this command asked already, before a restart."""
        return ASKED in await self._store.journaled(command)

    async def ask(self, command: Command, plan: Plan, state: AppState) -> Phrase:
        """Ask once, in the thread; returns what to tell the one who confirmed."""
        until = self._clock() + self._within
        noted = {
            "user": command.user,
            "name": command.get("name"),
            "value": plan.wanted.value(),
            "until": until.isoformat(),
        }
        if not await self.asked(command.id):
            await self._people.audit(command, plan.wanted, "approval asked")
        await self._store.journal(command.id, ASKED, noted)
        thread = await self._people.thread_of(plan.wanted.incident)
        root = thread.ts if thread else ""
        if await self._chat.find(_key(command.id), thread=root) is None:
            await self._chat.post_note(root, self._note(command, plan, state, until), key=_key(command.id))
        return phrase(
            "Asked in the channel: a second person who may {{action}} `{{app}}` has to approve until {{until}}.",
            action=plan.wanted.action,
            app=plan.app.name,
            until=f"{until:%H:%M UTC}",
        )

    async def read(self, command: Command) -> Request:
        """The request that a click decides. Raises Denied with the reason why it can't."""
        id_, _, value = command.get("value").partition(SEPARATOR)
        asked = (await self._store.journaled(id_)).get(ASKED) if id_ else None
        wanted = parse_value(str(asked["value"])) if asked else None
        if asked is None or wanted is None or wanted.value() != value:
            raise Denied("This request is no longer known. Whoever wants it has to ask again.")
        request = Request(
            id=id_,
            user=str(asked["user"]),
            name=str(asked["name"]),
            wanted=wanted,
            until=datetime.fromisoformat(str(asked["until"])),
        )
        decided = (await self._store.journaled(id_)).get(DECIDED)
        if decided is not None and decided.get("command") != command.id:
            raise Denied(f"This was {decided.get('what')} by {decided.get('by')} already.")
        if command.user == request.user and command.get("action") == "approve":
            await self._people.audit(command, wanted, "refused", why="nobody approves what they asked for themselves")
            raise Denied("You asked for this yourself: somebody else has to approve it.")
        if self._clock() > request.until:
            await self._show(request, phrase("Nobody approved it in time. Nothing was done."))
            raise Denied("This request has expired. Nothing was done; whoever wants it has to ask again.")
        return request

    async def take(self, command: Command, request: Request) -> None:
        """Approve; only the first one who decides does."""
        by = command.get("name") or command.user
        await self._decide(command, request, "approved")
        await self._people.audit(command, request.wanted, "approved", asked_by=request.user, asked_in=request.id)
        await self._show(request, phrase("Approved by {{by}}. It is carried out now.", by=by))

    async def decline(self, command: Command, request: Request) -> str:
        """Say no; the one who asked may take it back, too."""
        await self._decide(command, request, "declined")
        await self._people.audit(command, request.wanted, "declined", asked_by=request.user, asked_in=request.id)
        by = command.get("name") or command.user
        await self._show(request, phrase("Declined by {{by}}. Nothing was done.", by=by))
        return "declined"

    async def dropped(self, command: Command, request: Request, why: Phrase) -> str:
        """It can't be carried out as it was asked for."""
        await self._decide(command, request, "found stale")
        await self._people.audit(command, request.wanted, "stale", asked_by=request.user, asked_in=request.id)
        told = Phrase(template=why.template + " Nothing was done; ask again.", values=why.values)
        await self._show(request, told)
        await self._people.tell(command, Note(headline=told))
        return "stale"

    async def _decide(self, command: Command, request: Request, what: str) -> None:
        by = command.get("name") or command.user
        await self._store.journal(request.id, DECIDED, {"command": command.id, "by": by, "what": what})
        decided = (await self._store.journaled(request.id))[DECIDED]
        if decided.get("command") != command.id:
            raise Denied(f"This was {decided.get('what')} by {decided.get('by')} already.")

    def _note(self, command: Command, plan: Plan, state: AppState, until: datetime) -> Note:
        value = f"{command.id}{SEPARATOR}{plan.wanted.value()}"
        who = command.get("name") or command.user
        return Note(
            headline=phrase(
                "**{{who}} asks for a second person**: {{title}} `{{app}}`, until {{until}}.",
                who=who,
                title=plan.wanted.title,
                app=plan.app.name,
                until=f"{until:%H:%M UTC}",
            ),
            lines=(
                *plan.card.warnings,
                *plan.card.will,
                *plan.card.changes[:10],
                *plan.card.will_not,
                phrase("Who may approve: {{who}}.", who=self._people.others(plan.wanted, state)),
            ),
            buttons=(
                Button(action="approve", label="Approve", value=value, tone=Tone.DANGER),
                Button(action="decline", label="Decline", value=value),
            ),
            tone=Tone.DANGER,
        )

    async def _show(self, request: Request, outcome: Phrase) -> None:
        """Replace the request by what became of it, so that its buttons are gone."""
        thread = await self._people.thread_of(request.wanted.incident)
        ts = await self._chat.find(_key(request.id), thread=thread.ts if thread else "")
        if ts is None:
            return
        headline = phrase(
            "{{title}} `{{app}}`, asked by {{who}}.",
            title=request.wanted.title,
            app=request.wanted.app.name,
            who=request.name or request.user,
        )
        await self._chat.edit_note(ts, Note(headline=headline, lines=(outcome,)))


def _key(command: str) -> str:
    return f"approval:{command}"
