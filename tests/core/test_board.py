"""Placement and life cycle: one failure, one incident, and nothing that isn't one (design §2.2–2.6)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.board import Board
from bot.core.incidents import EffectKind, Snapshot, State
from bot.core.observation import Owners
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import Condition, PodState, Resource, Workload
from tests.core.stories import (
    DEPLOYMENT,
    OWNERS,
    REPLICA_SET,
    SHOP,
    START,
    app,
    at,
    board,
    ended,
    event,
    failed,
    live,
    roots,
)

REFUSED = 'pods "web-6c9f7d5b8-x2x9k" is forbidden: violates PodSecurity "restricted"'
ACCOUNT = ObjectRef(kind="ServiceAccount", namespace="shop", name="web")
POD = ObjectRef(kind="Pod", namespace="shop", name="web-6c9f7d5b8-x2x9k")


def pod(*, created: float, ready: bool = True, deleting: bool = False) -> PodState:
    return PodState(
        cluster="default", uid="p1", resource_version="1", object=POD, controller=REPLICA_SET, phase="Running",
        reason="", message="", node="n1", created_at=at(created), deleting=deleting, ready=ready,
    )  # fmt: skip


def test_repeats_of_one_event_are_one_incident_with_a_count() -> None:
    it = board()
    it.observe_app(app(), now=at(0))
    for number, name in enumerate(("x2x9k", "7bcdf", "zz9qk"), start=1):
        it.observe_event(
            event(REFUSED.replace("x2x9k", name), seconds=number, count=number, uid=name), OWNERS, now=at(number)
        )
    assert roots(it) == ["pod-security-violation"]
    assert live(it)[0].count == 3


def test_the_card_is_wished_for_once_and_edited_afterwards() -> None:
    it = board()
    it.observe_app(app(), now=at(0))
    it.observe_event(event(REFUSED, seconds=1), OWNERS, now=at(1))
    first = it.take(now=at(1))
    assert [effect.kind for effect in first.effects] == [EffectKind.CARD]
    assert it.take(now=at(2)).empty


def test_one_failed_sync_has_many_carriers_and_is_one_incident() -> None:
    it = board()
    state = app(
        sync="OutOfSync",
        health="Missing",
        operation=failed("no CRD for PrometheusRule"),
        conditions=(Condition(type="SyncError", message="Failed last sync attempt to [x]: not valid"),),
        resources=(Resource(object=ACCOUNT, version="v1", status="OutOfSync", health="Missing"),),
    )
    it.observe_app(state, now=at(0))
    it.tick(now=at(100))
    assert roots(it) == ["crd-missing"]


def test_several_results_that_no_entry_explains_are_one_unknown_incident() -> None:
    it = board()
    operation = failed("what is this")
    more = replace(operation.results[0], object=ACCOUNT, message="what is that")
    state = app(sync="OutOfSync", operation=replace(operation, results=(*operation.results, more)))
    it.observe_app(state, now=at(0))
    assert len(live(it)) == 1
    assert live(it)[0].entry == ""


@pytest.mark.parametrize("event_first", [pytest.param(True, id="symptom first"), pytest.param(False, id="root first")])
def test_what_a_refused_sync_keeps_away_joins_it(event_first: bool) -> None:
    it = board()
    missing = Resource(object=ACCOUNT, version="v1", status="OutOfSync", health="Missing")
    it.observe_app(app(resources=(missing,)), now=at(0))

    def symptom() -> None:
        it.observe_event(event('serviceaccount "web" not found', seconds=1), OWNERS, now=at(1))

    def root() -> None:
        refused = app(sync="OutOfSync", resources=(missing,), operation=failed("no CRD for Rule"))
        it.observe_app(refused, now=at(20))

    steps = [symptom, root]
    for number, step in enumerate(steps if event_first else reversed(steps)):
        step()
        it.tick(now=at(10 + 10 * number))
    assert roots(it) == ["crd-missing"]
    assert len(live(it)[0].symptoms) >= 1


def test_a_late_root_keeps_the_symptoms_thread() -> None:
    it = board()
    missing = Resource(object=ACCOUNT, version="v1", status="OutOfSync", health="Missing")
    it.observe_app(app(resources=(missing,)), now=at(0))
    it.observe_event(event('serviceaccount "web" not found', seconds=1), OWNERS, now=at(1))
    it.tick(now=at(10))
    before = live(it)[0]
    assert before.posted
    it.observe_app(app(sync="OutOfSync", resources=(missing,), operation=failed("no CRD for Rule")), now=at(20))
    after = live(it)
    assert [incident.id for incident in after] == [before.id]
    assert after[0].entry == "crd-missing"
    assert before.key in after[0].aliases


def test_the_same_application_alone_never_merges_two_causes() -> None:
    it = board()
    shared = Condition(type="SharedResourceWarning", message="ConfigMap/flags is part of applications shop and x")
    it.observe_app(app(conditions=(Condition(type="X", message="node is away"), shared)), now=at(0))
    it.tick(now=at(10))
    assert sorted(roots(it)) == ["node-not-ready", "shared-resource"]


def test_a_shared_resource_that_flips_is_one_incident() -> None:
    it = board()
    other = AppRef(name="billing")
    message = "ConfigMap/flags is part of applications argocd/{} and {}"
    for turn in range(6):
        mine, theirs = (SHOP, other) if turn % 2 else (other, SHOP)
        warning = Condition(type="SharedResourceWarning", message=message.format(mine.name, theirs.name))
        it.observe_app(app(ref=mine, uid=mine.name, sync="OutOfSync", conditions=(warning,)), now=at(turn * 10))
        it.observe_app(app(ref=theirs, uid=theirs.name), now=at(turn * 10))
    it.tick(now=at(61))
    assert roots(it) == ["shared-resource"]
    assert live(it)[0].apps == ("argocd/billing", "argocd/shop")


def test_one_outage_is_one_incident_for_every_application() -> None:
    it = board()
    for number in range(25):
        ref = AppRef(name=f"tenant-{number}")
        down = Condition(type="ComparisonError", message="code = Unavailable")
        it.observe_app(app(ref=ref, uid=ref.name, sync="Unknown", conditions=(down,)), now=at(number))
    assert roots(it) == ["repo-server-unavailable"]
    assert len(live(it)[0].apps) == 25


@pytest.mark.parametrize(
    ("change", "after", "speaks"),
    [
        pytest.param({"health": "Degraded"}, 30, False, id="degraded, held"),
        pytest.param({"health": "Degraded"}, 61, True, id="degraded for a minute"),
        pytest.param({"health": "Degraded", "operation_pending": True}, 61, False, id="degraded while syncing"),
        pytest.param({"sync": "OutOfSync"}, 61, False, id="out of sync, held"),
        pytest.param({"sync": "OutOfSync"}, 901, True, id="out of sync for 15 minutes"),
        pytest.param({"sync": "OutOfSync", "auto_sync": False}, 901, False, id="manually synced"),
        pytest.param({"health": "Progressing"}, 901, False, id="progressing"),
        pytest.param({"conditions": (Condition(type="FooWarning", message="odd"),)}, 901, False, id="unknown warning"),
        pytest.param({"conditions": (Condition(type="FooError", message="odd"),)}, 1, True, id="unknown error"),
        pytest.param({"conditions": (Condition(type="FooError", message="nothing wrong"),)}, 1, False, id="noise"),
    ],
)
def test_what_speaks_alone_and_when(change: dict[str, object], after: float, speaks: bool) -> None:
    it = board()
    it.observe_app(app(**change), now=at(0))
    it.tick(now=at(after))
    assert bool(live(it)) is speaks


def test_a_held_state_joins_the_cause_that_comes() -> None:
    it = board()
    it.observe_app(app(health="Degraded"), now=at(0))
    it.observe_event(event(REFUSED, seconds=5), OWNERS, now=at(5))
    it.tick(now=at(120))
    assert roots(it) == ["pod-security-violation"]


def test_it_is_resolved_after_being_clear_long_enough_and_says_so() -> None:
    it = board()
    it.observe_app(app(conditions=(Condition(type="FooError", message="odd"),)), now=at(0))
    it.take(now=at(0))
    it.observe_app(app(), now=at(10))
    it.tick(now=at(11))
    it.tick(now=at(100))
    assert len(live(it)) == 1
    it.tick(now=at(132))
    assert live(it) == []
    assert [effect.note for effect in it.take(now=at(132)).effects if effect.kind is EffectKind.NOTE] == ["resolved"]


def test_back_within_a_day_is_the_same_incident() -> None:
    it = board()
    broken = (Condition(type="FooError", message="odd"),)
    it.observe_app(app(conditions=broken), now=at(0))
    first = live(it)[0].id
    it.observe_app(app(), now=at(10))
    for second in (11, 140):
        it.tick(now=at(second))
    it.observe_app(app(conditions=broken), now=at(3600))
    assert [(item.id, item.returned, item.state) for item in live(it)] == [(first, 1, State.OPEN)]


def test_not_read_is_not_gone() -> None:
    it = board()
    it.observe_app(app(conditions=(Condition(type="FooError", message="odd"),)), now=at(0))
    it.sources_away("app:default/")
    for second in (10, 1000, 5000):
        it.tick(now=at(second))
    assert len(live(it)) == 1


def test_an_older_reading_that_arrives_late_changes_nothing() -> None:
    it = board()
    old, new = app(conditions=(Condition(type="FooError", message="odd"),)), app()
    it.observe_app(new, now=at(0))
    assert it.observe_app(old, now=at(1)) is False
    assert live(it) == []


def test_a_deleted_application_ends_its_incidents() -> None:
    it = board()
    it.observe_app(app(conditions=(Condition(type="FooError", message="odd"),)), now=at(0))
    it.app_gone(SHOP, now=at(1))
    it.tick(now=at(2))
    it.tick(now=at(130))
    assert live(it) == []


ENDINGS: dict[str, Callable[[Board], object]] = {
    "its pod is ready again": lambda it: it.observe_pod(pod(created=20), OWNERS, now=at(21)),
    "a Normal event says so": lambda it: it.observe_event(
        event("Created pod: web", seconds=20, reason="SuccessfulCreate", warning=False), OWNERS, now=at(21)
    ),
    "the ReplicaSet was scaled down": lambda it: it.observe_event(
        event(
            f"Scaled down replica set {REPLICA_SET.name} from 1 to 0",
            seconds=20,
            on=DEPLOYMENT,
            reason="ScalingReplicaSet",
            warning=False,
        ),
        OWNERS,
        now=at(21),
    ),
    "the Application is well": lambda it: it.observe_app(app(reconciled_at=at(20)), now=at(21)),
    "the controller has all it wants": lambda it: it.controller_read(
        "default", DEPLOYMENT, Workload(object=DEPLOYMENT, uid="d", wanted=2, ready=2), now=at(21)
    ),
    "the controller is gone": lambda it: it.controller_read("default", DEPLOYMENT, None, now=at(21)),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_what_ends_an_event(ending: Callable[[Board], object]) -> None:
    it = board()
    it.observe_app(app(health="Progressing"), now=at(0))
    it.observe_event(event(REFUSED, seconds=10), OWNERS, now=at(10))
    assert roots(it) == ["pod-security-violation"]
    ending(it)
    it.tick(now=at(22))
    it.tick(now=at(150))
    assert ended(it) == ["pod-security-violation"]


NOT_ENDINGS: dict[str, Callable[[Board], object]] = {
    "an older pod is ready": lambda it: it.observe_pod(pod(created=5), OWNERS, now=at(21)),
    "an earlier Normal event": lambda it: it.observe_event(
        event("Created pod: web", seconds=5, reason="SuccessfulCreate", warning=False), OWNERS, now=at(21)
    ),
    "compared before the event": lambda it: it.observe_app(app(reconciled_at=at(9)), now=at(21)),
    "synced but progressing": lambda it: it.observe_app(app(health="Progressing", reconciled_at=at(20)), now=at(21)),
    "the controller wants more": lambda it: it.controller_read(
        "default", DEPLOYMENT, Workload(object=DEPLOYMENT, uid="d", wanted=2, ready=1), now=at(21)
    ),
    "the Event left the watch": lambda it: it.pods_listed("default", frozenset(), now=at(21)),
}


@pytest.mark.parametrize("nothing", NOT_ENDINGS.values(), ids=NOT_ENDINGS.keys())
def test_what_does_not_end_an_event(nothing: Callable[[Board], object]) -> None:
    it = board()
    it.observe_app(app(health="Progressing"), now=at(0))
    it.observe_event(event(REFUSED, seconds=10), OWNERS, now=at(10))
    nothing(it)
    it.tick(now=at(22))
    it.tick(now=at(150))
    assert roots(it) == ["pod-security-violation"]


def test_an_event_that_nothing_contradicts_is_closed_after_an_hour_as_not_seen_again() -> None:
    it = board()
    it.observe_app(app(health="Progressing"), now=at(0))
    it.observe_event(event(REFUSED, seconds=0), OWNERS, now=at(0))
    it.tick(now=at(3599))
    assert live(it)
    for second in (3601, 3602, 3800):
        it.tick(now=at(second))
    closed = next(iter(it.ledger.incidents.values()))
    assert (closed.state, closed.resolved_why) == (State.RESOLVED, "not seen again")


def test_a_relist_of_a_closed_report_is_not_news() -> None:
    it = board()
    it.observe_app(app(health="Progressing"), now=at(0))
    it.observe_event(event(REFUSED, seconds=10), OWNERS, now=at(10))
    it.observe_pod(pod(created=20), OWNERS, now=at(21))
    for second in (22, 150):
        it.tick(now=at(second))
    it.observe_event(event(REFUSED, seconds=10), OWNERS, now=at(300))
    it.tick(now=at(301))
    assert live(it) == []


def test_an_event_of_a_pod_that_is_gone_is_history() -> None:
    it = board()
    it.observe_app(app(health="Progressing"), now=at(0))
    it.pods_listed("default", frozenset(), now=at(50))
    it.observe_event(
        event("back-off restarting failed container", seconds=1, on=POD, reason="BackOff"), OWNERS, now=at(60)
    )
    it.tick(now=at(70))
    assert live(it) == []


def test_objects_that_no_application_owns_are_counted_not_posted() -> None:
    it = board()
    it.observe_event(event(REFUSED, seconds=1), Owners(topmost=DEPLOYMENT, app=None), now=at(1))
    it.tick(now=at(100))
    assert live(it, posted=False) == []
    assert it.unmanaged_count == 1


def test_an_event_that_comes_before_its_application_finds_it_later() -> None:
    it = board()
    it.observe_event(event(REFUSED, seconds=1), Owners(topmost=DEPLOYMENT, app=None), now=at(1))
    it.observe_app(app(health="Progressing"), now=at(5))
    assert roots(it) == ["pod-security-violation"]


def test_a_restart_loses_nothing_and_opens_nothing_twice() -> None:
    it = board()
    it.observe_app(app(conditions=(Condition(type="FooError", message="odd"),)), now=at(0))
    changes = it.take(now=at(0))
    again = board()
    again.restore(Snapshot(incidents=changes.incidents, standings=changes.standings))
    again.observe_app(app(conditions=(Condition(type="FooError", message="odd"),)), now=at(60))
    again.tick(now=at(61))
    assert [incident.id for incident in live(again)] == [incident.id for incident in live(it)]
    assert not any(effect.kind is EffectKind.NOTE for effect in again.take(now=at(61)).effects)


def test_what_vanished_while_away_is_found_at_start() -> None:
    it = board()
    it.observe_app(app(conditions=(Condition(type="FooError", message="odd"),)), now=at(0))
    changes = it.take(now=at(0))
    again = board()
    again.restore(Snapshot(incidents=changes.incidents, standings=changes.standings))
    again.observe_app(app(), now=at(60))
    again.tick(now=at(61))
    again.tick(now=START + timedelta(seconds=200))
    assert live(again) == []
