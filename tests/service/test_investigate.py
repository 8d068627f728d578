"""What an investigation does when systems answer, are slow, refuse, or aren't there."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.adapters.metrics import Metrics
from bot.core.board import Board
from bot.core.cards import Verdict
from bot.core.incidents import Candidate, Changes
from bot.core.inquiry import Answered, Arguments
from bot.core.placement import Recognised
from bot.core.signals import AppRef
from bot.core.timing import Timing
from bot.service.enrich import OwnerFinder
from bot.service.investigate import Case, Investigator, Witness
from bot.service.ports import PortError, Refused, Unreachable
from bot.service.respond import Responder
from tests.core.stories import OWNERS, entry, event

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ENTRY = entry(
    "crd-missing",
    evidence=[
        {"id": "served", "ask": "kubernetes.api_served", "with": {"group": "{{group}}"}, "weight": "refute"},
        {
            "id": "crd",
            "ask": "kubernetes.crd_status",
            "with": {"group": "{{group}}", "kind": "{{kind}}"},
            "expect": {"equals": "Absent"},
            "weight": "confirm",
        },
    ],
)
CASE = Case(entry=ENTRY, values={"group": "example.com", "kind": "Rule"}, app=AppRef(name="shop"), cluster="default")


class Kubernetes:
    """A cluster that answers as told, and counts what it was asked."""

    def __init__(self, error: PortError | None = None, *, delay: float = 0.0) -> None:
        self.error = error
        self.delay = delay
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def answer(self, question: str, arguments: Arguments) -> Answered:
        self.asked.append(question)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.delay)
        self.at_once -= 1
        if self.error is not None:
            raise self.error
        if question == "kubernetes.api_served":
            return Answered(value=False, saw="the API server serves no group example.com")
        return Answered(value="Absent", saw="no CRD; password=hunter22 was in the answer")


class Only:
    """One witness for all, or none."""

    def __init__(self, witness: Witness | None) -> None:
        self.witness = witness

    def of(self, system: str, *, app: AppRef | None, cluster: str) -> Witness | None:
        return self.witness


def investigator(witness: Witness | None, *, deadline: float = 1.0) -> Investigator:
    return Investigator(
        entries={ENTRY.id: ENTRY},
        responder=None,  # type: ignore[arg-type]  # asking needs no board
        witnesses=Only(witness),
        clock=lambda: NOW,
        deadline=deadline,
    )


async def test_questions_are_asked_at_the_same_time_and_answers_are_redacted() -> None:
    cluster = Kubernetes(delay=0.01)
    found = await investigator(cluster).ask(CASE)
    assert [(item.question, item.answer) for item in found] == [("served", "no"), ("crd", "yes")]
    assert cluster.most_at_once == 2
    assert "hunter22" not in found[1].quote.text


@pytest.mark.parametrize(
    ("witness", "said"),
    [
        pytest.param(Kubernetes(Unreachable("the API server is away")), "is away", id="away"),
        pytest.param(Kubernetes(Refused("not allowed", status=403)), "not allowed", id="refused"),
        pytest.param(Kubernetes(delay=60), "no answer within 0.05 s", id="slow"),
        pytest.param(None, "nobody to ask", id="not watched"),
    ],
)
async def test_what_could_not_be_asked_is_not_known_and_named(witness: Witness | None, said: str) -> None:
    found = await investigator(witness, deadline=0.05).ask(CASE)
    assert {item.answer for item in found} == {"unknown"}
    assert all(said in item.quote.text for item in found)


async def test_the_same_question_is_asked_once_within_a_few_seconds() -> None:
    cluster = Kubernetes()
    it = investigator(cluster)
    await it.ask(CASE)
    await it.ask(CASE)
    assert len(cluster.asked) == 2


async def test_a_failure_is_never_taken_from_the_cache() -> None:
    cluster = Kubernetes(Unreachable("away"))
    it = investigator(cluster)
    await it.ask(CASE)
    cluster.error = None
    found = await it.ask(CASE)
    assert [item.answer for item in found] == ["no", "yes"]


class Kept:
    """A store that keeps nothing."""

    async def commit(self, changes: Changes) -> None:
        assert changes is not None


@pytest.mark.parametrize(
    ("there", "entry_id", "verdict"),
    [
        pytest.param(True, "webhook-missing", Verdict.CONFIRMED, id="the next one is confirmed"),
        pytest.param(None, "webhook-missing", Verdict.LIKELY, id="the next one can't be asked about"),
        pytest.param(False, "account-missing", Verdict.RULED_OUT, id="the next one is ruled out too"),
    ],
)
async def test_a_root_that_is_ruled_out_gives_way(there: bool | None, entry_id: str, verdict: Verdict) -> None:
    question = {"id": "live", "ask": "kubernetes.object_exists", "with": {"kind": "Secret", "name": "x"}}
    entries = {
        item.id: item
        for item in (
            entry("account-missing", evidence=[{**question, "weight": "refute"}]),
            entry(
                "webhook-missing",
                evidence=[
                    {"id": "ready", "ask": "kubernetes.webhook_ready", "with": {"webhook": "x"}, "weight": "confirm"}
                ],
            ),
        )
    }
    answers = {"kubernetes.object_exists": True, "kubernetes.webhook_ready": there}

    class Told:
        async def answer(self, question: str, arguments: Arguments) -> Answered:
            return Answered(value=answers[question], saw=f"{question} {arguments}")

    board = Board(
        entries=entries,
        recognise=lambda _: Recognised(
            verdict="known",
            entry="account-missing",
            confidence=0.9,
            candidates=(Candidate(entry="webhook-missing", confidence=0.5),),
        ),
        timing=Timing(),
        unmanaged=False,
    )
    responder = Responder(
        board=board,
        store=Kept(),  # type: ignore[arg-type]  # only commits are asked for
        owners=OwnerFinder({}),
        meter=Metrics(version="test"),
        clock=lambda: NOW,
    )
    board.observe_event(event("it fails"), OWNERS, now=NOW)
    (incident,) = board.ledger.live()
    found = Investigator(entries=entries, responder=responder, witnesses=Only(Told()), clock=lambda: NOW, deadline=1.0)
    after = await found.investigate(incident)
    assert (after.entry, after.verdict) == (entry_id, verdict)
    assert [item.entry for item in after.ruled_out] == (["account-missing"] if there is not False else [])


async def test_an_investigation_ends_however_many_rounds_are_slow() -> None:
    chain = [
        {"id": f"q{number}", "ask": "kubernetes.api_served", "with": {"group": f"g{number}"}, "weight": "support"}
        | ({"when": {f"q{number - 1}": "unknown"}} if number else {})
        for number in range(5)
    ]
    case = Case(entry=entry("slow", evidence=chain), values={}, app=None, cluster="default")
    began = asyncio.get_running_loop().time()
    found = await investigator(Kubernetes(delay=60), deadline=0.05).ask(case)
    assert asyncio.get_running_loop().time() - began < 1
    assert "took too long" in found[-1].quote.text
