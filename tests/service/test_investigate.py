"""What an investigation does when systems answer, are slow, refuse, or aren't there."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.core.inquiry import Answered, Arguments
from bot.core.signals import AppRef
from bot.service.investigate import Case, Investigator, Witness
from bot.service.ports import PortError, Refused, Unreachable
from tests.core.stories import entry

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
