"""What people type: `/gitops …`, or the same words said to the bot. Acting words open the plan that a button opens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.core.board import Board
from bot.core.cards import Button, IncidentCard, Note, Phrase, StatusCard, Tone, phrase
from bot.core.incidents import LIVE, Command, Effect, EffectKind, Incident, State
from bot.core.plans import PAUSE, REFRESH, RESTART, RESTORE, ROLLBACK, SYNC, TERMINATE, Facts, Wanted, rollback_target
from bot.core.plans.diff import difference, told
from bot.core.plans.wording import deployment
from bot.core.redaction import redact
from bot.core.signals import AppRef
from bot.core.states import AppState
from bot.service import debts as owed
from bot.service.ask import HELP, Asking
from bot.service.debts import Debts
from bot.service.gather import Gatherer
from bot.service.people import People
from bot.service.ports import Chat, GitOps, NotFound
from bot.service.respond import Responder
from bot.service.reviews import Reviews

log = structlog.get_logger(__name__)

Answers = Sequence[IncidentCard | Note | StatusCard]

VERBS: Mapping[str, str] = {
    "sync": SYNC,
    "rollback": ROLLBACK,
    "terminate": TERMINATE,
    "refresh": REFRESH,
    "restart": RESTART,
    "pause": PAUSE,
    "restore": RESTORE,
}
ABOUT_APPS = ("why", "history", "diff", "ack", *VERBS)
LONGEST = 300


class Words:
    """Answers what was typed."""

    def __init__(
        self,
        *,
        chat: Chat,
        people: People,
        asking: Asking,
        reviews: Reviews,
        gatherer: Gatherer,
        gitops: Mapping[str, GitOps],
        debts: Debts,
        responder: Responder,
        clock: Callable[[], datetime],
    ) -> None:
        self._chat = chat
        self._people = people
        self._asking = asking
        self._reviews = reviews
        self._gatherer = gatherer
        self._gitops = gitops
        self._debts = debts
        self._responder = responder
        self._clock = clock

    async def answer(self, command: Command) -> str:
        """Answer the one who typed; an acting word opens its plan instead."""
        word, _, rest = redact(command.get("text").strip())[:LONGEST].partition(" ")
        word, name, *more = (word.lower(), *rest.split()) if rest.strip() else (word.lower(), "")
        if word in ABOUT_APPS and not name:
            return await self._say(
                command, [Note(headline=phrase("Which Application? `/gitops {{word}} APP`.", word=word))]
            )
        if word in VERBS or word in ("ack", "history", "diff"):
            app = self._asking.named(name)
            if app is None:
                return await self._say(command, self._asking.no_one(name))
            return await self._about(command, word, app, more[0] if more else "")
        return await self._say(command, await self._told(command, word, rest.strip()))

    async def share(self, command: Command) -> str:
        """Give everybody in the channel the answer, read anew, that one person got."""
        answers = await self._asking.why(command.get("value"))
        await self._chat.answer(command.get("response_url"), answers, public=True)
        return "shared"

    async def _told(self, command: Command, word: str, rest: str) -> Answers:
        match word:
            case "why":
                return await self._why(command, rest)
            case "status":
                return [await self._asking.status()]
            case "debts":
                return [await self._owed()]
            case "help" | "":
                return [HELP]
            case _:
                return [Note(headline=phrase("I don't know `{{word}}`.", word=word[:50])), HELP]

    async def _about(self, command: Command, word: str, app: AppRef, picked: str) -> str:
        if word == "ack":
            return await self._acknowledge(command, app)
        if word == "history":
            return await self._say(command, [await self._history(app)])
        if word == "diff":
            return await self._say(command, [await self._diff(app, picked)])
        wanted = Wanted(verb=VERBS[word], app=app, incident=self._incident_of(app))
        if picked:
            chosen = wanted.picked(picked)
            if chosen is None:
                why = phrase("`{{picked}}` is nothing that `{{word}}` takes.", picked=picked, word=word)
                return await self._say(command, [Note(headline=why), HELP])
            wanted = chosen
        return await self._reviews.open(command, wanted)

    async def _why(self, command: Command, name: str) -> Answers:
        """Why an Application is not well; an answer that only one person sees can be shared."""
        answers = list(await self._asking.why(name))
        app = self._asking.named(name)
        if command.kind == "slash" and app is not None:
            share = Button(action="share", label="Share to channel", value=f"{app.argocd}/{app}")
            answers.append(Note(headline=phrase("Only you see this."), buttons=(share,)))
        return answers

    async def _owed(self) -> Note:
        standing = await self._debts.standing()
        if not standing:
            return Note(headline=phrase("No debts: nothing that this bot paused is still paused."))
        apps, now = self._responder.board.known_apps(), self._clock()
        return Note(
            headline=phrase("**{{count}} paused by this bot and not restored**", count=len(standing)),
            lines=tuple(owed.line(debt, apps.get(debt.app), now) for debt in standing),
            buttons=tuple(owed.restore_button(debt) for debt in standing[:10]),
        )

    async def _history(self, app: AppRef) -> Note:
        """Deployments, newest first, and which one a rollback would take."""
        facts = await self._facts(app, Wanted(verb=ROLLBACK, app=app))
        state = facts.state
        target = rollback_target(state, facts.seen_healthy)
        lines = []
        for entry in reversed(state.history):
            seen = facts.seen_healthy.get(entry.id)
            healthy = " Seen Healthy." if seen is not None and seen.revision == entry.revision else ""
            chosen = " **A rollback proposes this one.**" if target is not None and entry.id == target.id else ""
            told_so = deployment("{{id}}", entry, facts.revisions)
            lines.append(Phrase(template=told_so.template + healthy + chosen, values=told_so.values))
        headline = (
            phrase("History of `{{app}}`, newest first", app=app)
            if lines
            else phrase("`{{app}}` has no history.", app=app)
        )
        return Note(headline=headline, lines=tuple(lines))

    async def _diff(self, app: AppRef, picked: str) -> Note:
        """What a sync would change; with a history id, what a rollback to it would."""
        wanted = Wanted(verb=ROLLBACK, app=app).picked(picked) if picked else Wanted(verb=SYNC, app=app)
        if wanted is None:
            return Note(
                headline=phrase(
                    "`{{picked}}` is no history id. `/gitops history {{app}}` lists them.", picked=picked, app=app.name
                )
            )
        facts = await self._facts(app, wanted)
        where = facts.state.destination_namespace
        if facts.managed is None:
            return Note(headline=phrase("What runs of `{{app}}` could not be read.", app=app), tone=Tone.DANGER)
        if picked and facts.manifests is None:
            why = facts.unrendered or f"it has no history entry {picked}"
            return Note(
                headline=phrase("That deployment of `{{app}}` can't be rendered: {{why}}", app=app, why=why),
                tone=Tone.DANGER,
            )
        manifests = facts.manifests if picked else [item.target for item in facts.managed if item.target]
        what = (
            "History entry {{picked}} of `{{app}}` against what runs"
            if picked
            else "Git's state of `{{app}}` against what runs"
        )
        lines = tuple(told(difference(manifests or (), facts.managed, namespace=where)))
        return Note(headline=phrase(what, app=app, picked=picked), lines=lines)

    async def _acknowledge(self, command: Command, app: AppRef) -> str:
        """Somebody looks after the open incidents of an Application: said in their threads."""
        open_ones = [item for item in self._live(app) if item.state is State.OPEN]
        if not open_ones:
            return await self._say(
                command, [Note(headline=phrase("`{{app}}` has no open incident to acknowledge.", app=app))]
            )
        who = command.get("name") or command.user

        def change(board: Board, now: datetime) -> None:
            for found in open_ones:
                incident = board.ledger.incidents.get(found.id)
                if incident is None or incident.state is not State.OPEN:
                    continue
                board.ledger.put_incident(replace(incident, state=State.ACKNOWLEDGED), now=now)
                key = f"note:{incident.id}:acknowledged:{command.id}"
                board.ledger.effect(
                    Effect(
                        kind=EffectKind.NOTE, incident=incident.id, key=key, note="acknowledged", values=(("who", who),)
                    )
                )

        await self._responder.change(change)
        for incident in open_ones:
            await self._people.audit_other(command, "incident.acknowledge", incident.id, "succeeded")
        count = len(open_ones)
        return await self._say(
            command, [Note(headline=phrase("Acknowledged: {{count}} of `{{app}}`.", count=count, app=app))]
        )

    async def _facts(self, app: AppRef, wanted: Wanted) -> Facts:
        port = self._gitops.get(app.argocd)
        if port is None:
            raise NotFound(f"No Argo CD {app.argocd!r} is configured.")
        state: AppState = await port.app(app)
        return await self._gatherer.facts(state, wanted)

    def _incident_of(self, app: AppRef) -> str:
        """The incident that an act on an Application belongs to, where that is clear."""
        live = self._live(app)
        return live[0].id if len(live) == 1 else ""

    def _live(self, app: AppRef) -> list[Incident]:
        found = self._responder.board.ledger.live_of_apps([str(app)])
        return [item for item in found if item.posted and item.state in LIVE]

    async def _say(self, command: Command, answers: Answers) -> str:
        if command.kind == "mention":
            await self._chat.say_here(command.get("channel"), command.get("thread"), answers)
        else:
            await self._chat.answer(command.get("response_url"), answers, public=False)
        return "answered"
