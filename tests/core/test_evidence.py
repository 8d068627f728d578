"""Verdicts and expectations."""

from typing import Any

import pytest

from bot.core.cards import Verdict
from bot.core.entries import Expect, Weight
from bot.core.evidence import CATALOGUE, Answer, Finding, Value, evaluate, judge

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        pytest.param([], Verdict.LIKELY, id="nothing asked"),
        pytest.param([("confirm", YES)], Verdict.CONFIRMED, id="confirmed"),
        pytest.param([("confirm", YES), ("confirm", NO)], Verdict.CONFIRMED, id="one proof is enough"),
        pytest.param([("confirm", YES), ("refute", YES)], Verdict.RULED_OUT, id="a refutation beats a proof"),
        pytest.param([("confirm", NO), ("support", YES)], Verdict.RULED_OUT, id="no proof holds"),
        pytest.param([("confirm", NO), ("confirm", UNKNOWN)], Verdict.LIKELY, id="not known is not a no"),
        pytest.param([("refute", UNKNOWN)], Verdict.LIKELY, id="refutation not known"),
        pytest.param([("refute", NO), ("support", YES)], Verdict.LIKELY, id="support alone proves nothing"),
    ],
)
def test_judge(findings: list[tuple[Weight, Answer]], verdict: Verdict) -> None:
    assert judge(Finding(question="q", weight=weight, answer=answer) for weight, answer in findings) is verdict


@pytest.mark.parametrize(
    ("expect", "value", "answer"),
    [
        (None, True, YES),
        (None, False, NO),
        (None, "true", UNKNOWN),
        (None, None, UNKNOWN),
        ({"equals": "Healthy"}, "Healthy", YES),
        ({"equals": "Healthy"}, None, UNKNOWN),
        ({"equals": False}, False, YES),
        ({"equals": 1}, True, NO),
        ({"one_of": ["a", "b"]}, "b", YES),
        ({"one_of": ["a", "b"]}, ["x", "a"], YES),
        ({"all": True}, [True, True], YES),
        ({"all": True}, [True, False], NO),
        ({"all": True}, [], NO),
        ({"any": "linux/amd64"}, ["linux/arm64"], NO),
        ({"any": "linux/amd64"}, "linux/amd64", UNKNOWN),
        ({"matches": "^Sync"}, "SyncFailed", YES),
        ({"matches": "is forbidden"}, ["x", "pods is forbidden"], YES),
        ({"at_least": 2}, ["a", "b"], YES),
        ({"at_least": 2}, 1, NO),
        ({"at_least": 1}, True, UNKNOWN),
    ],
)
def test_evaluate(expect: dict[str, Any] | None, value: Value, answer: Answer) -> None:
    assert evaluate(Expect.model_validate(expect) if expect else None, value) is answer


def test_every_question_names_its_system_and_says_what_it_means() -> None:
    for name, question in CATALOGUE.items():
        assert question.name == name
        assert question.system in {"argocd", "kubernetes", "registry"}
        assert question.doc
