"""What a card quotes: the most specific words first, and a confirmation that adds to them."""

from dataclasses import replace

import pytest

from bot.core.board import Board
from bot.core.cards import IncidentCard, Quote, Verdict
from bot.core.haystack import fields_of, text_of
from bot.core.incidents import Evidence
from bot.core.signals import ObjectRef
from bot.core.states import Condition, ResourceResult
from bot.core.telling import Audience, incident_card, signal_values
from tests.core.stories import ENTRIES, OWNERS, START, app, board, event, failed, live

CERTIFICATE = ObjectRef(group="cert-manager.io", kind="Certificate", namespace="shop", name="tls")
WRAPPER = "one or more synchronization tasks are not valid"
NOBODY = Audience(may=lambda _wanted, _state: False, argocd_urls={})


def card(of: Board, *answers: Evidence) -> IncidentCard:
    (incident,) = live(of)
    told = replace(incident, evidence=answers, verdict=Verdict.CONFIRMED)
    return incident_card(told, entries=ENTRIES, ledger=of.ledger, audience=NOBODY)


def answer(label: str, text: str, *, weight: str = "confirm", said: str = "yes") -> Evidence:
    quote = Quote(label=label, text=text, at=START)
    return Evidence(question=label, ask="", answer=said, weight=weight, quote=quote, asked_at=START)


@pytest.mark.parametrize(
    "conditions",
    [
        pytest.param((), id="the operation's message"),
        pytest.param(
            (Condition(type="SyncError", message=f"Failed last sync attempt to [bbb]: {WRAPPER}"),), id="and SyncError"
        ),
    ],
)
def test_what_is_said_of_the_resource_is_quoted_before_what_wraps_it(conditions: tuple[Condition, ...]) -> None:
    of = board()
    said = "no CRD: could not find cert-manager.io/Certificate for requested resource shop/tls"
    operation = failed(said, on=CERTIFICATE, wrapper=WRAPPER)
    of.observe_app(app(sync="OutOfSync", operation=operation, conditions=conditions), now=START)
    proof = card(of).proof
    assert proof[0].text == said
    assert "Certificate" in proof[0].label


def test_a_failed_hook_is_named_with_its_phase() -> None:
    of = board()
    job = ObjectRef(group="batch", kind="Job", namespace="shop", name="migrate")
    result = ResourceResult(
        object=job, status="", message="Job has reached its limit: no CRD", hook_type="PreSync", hook_phase="Failed"
    )
    operation = replace(failed("", wrapper="one or more tasks completed unsuccessfully"), results=(result,))
    of.observe_app(app(sync="OutOfSync", operation=operation), now=START)
    assert card(of).proof[0].label == "Argo CD, PreSync hook Job shop/migrate in argocd/shop"
    (incident,) = live(of)
    for standing in of.ledger.supporting(incident.signals):
        assert fields_of(standing.signal)["hook_type"] == signal_values(standing.signal)["hook_type"] == "PreSync"
    assert fields_of(text_of("x"))["hook_type"] == "sync"


QUOTED = 'pods "web-x2x9k" is forbidden: violates PodSecurity "restricted:latest"'
SAME = answer("Kubernetes, events", f"FailedCreate: {QUOTED}")
SAME_SYSTEM = answer("Kubernetes, namespace labels", "pod-security.kubernetes.io/enforce=restricted")
REGISTRY = answer("The image registry, has platform", "made for linux/arm64; wanted linux/amd64")


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        pytest.param((SAME, REGISTRY), REGISTRY, id="another system, other words"),
        pytest.param((SAME, SAME_SYSTEM), SAME_SYSTEM, id="the same system, other words"),
        pytest.param((SAME_SYSTEM, REGISTRY), REGISTRY, id="of two in other words, the other system's"),
        pytest.param((REGISTRY, SAME), REGISTRY, id="whatever comes first"),
        pytest.param((SAME,), SAME, id="a repetition, where there is no other"),
        pytest.param((SAME, replace(REGISTRY, weight="support")), SAME, id="what only supports confirms nothing"),
        pytest.param((SAME, replace(REGISTRY, answer="no")), SAME, id="nor does a no"),
    ],
)
def test_the_confirmation_adds_to_what_is_quoted(answers: tuple[Evidence, ...], shown: Evidence) -> None:
    of = board()
    of.observe_event(event(QUOTED), OWNERS, now=START)
    assert card(of, *answers).confirmation == shown.quote
