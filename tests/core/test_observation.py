"""What a reading says is wrong: aspects with lives of their own (design §2.2, facts §8.15–18)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.observation import Aspect, Owners, app_aspects, failed_attempt, pod_signals
from bot.core.signals import AppRef, ObjectRef, Source
from bot.core.states import AppState, Condition, ContainerState, Operation, PodState, Resource, ResourceResult

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
APP = AppRef(name="shop")
ACCOUNT = ObjectRef(kind="ServiceAccount", namespace="shop", name="web")
HEALTHY = AppState(
    ref=APP,
    uid="u1",
    resource_version="1",
    sync="Synced",
    revision="aaa",
    health="Healthy",
    operation=Operation(phase="Succeeded", message="", revision="aaa", started_at=NOW, finished_at=NOW),
)
FAILED = Operation(
    phase="Failed",
    message="one or more objects failed to apply, reason: boom",
    revision="bbb",
    started_at=NOW,
    finished_at=NOW,
    results=(ResourceResult(object=ACCOUNT, status="SyncFailed", message="boom"),),
)
HOOK_FAILED = replace(
    FAILED,
    revision="aaa",
    results=(
        ResourceResult(object=ACCOUNT, status="SyncFailed", message="boom"),
        ResourceResult(object=ACCOUNT, status="", message="job failed", hook_phase="Failed", hook_type="PreSync"),
    ),
)


def said(state: AppState, aspect: Aspect, before: AppState | None = None) -> list[str]:
    known = app_aspects(before, before={}, now=NOW) if before else {}
    return [signal.message for signal in app_aspects(state, before=known, now=NOW)[aspect]]


@pytest.mark.parametrize(
    ("operation", "failed"),
    [
        pytest.param(HEALTHY.operation, False, id="succeeded"),
        pytest.param(FAILED, True, id="failed"),
        pytest.param(replace(FAILED, phase="Error"), True, id="error"),
        pytest.param(replace(FAILED, phase="Running"), True, id="waiting for a retry"),
        pytest.param(replace(FAILED, phase="Running", finished_at=None), True, id="running with a failed result"),
        pytest.param(replace(FAILED, phase="Running", finished_at=None, results=()), False, id="running"),
        pytest.param(replace(FAILED, phase="Terminating"), False, id="terminating"),
    ],
)
def test_a_failed_attempt_counts_at_once(operation: Operation, failed: bool) -> None:
    assert failed_attempt(operation) is failed


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        pytest.param({"sync": "OutOfSync", "operation": FAILED}, True, id="out of sync"),
        pytest.param(
            {"sync": "Synced", "revision": "ccc", "operation": FAILED}, False, id="Synced at another revision"
        ),
        pytest.param({"sync": "Synced", "revision": "bbb", "operation": FAILED}, False, id="Synced at its revision"),
        pytest.param({"sync": "Synced", "operation": HOOK_FAILED}, True, id="Synced, but its hook failed"),
        pytest.param({"sync": "OutOfSync", "operation": replace(FAILED, dry_run=True)}, False, id="dry run"),
    ],
)
def test_how_long_a_failed_operation_counts(change: dict[str, object], counts: bool) -> None:
    state = replace(HEALTHY, **change)  # type: ignore[arg-type]  # a table of fields
    assert bool(said(state, Aspect.OPERATION)) is counts


def test_on_an_application_synced_at_the_operations_revision_only_failed_hooks_count() -> None:
    state = replace(HEALTHY, operation=HOOK_FAILED)
    assert "job failed" in said(state, Aspect.OPERATION)
    assert "boom" not in said(state, Aspect.OPERATION)[:1]


@pytest.mark.parametrize(
    "now_running",
    [
        pytest.param(None, id="just posted"),
        pytest.param(replace(FAILED, phase="Running", finished_at=None, results=(), message=""), id="running"),
        pytest.param(replace(FAILED, dry_run=True, phase="Succeeded"), id="a dry run in between"),
    ],
)
def test_a_new_operation_does_not_clear_the_last_failure(now_running: Operation | None) -> None:
    before = replace(HEALTHY, sync="OutOfSync", operation=FAILED)
    after = replace(before, operation=now_running, operation_pending=True)
    assert "boom" in said(after, Aspect.OPERATION, before)


def test_conditions_that_vanish_while_an_operation_is_pending_stay() -> None:
    before = replace(HEALTHY, conditions=(Condition(type="SharedResourceWarning", message="shared"),))
    running = replace(before, conditions=(), operation_pending=True)
    assert said(running, Aspect.CONDITIONS, before) == ["shared"]
    assert said(replace(running, operation_pending=False), Aspect.CONDITIONS, before) == []


def test_an_unknown_sync_status_evaluates_nothing_but_conditions() -> None:
    before = replace(
        HEALTHY,
        sync="OutOfSync",
        health="Degraded",
        resources=(Resource(object=ACCOUNT, version="v1", status="OutOfSync", health="Missing"),),
    )
    blind = replace(
        before,
        sync="Unknown",
        health="Healthy",
        resources=(),
        conditions=(Condition(type="ComparisonError", message="down"),),
    )
    aspects = app_aspects(blind, before=app_aspects(before, before={}, now=NOW), now=NOW)
    assert [signal.reason for signal in aspects[Aspect.STATE]] == ["Degraded", "OutOfSync"]
    assert [signal.message for signal in aspects[Aspect.RESOURCES]] == [
        "Resource not found in cluster: v1/ServiceAccount:web"
    ]
    assert [signal.message for signal in aspects[Aspect.CONDITIONS]] == ["down"]


@pytest.mark.parametrize(
    ("resource", "counts"),
    [
        pytest.param(Resource(object=ACCOUNT, status="OutOfSync", health="Missing"), True, id="desired and absent"),
        pytest.param(Resource(object=ACCOUNT, status="Unknown", health="Missing"), False, id="existence not known"),
        pytest.param(
            Resource(object=ACCOUNT, status="OutOfSync", health="Missing", requires_pruning=True),
            False,
            id="to be pruned",
        ),
        pytest.param(Resource(object=ACCOUNT, status="", health="Missing", hook=True), False, id="hook"),
        pytest.param(Resource(object=ACCOUNT, status="Synced", health="Degraded"), False, id="degraded without a word"),
        pytest.param(
            Resource(object=ACCOUNT, status="Synced", health="Degraded", health_message="no"),
            True,
            id="degraded and says why",
        ),
    ],
)
def test_which_resources_are_signals(resource: Resource, counts: bool) -> None:
    state = replace(HEALTHY, resources=(resource,))
    assert bool(said(state, Aspect.RESOURCES)) is counts


def test_repeats_of_one_condition_are_one_signal() -> None:
    state = replace(HEALTHY, conditions=(Condition(type="ComparisonError", message="x"),) * 3)
    assert said(state, Aspect.CONDITIONS) == ["x"]


def pod(**change: object) -> PodState:
    container = ContainerState(
        name="web",
        role="container",
        image="web:1",
        ready=False,
        restart_count=0,
        waiting_reason="ImagePullBackOff",
        waiting_message="Back-off pulling image",
    )
    return replace(
        PodState(
            cluster="default",
            uid="p1",
            resource_version="1",
            object=ObjectRef(kind="Pod", namespace="shop", name="web-1"),
            controller=None,
            phase="Pending",
            reason="",
            message="",
            node="n1",
            created_at=NOW - timedelta(minutes=1),
            deleting=False,
            ready=False,
            containers=(container,),
        ),
        **change,  # type: ignore[arg-type]  # a table of fields
    )


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        pytest.param(pod(), ["ImagePullBackOff"], id="waiting"),
        pytest.param(pod(deleting=True), [], id="terminating pods are history"),
        pytest.param(
            pod(containers=(replace(pod().containers[0], waiting_reason="ContainerCreating"),)), [], id="starting"
        ),
        pytest.param(
            pod(
                containers=(
                    replace(
                        pod().containers[0],
                        waiting_reason="CrashLoopBackOff",
                        restart_count=3,
                        last_terminated_reason="OOMKilled",
                        last_exit_code=137,
                    ),
                )
            ),
            ["CrashLoopBackOff", "OOMKilled"],
            id="the last end tells why it crashes",
        ),
        pytest.param(
            pod(containers=(), scheduled_message="0/2 nodes are available"), ["Unschedulable"], id="unschedulable"
        ),
        pytest.param(
            pod(phase="Failed", reason="Evicted", message="low on memory", containers=()), ["Evicted"], id="evicted"
        ),
    ],
)
def test_what_a_pods_status_says(state: PodState, reasons: list[str]) -> None:
    owners = Owners(topmost=ObjectRef(group="apps", kind="Deployment", namespace="shop", name="web"), app=APP)
    signals = pod_signals(state, owners, now=NOW)
    assert [signal.reason for signal in signals] == reasons
    assert all(signal.source is Source.POD_STATUS and signal.app == APP for signal in signals)
