"""Proves or refutes a cause: asks an entry's questions of the live systems and stores the answers at once.

Questions of one round are asked at the same time, each with a deadline, read-only. A timeout or a refusal is «not
known», never a «no».
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.core.board import Board
from bot.core.cards import Verdict
from bot.core.entries import GENERIC, Entry
from bot.core.evidence import CATALOGUE, Answer
from bot.core.incidents import LIVE, Candidate, Changes, Evidence, Incident, RuledOut, State
from bot.core.inquiry import (
    Answered,
    Arguments,
    Inquiry,
    Unasked,
    evidence_of,
    next_questions,
    sunk_by,
    unasked_evidence,
    verdict_of,
)
from bot.core.redaction import redact
from bot.core.relations import qualify
from bot.core.signals import AppRef
from bot.core.telling import incident_values
from bot.service.ports import PortError
from bot.service.respond import Responder

log = structlog.get_logger(__name__)

ROUNDS = 6
"""Rounds of questions, each using what the one before exported."""

PATIENCE = 2.0
"""How many times one question's deadline a whole investigation may take; what is left then isn't asked."""

CANDIDATES = 3
"""Other entries asked about where the best one is ruled out."""

ASK_AGAIN_EVERY = 60.0
"""Seconds after which what could not be answered is asked again."""

ASK_AGAIN = 5
"""How many times that is done; a system may stay away for long, and `why` asks anew anyway."""

AT_ONCE = 8
"""Incidents investigated at the same time."""

CACHE_FOR = timedelta(seconds=10)
CACHE_SIZE = 2_000
SAW_LIMIT = 2_000


class Witness(Protocol):
    """One live system that answers questions of the catalogue, read-only (ports.Unreachable, Refused)."""

    async def answer(self, question: str, arguments: Arguments) -> Answered: ...


class Witnesses(Protocol):
    """Who can be asked: by system (argocd, kubernetes, registry), for an Application or a cluster."""

    def of(self, system: str, *, app: AppRef | None, cluster: str) -> Witness | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an investigation starts from."""

    entry: Entry
    values: Mapping[str, str]
    app: AppRef | None
    cluster: str


class Investigator:
    """Asks for the incidents that opened, and on demand for `why`."""

    def __init__(
        self,
        *,
        entries: Mapping[str, Entry],
        responder: Responder,
        witnesses: Witnesses,
        clock: Callable[[], datetime],
        deadline: float,
    ) -> None:
        self._entries = entries
        self._responder = responder
        self._witnesses = witnesses
        self._clock = clock
        self._deadline = deadline
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._asked: dict[str, tuple[str, int]] = {}
        self._again: dict[str, int] = {}
        self._cache: OrderedDict[tuple[object, ...], tuple[datetime, Answered]] = OrderedDict()

    def decided(self, changes: Changes) -> None:
        """Note which incidents opened, returned, or changed their root."""
        for incident in changes.incidents:
            self._consider(incident)

    async def run(self) -> None:
        """Investigate for ever."""
        for incident in self._responder.board.ledger.live():
            self._consider(incident)
        async with asyncio.TaskGroup() as tasks:
            for number in range(AT_ONCE):
                tasks.create_task(self._work(), name=f"investigate {number}")
            tasks.create_task(self._ask_again(), name="ask again")

    async def investigate(self, incident: Incident) -> Incident:
        """Ask everything about one incident now, store the answers, and return the incident as it stands then."""
        case = self._case(incident)
        if case is None:
            return incident
        evidence = await self.ask(case)
        better = await self._better(incident, case) if verdict_of(evidence) is Verdict.RULED_OUT else None
        if better is None:
            await self._responder.change(lambda board, now: _keep(board, incident, evidence, now))
        else:
            candidate, found = better
            sunk = RuledOut(entry=incident.entry, quote=sunk_by(evidence))
            await self._responder.change(lambda board, now: _replace(board, incident, candidate, sunk, found, now))
        return self._responder.board.ledger.incidents.get(incident.id, incident)

    async def ask(self, case: Case) -> tuple[Evidence, ...]:
        """Ask an entry's questions round by round; what could not be asked is in the answer too."""
        values = dict(case.values)
        answers: dict[str, Answer] = {}
        found: list[Evidence] = []
        known = case.app

        def qualified(name: str) -> AppRef:
            return qualify(name, like=known)

        ends = asyncio.get_running_loop().time() + self._deadline * PATIENCE
        for _ in range(ROUNDS):
            ready, left = next_questions(case.entry, values=values, answers=answers, qualify=qualified)
            within = min(self._deadline, ends - asyncio.get_running_loop().time())
            if ready and within <= 0:
                late = [Unasked(question=item.question, why="the answers before it took too long") for item in ready]
                found += [unasked_evidence(item, now=self._clock()) for item in late]
                break
            if not ready:
                found += [unasked_evidence(item, now=self._clock()) for item in left if item.why]
                break
            told = await asyncio.gather(*(self._answer(item, case, within) for item in ready))
            for inquiry, answered in zip(ready, told, strict=True):
                evidence = evidence_of(inquiry, answered, values=values, qualify=qualified, now=self._clock())
                answers[inquiry.question.id] = Answer(evidence.answer)
                values.update({name: value for name, value in evidence.exports if value})
                found.append(evidence)
        return tuple(found)

    async def _better(self, incident: Incident, case: Case) -> tuple[Candidate, tuple[Evidence, ...]] | None:
        """The next best entry that its own questions don't rule out; one that they confirm comes first."""
        ledger = self._responder.board.ledger
        out = {incident.entry, *(item.entry for item in incident.ruled_out), *GENERIC}
        ranked: dict[str, Candidate] = {}
        for standing in ledger.supporting(incident.signals):
            for candidate in standing.candidates:
                if candidate.entry in self._entries and candidate.entry not in out:
                    ranked.setdefault(candidate.entry, candidate)
        candidates = sorted(ranked.values(), key=lambda item: -item.confidence)[:CANDIDATES]
        bare = replace(incident, evidence=())
        told = await asyncio.gather(
            *(
                self.ask(
                    replace(
                        case,
                        entry=self._entries[item.entry],
                        values=incident_values(replace(bare, captures=item.captures), ledger),
                    )
                )
                for item in candidates
            )
        )
        standing_ones = [
            (item, found)
            for item, found in zip(candidates, told, strict=True)
            if verdict_of(found) is not Verdict.RULED_OUT
        ]
        standing_ones.sort(key=lambda pair: verdict_of(pair[1]) is not Verdict.CONFIRMED)
        return standing_ones[0] if standing_ones else None

    def _consider(self, incident: Incident) -> None:
        entry = self._entries.get(incident.entry)
        if entry is None or not entry.evidence or incident.state not in LIVE or not incident.posted:
            return
        mark = (incident.entry, incident.returned)
        if self._asked.get(incident.id) != mark:
            self._asked[incident.id] = mark
            self._queue.put_nowait(incident.id)

    async def _ask_again(self) -> None:
        """A system that was away when an incident opened is asked once it may be back."""
        while True:
            await asyncio.sleep(ASK_AGAIN_EVERY)
            live = {incident.id: incident for incident in self._responder.board.ledger.live()}
            self._again = {name: tries for name, tries in self._again.items() if name in live}
            self._asked = {name: mark for name, mark in self._asked.items() if name in live}
            for incident in live.values():
                tries = self._again.get(incident.id, 0)
                unanswered = any(item.answer == Answer.UNKNOWN for item in incident.evidence)
                if unanswered and incident.posted and tries < ASK_AGAIN:
                    self._again[incident.id] = tries + 1
                    self._queue.put_nowait(incident.id)

    async def _work(self) -> None:
        while True:
            incident = self._responder.board.ledger.incidents.get(await self._queue.get())
            if incident is not None and incident.state in LIVE:
                await self.investigate(incident)

    def _case(self, incident: Incident) -> Case | None:
        entry = self._entries.get(incident.entry)
        if entry is None or not entry.evidence:
            return None
        ledger = self._responder.board.ledger
        apps = [item.signal.app for item in ledger.supporting(incident.signals) if item.signal.app is not None]
        return Case(
            entry=entry,
            values=incident_values(replace(incident, evidence=()), ledger),
            app=min(apps) if apps else None,
            cluster=incident.key.cluster,
        )

    async def _answer(self, inquiry: Inquiry, case: Case, within: float) -> Answered:
        question, arguments = inquiry.question.ask, inquiry.arguments
        about = next((value for value in arguments.values() if isinstance(value, AppRef)), case.app)
        witness = self._witnesses.of(CATALOGUE[question].system, app=about, cluster=case.cluster)
        if witness is None:
            return Answered(value=None, saw="nobody to ask: this system isn't configured or isn't watched")
        key = (id(witness), question, *sorted(arguments.items(), key=lambda item: item[0]))
        cached = self._cache.get(key)
        now = self._clock()
        if cached is not None and now - cached[0] < CACHE_FOR:
            return cached[1]
        answered = await self._answered(witness.answer(question, arguments), question, within)
        if answered.value is not None:
            self._cache[key] = (now, answered)
            if len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return answered

    async def _answered(self, asking: Awaitable[Answered], question: str, within: float) -> Answered:
        try:
            async with asyncio.timeout(within):
                answered = await asking
        except TimeoutError:
            return Answered(value=None, saw=f"no answer within {within:.2g} s")
        except PortError as error:
            log.info("a question could not be answered", question=question, error=str(error))
            return Answered(value=None, saw=redact(str(error))[:SAW_LIMIT])
        except Exception:
            # One answer that trips its reader must not stop all investigations; it is a bug to be fixed.
            log.exception("an answer could not be read", question=question)
            return Answered(value=None, saw="the answer could not be read; the bot's log says why")
        fields = {name: redact(value)[:SAW_LIMIT] for name, value in answered.fields.items()}
        return replace(answered, saw=redact(answered.saw)[:SAW_LIMIT], fields=fields)


def _replace(
    board: Board,
    incident: Incident,
    candidate: Candidate,
    out: RuledOut,
    evidence: tuple[Evidence, ...],
    now: datetime,
) -> None:
    """Put the next candidate in the root's place, unless the incident became something else meanwhile."""
    current = board.ledger.incidents.get(incident.id)
    if current is not None and current.entry == incident.entry and current.state in LIVE:
        board.replace_root(current, candidate, ruled_out=out, evidence=evidence, verdict=verdict_of(evidence), now=now)


def _keep(board: Board, incident: Incident, evidence: Sequence[Evidence], now: datetime) -> None:
    """Store the answers, unless the incident became something else meanwhile."""
    current = board.ledger.incidents.get(incident.id)
    if current is None or current.entry != incident.entry or current.state is State.MERGED:
        return
    board.ledger.put_incident(
        replace(current, evidence=tuple(evidence), verdict=verdict_of(evidence)),
        now=now,
    )
