"""How an entry's questions become questions that can be asked, and answers evidence."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cards import Verdict
from bot.core.entries import Entry
from bot.core.evidence import Answer, object_from, object_text
from bot.core.inquiry import Answered, evidence_of, next_questions, unasked_evidence, verdict_of
from bot.core.relations import qualify
from bot.core.signals import AppRef, ObjectRef
from tests.core.stories import entry

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SHOP = AppRef(name="shop")
VALUES = {"app": "argocd/shop", "other": "billing", "kind": "ConfigMap", "name": "flags", "object": ""}


def whole(name: str) -> AppRef:
    return qualify(name, like=SHOP)


def asking(*questions: Mapping[str, object]) -> Entry:
    return entry("shared-resource", scope="object", evidence=list(questions))


OWNER = {
    "id": "owner",
    "ask": "argocd.tracking_owner",
    "with": {"app": "{{app}}", "kind": "{{kind}}", "name": "{{name}}"},
    "expect": {"one_of": ["{{app}}", "{{other}}"]},
    "weight": "support",
    "export": {"owner": "app", "object": "object"},
}
TWICE = {
    "id": "declared_twice",
    "ask": "argocd.declares",
    "with": {"apps": ["{{app}}", "{{other}}"], "object": "{{object}}"},
    "expect": {"all": True},
    "weight": "confirm",
}


def test_a_question_waits_for_what_another_exports() -> None:
    ready, left = next_questions(asking(OWNER, TWICE), values=VALUES, answers={}, qualify=whole)
    assert [item.question.id for item in ready] == ["owner"]
    assert ready[0].arguments == {"app": SHOP, "kind": "ConfigMap", "name": "flags"}
    assert left == []
    after = VALUES | {"object": "ConfigMap/shop/flags"}
    ready, _ = next_questions(asking(OWNER, TWICE), values=after, answers={"owner": Answer.YES}, qualify=whole)
    assert ready[0].arguments == {
        "apps": (SHOP, AppRef(name="billing")),
        "object": ObjectRef(kind="ConfigMap", namespace="shop", name="flags"),
    }


def test_what_can_never_be_asked_is_said_once_nothing_else_can() -> None:
    ready, left = next_questions(asking(OWNER, TWICE), values=VALUES, answers={"owner": Answer.UNKNOWN}, qualify=whole)
    assert ready == []
    assert [(item.question.id, item.why) for item in left] == [("declared_twice", "object is not known")]
    assert unasked_evidence(left[0], now=NOW).answer == "unknown"


@pytest.mark.parametrize(
    ("given_answer", "asked", "why"),
    [
        pytest.param(Answer.YES, ["declared_twice"], [], id="the answer it waits for"),
        pytest.param(Answer.NO, [], [""], id="another answer: not asked, nothing to say"),
        pytest.param(Answer.UNKNOWN, [], [""], id="not known: not asked"),
    ],
)
def test_a_question_may_hang_on_an_answer(given_answer: Answer, asked: list[str], why: list[str]) -> None:
    values = VALUES | {"object": "ConfigMap/shop/flags"}
    questions = asking(OWNER, {**TWICE, "when": {"owner": "yes"}})
    ready, left = next_questions(questions, values=values, answers={"owner": given_answer}, qualify=whole)
    assert [item.question.id for item in ready] == asked
    assert [item.why for item in left] == why


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        pytest.param("billing", "yes", id="a bare name, in the Argo CD's own namespace"),
        pytest.param("argocd_shop", "yes", id="namespace_name, as a tracking id has it"),
        pytest.param("argocd/other", "no", id="another Application"),
        pytest.param("team/billing", "no", id="the same name in another namespace"),
        pytest.param(None, "unknown", id="not known"),
    ],
)
def test_applications_compare_after_qualification(value: str | None, answer: str) -> None:
    ready, _ = next_questions(asking(OWNER), values=VALUES, answers={}, qualify=whole)
    answered = Answered(value=value, saw="seen", fields={"app": "billing", "object": "ConfigMap/shop/flags"})
    kept = evidence_of(ready[0], answered, values=VALUES, qualify=whole, now=NOW)
    assert kept.answer == answer
    assert kept.quote.text == "seen"
    assert dict(kept.exports) == {"owner": "billing", "object": "ConfigMap/shop/flags"}


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        pytest.param([True, True], Verdict.CONFIRMED, id="all true"),
        pytest.param([True, False], Verdict.RULED_OUT, id="the only confirmation says no"),
        pytest.param(None, Verdict.LIKELY, id="not known proves nothing"),
    ],
)
def test_the_verdict_over_answers(answers: list[bool] | None, verdict: Verdict) -> None:
    values = VALUES | {"object": "ConfigMap/shop/flags"}
    ready, _ = next_questions(asking(TWICE), values=values, answers={}, qualify=whole)
    kept = evidence_of(ready[0], Answered(value=answers), values=values, qualify=whole, now=NOW)
    assert verdict_of([kept]) is verdict


NAMES = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True)


@given(
    kind=st.from_regex(r"[A-Z][A-Za-z]{0,12}", fullmatch=True),
    group=st.just("") | NAMES,
    namespace=st.just("") | NAMES,
    name=NAMES,
)
def test_an_object_in_one_text_is_read_back(kind: str, group: str, namespace: str, name: str) -> None:
    ref = ObjectRef(group=group, kind=kind, namespace=namespace, name=name)
    assert object_from(object_text(ref)) == ref


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_objects(text: str) -> None:
    found = object_from(text)
    assert found is None or found.name


def test_an_entrys_own_wording_is_no_argument() -> None:
    wording = {"name": "of the pod", "kind": "{{name}}", "app": "signal.app"}
    worded = entry("shared-resource", scope="object", evidence=[OWNER], captures=wording)
    values = {"app": "argocd/shop", "kind": "of the pod", "name": "of the pod"}
    ready, left = next_questions(worded, values=values, answers={}, qualify=whole)
    assert ready == []
    assert [item.why for item in left] == ["kind is not known"]
    ready, _ = next_questions(worded, values=VALUES, answers={}, qualify=whole)
    assert ready[0].arguments["name"] == "flags"


def test_a_constant_that_is_a_name_stays_an_argument() -> None:
    named = entry("shared-resource", scope="object", evidence=[OWNER], captures={"kind": "ConfigMap"})
    ready, _ = next_questions(named, values=VALUES, answers={}, qualify=whole)
    assert ready[0].arguments["kind"] == "ConfigMap"
