"""Answers on demand: `why APP`, `status`, `help`. Reads fresh, asks for proof, says what could not be read."""

import asyncio
import difflib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.core.cards import IncidentCard, Note, Phrase, StatusCard, Tone, phrase
from bot.core.entries import GENERIC
from bot.core.findings import SEVERITIES
from bot.core.incidents import LIVE, Incident, State
from bot.core.observation import failed_attempt
from bot.core.plans import short
from bot.core.signals import AppRef
from bot.core.states import AppState
from bot.service.look_beneath import look_beneath
from bot.service.ports import GitOps, Health, PortError, Readiness
from bot.service.respond import Responder

STATUS_LINES = 25
Answer = IncidentCard | Note | StatusCard

HELP = Note(
    headline=phrase("**GitOps responder** — what you can ask"),
    lines=(
        phrase(
            "`/gitops why APP` — why an Application is not well, with the proof. APP is its name or `namespace/name`."
        ),
        phrase("`/gitops status` — open incidents, most severe first, and what the bot can't see right now."),
        phrase("`/gitops history APP` — its deployments, and which one a rollback would take."),
        phrase("`/gitops diff APP [ID]` — what a sync would change; with a history id, what a rollback to it would."),
        phrase("`/gitops ack APP` — you look after its open incidents; their threads say so."),
        phrase("`/gitops debts` — what this bot paused and nobody restored."),
        phrase(
            "`/gitops sync APP [out-of-sync|dry-run|prune]`, `rollback APP [ID]`, `terminate`, `refresh`, `restart`, "
            "`pause`, `restore` — the plan first, then your confirmation. Nothing is done before it."
        ),
        phrase("`/gitops help` — this."),
    ),
)


class Asking:
    """Answers questions about Applications from the board, after a fresh reading."""

    def __init__(
        self,
        *,
        responder: Responder,
        gitops: Mapping[str, GitOps],
        readiness: Readiness,
        card: Callable[[Incident], Awaitable[IncidentCard]],
        investigate: Callable[[Incident], Awaitable[Incident]],
        deadline: float,
        link: Callable[[Incident], Awaitable[str]] | None = None,
    ) -> None:
        self._link = link
        self._responder = responder
        self._gitops = gitops
        self._readiness = readiness
        self._card = card
        self._investigate = investigate
        self._deadline = deadline

    async def why(self, name: str) -> Sequence[Answer]:
        """Why an Application is not well: its incidents, else what its state says, else that nothing was found."""
        found = self._find(name)
        if not found:
            return [self._no_such(name)]
        if len(found) > 1:
            return [self._which(found)]
        ref = found[0]
        trouble = await self._read(ref)
        board = self._responder.board
        incidents = [
            incident
            for incident in board.ledger.live()
            if str(ref) in incident.apps and (incident.state is not State.HELD or incident.entry)
        ]
        asked = await asyncio.gather(*(self._investigate(incident) for incident in incidents))
        # What the answers showed may have folded one into another; each is told once.
        current = {incident.id: incident for incident in asked if incident.state in LIVE}
        answers: list[Answer] = [await self._card(incident) for incident in current.values()]
        state = board.ledger.apps.get(ref)
        if state is not None and all(incident.entry in GENERIC for incident in current.values()):
            # Nothing found so far says why: what no notification tells is asked for.
            port = self._gitops.get(ref.argocd)
            beneath = await look_beneath(port, state, deadline=self._deadline) if port and not trouble else ()
            if not answers:
                answers.append(told(state, beneath))
            elif beneath:
                answers.append(Note(headline=phrase("What asking further showed"), lines=tuple(beneath)))
        if trouble:
            answers.append(
                Note(
                    headline=phrase("This is what was known before: Argo CD can't be read now."),
                    lines=(phrase("{{trouble}}", trouble=trouble),),
                    tone=Tone.DANGER,
                )
            )
        return answers

    def named(self, name: str) -> AppRef | None:
        """The one Application of that name; None where there is none, or several."""
        found = self._find(name)
        return found[0] if len(found) == 1 else None

    def no_one(self, name: str) -> Sequence[Answer]:
        """What to say where `named` finds none, or several."""
        found = self._find(name)
        return [self._which(found) if found else self._no_such(name)]

    async def status(self) -> StatusCard:
        """Open incidents as a plan: most severe first, then what explains most, then the oldest."""
        posted = [incident for incident in self._responder.board.ledger.live() if incident.state is not State.HELD]
        posted.sort(key=lambda incident: (_rank(incident), -len(incident.symptoms), incident.opened_at))
        lines = [await self._line(incident) for incident in posted[:STATUS_LINES]]
        if len(posted) > STATUS_LINES:
            lines.append(phrase("… and {{more}} more", more=len(posted) - STATUS_LINES))
        troubles = tuple(
            phrase("{{part}}: {{detail}}", part=part, detail=detail or str(health))
            for part, (health, detail) in sorted(self._readiness.parts.items())
            if health is not Health.OK
        )
        count = len(posted)
        ranks = Counter(_rank(incident) for incident in posted)
        headline = phrase(
            "{{count}} open incident{{s}}: {{each}}",
            count=count,
            s="" if count == 1 else "s",
            each=", ".join(f"{ranks[rank]} P{rank}" for rank in sorted(ranks)),
        )
        return StatusCard(
            headline=headline if count else phrase("No open incidents."), lines=tuple(lines), troubles=troubles
        )

    async def _line(self, incident: Incident) -> Phrase:
        """An incident in the plan: how urgent, what, where, since when, how much hangs on it, and its thread."""
        card = await self._card(incident)
        template = (
            "**P{{rank_}} {{severity}}** · " + card.title.template + " · {{where_}} · {{state_}} since {{since_}}"
        )
        values = dict(card.title.values) | {
            "rank_": str(_rank(incident)),
            "severity": incident.severity,
            "where_": ", ".join(incident.apps[:2])
            + (f" and {len(incident.apps) - 2} more" if incident.apps[2:] else "")
            or f"cluster {incident.key.cluster}",
            "state_": str(incident.state),
            "since_": f"{incident.opened_at:%H:%M} UTC",
        }
        if incident.symptoms:
            template += " · explains {{symptoms_}} more"
            values["symptoms_"] = str(len(incident.symptoms))
        link = await self._link(incident) if self._link else ""
        if link:
            template += " · [thread]({{link_}})"
            values["link_"] = link
        return phrase(template, **values)

    def _find(self, name: str) -> list[AppRef]:
        wanted = name.strip().strip("`").removeprefix("app/")
        known = self._responder.board.known_apps()
        exact = [ref for ref in known if wanted in (f"{ref.argocd}/{ref}", str(ref))]
        return sorted(exact or [ref for ref in known if ref.name == wanted])

    def _which(self, found: Sequence[AppRef]) -> Note:
        lines = tuple(phrase("`{{name}}`", name=f"{ref.argocd}/{ref}") for ref in found)
        return Note(headline=phrase("Several Applications are called so. Which one?"), lines=lines)

    def _no_such(self, name: str) -> Note:
        known = sorted({ref.name for ref in self._responder.board.known_apps()})
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        lines = [phrase("Did you mean {{close}}?", close=", ".join(close))] if close else []
        if not known:
            lines.append(phrase("No Application has been read yet: see `/gitops status`."))
        return Note(
            headline=phrase("There is no Application `{{name}}` that I may read.", name=name[:100]), lines=tuple(lines)
        )

    async def _read(self, ref: AppRef) -> str:
        """Read the Application now and let the board decide on it; the trouble, if it could not be read."""
        port = self._gitops.get(ref.argocd)
        known = self._responder.board.known_apps().get(ref)
        if port is None:
            return f"no Argo CD {ref.argocd} is configured"
        try:
            async with asyncio.timeout(self._deadline):
                state = await port.app(ref, project=known.project if known else "")
        except TimeoutError:
            return f"no answer within {self._deadline:g} s"
        except PortError as error:
            return str(error)
        await self._responder.decide([state])
        return ""


def told(state: AppState, beneath: Sequence[Phrase] = ()) -> Note:
    """What an Application's state says where no incident stands (facts §3.3), and what was found by asking."""
    app = state.ref.name
    facts = [
        phrase(
            "Sync: {{sync}} at `{{revision}}`. Health: {{health}}.",
            sync=state.sync or "not compared yet",
            revision=short(state.revision) or "?",
            health=state.health or "not known yet",
        ),
    ]
    if state.deleting:
        return Note(headline=phrase("`{{app}}` is being deleted.", app=app), lines=tuple(facts))
    operation = state.operation
    if state.operation_pending or (operation and operation.phase in ("Running", "Terminating")):
        said = operation.message if operation else ""
        facts.append(phrase("An operation is running: {{said}}", said=said or "no message yet"))
        facts.extend(beneath)
        return Note(headline=phrase("`{{app}}` is being synced.", app=app), lines=tuple(facts))
    if operation and failed_attempt(operation):
        facts.append(phrase("Its last operation {{phase}}: {{said}}", phase=operation.phase, said=operation.message))
        return Note(
            headline=phrase("`{{app}}`: the last operation failed; no entry explains it.", app=app), lines=tuple(facts)
        )
    if state.sync == "Synced" and state.health == "Healthy":
        return Note(headline=phrase("`{{app}}` is healthy; nothing was found.", app=app), lines=(*facts, *beneath))
    if state.sync == "OutOfSync" and not state.auto_sync:
        facts.append(phrase("Auto-sync is off: it waits for someone to sync it."))
    elif state.sync == "OutOfSync":
        facts.append(phrase("Auto-sync is on and should take care of it."))
    if state.health == "Progressing" and not beneath:
        facts.append(phrase("{{why}}", why=state.health_message or "A rollout is under way."))
    facts.extend(beneath)
    return Note(headline=phrase("`{{app}}` is not well, and no cause was found yet.", app=app), lines=tuple(facts))


def _rank(incident: Incident) -> int:
    return SEVERITIES.index(incident.severity) if incident.severity in SEVERITIES else len(SEVERITIES)
