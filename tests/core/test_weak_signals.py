"""A signal that says only that something is not well joins whatever says more of its Application: one failure, one
thread, also where no entry knows the cause."""

from dataclasses import replace

from bot.core.board import Board
from bot.core.haystack import fields_of, text_of
from bot.core.incidents import Incident
from bot.core.signals import Source, make_signal
from bot.core.states import Resource
from bot.core.telling import signal_values
from tests.core.stories import DEPLOYMENT, OWNERS, REPLICA_SET, SHOP, START, app, at, board, event, failed, live

DEGRADED = Resource(
    object=DEPLOYMENT, version="v1", status="Synced", health="Degraded", health_message="odd words of a health check"
)
MISSING = Resource(object=DEPLOYMENT, version="v1", status="OutOfSync", health="Missing")


def let_pass(of: Board, *, seconds: int) -> None:
    for second in range(1, seconds + 1):
        of.tick(now=at(second))


def posted(of: Board) -> list[Incident]:
    return live(of)


def test_an_error_no_entry_knows_takes_in_what_it_left_missing() -> None:
    of = board()
    of.observe_app(
        app(sync="OutOfSync", health="Missing", resources=(MISSING,), operation=failed("a failure of its own kind")),
        now=START,
    )
    let_pass(of, seconds=20 * 60)
    assert [incident.entry for incident in posted(of)] == [""]


def test_an_unknown_degraded_joins_the_cause_in_its_application() -> None:
    of = board()
    of.observe_app(app(health="Degraded", resources=(DEGRADED,)), now=START)
    of.observe_event(event('pods "web-x" is forbidden: violates PodSecurity "restricted"'), OWNERS, now=at(1))
    let_pass(of, seconds=120)
    assert [incident.entry for incident in posted(of)] == ["pod-security-violation"]


def test_an_unknown_degraded_speaks_where_nothing_says_more() -> None:
    of = board()
    of.observe_app(app(health="Degraded", resources=(DEGRADED,)), now=START)
    let_pass(of, seconds=120)
    assert [(incident.entry, incident.apps) for incident in posted(of)] == [("", ("argocd/shop",))]


def test_another_applications_error_explains_nothing_here() -> None:
    of = board()
    other = replace(SHOP, name="billing")
    of.observe_app(
        app(ref=other, resources=(), operation=failed("a failure of its own kind"), sync="OutOfSync"), now=START
    )
    of.observe_app(app(health="Degraded", resources=(DEGRADED,)), now=START)
    let_pass(of, seconds=120)
    assert sorted(incident.apps for incident in posted(of)) == [("argocd/billing",), ("argocd/shop",)]


def test_the_workload_is_the_topmost_controller_as_kubectl_takes_it() -> None:
    signal = make_signal(
        source=Source.K8S_EVENT, text="x", first_seen=START, object=REPLICA_SET, owner=DEPLOYMENT, app=SHOP
    )
    assert fields_of(signal)["workload"] == signal_values(signal)["workload"] == "Deployment/web"
    assert fields_of(text_of("x", kind="Pod", name="web-0"))["workload"] == "Pod/web-0"
    assert fields_of(text_of("x"))["workload"] == ""
