"""What one reading of an Application answers, and when it answers nothing."""

from dataclasses import replace

import pytest

from bot.adapters.argocd.questions import application as about
from bot.core.inquiry import Answered
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, Condition, HistoryEntry, Operation, ResourceResult

REFUSED = ResourceResult(
    object=ObjectRef(group="monitoring.coreos.com", kind="PrometheusRule", namespace="monitoring", name="rules"),
    status="SyncFailed",
    message="Make sure the CRD is installed",
)
FAILED = Operation(
    phase="Failed",
    message="tasks are not valid",
    revision="b" * 40,
    started_at=None,
    finished_at=None,
    results=(REFUSED,),
)
WARNED = Condition(type="SharedResourceWarning", message="ConfigMap/grafana is part of applications a and b")
STATE = AppState(
    ref=AppRef(name="prometheus"),
    uid="1",
    resource_version="1",
    sync="OutOfSync",
    revision="b" * 40,
    health="Degraded",
    health_message="Caused by x",
    auto_sync=True,
    operation=FAILED,
    conditions=(WARNED,),
)
RUNNING = replace(FAILED, phase="Running", message="", results=())


@pytest.mark.parametrize(
    ("answered", "value", "quoted"),
    [
        pytest.param(about.health(STATE), "Degraded", "Caused by x", id="health"),
        pytest.param(about.health(replace(STATE, health="")), None, "not assessed", id="health not known yet"),
        pytest.param(about.sync(replace(STATE, sync="")), None, "not compared", id="never compared"),
        pytest.param(
            about.conditions(STATE), (f"SharedResourceWarning: {WARNED.message}",), "part of", id="conditions"
        ),
        pytest.param(about.conditions(replace(STATE, conditions=())), (), "no condition", id="no conditions"),
        pytest.param(
            about.conditions(replace(STATE, conditions=(), operation_pending=True)),
            None,
            "under way",
            id="they may return",
        ),
        pytest.param(about.last_operation(STATE), "Failed", "tasks are not valid", id="operation"),
        pytest.param(
            about.last_operation(replace(STATE, operation=replace(FAILED, dry_run=True))), None, "dry run", id="dry run"
        ),
        pytest.param(
            about.operation_messages(STATE),
            ("tasks are not valid", "PrometheusRule monitoring/rules: Make sure the CRD is installed"),
            "CRD is installed",
            id="messages",
        ),
        pytest.param(
            about.operation_messages(replace(STATE, operation=RUNNING)), None, "not failed yet", id="a new attempt"
        ),
        pytest.param(
            about.operation_messages(replace(STATE, operation=replace(RUNNING, phase="Succeeded", message="synced"))),
            (),
            "synced",
            id="nothing failed",
        ),
        pytest.param(about.parent(STATE), "", "no app-of-apps", id="no parent"),
        pytest.param(
            about.parent(replace(STATE, parent=AppRef(name="root"))), "argocd/root", "argocd/root", id="parent"
        ),
    ],
)
def test_answers(answered: Answered, value: object, quoted: str) -> None:
    assert answered.value == value
    assert quoted in answered.saw


def test_a_condition_that_stands_is_not_gone_and_one_that_left_during_an_operation_is_not_known() -> None:
    assert about.condition_gone(STATE, type_="SharedResourceWarning", contains="grafana").value is False
    assert about.condition_gone(STATE, type_="SharedResourceWarning", contains="other").value is True
    moving = replace(STATE, operation=RUNNING)
    assert about.condition_gone(moving, type_="SyncError", contains="").value is None


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        pytest.param(ObjectRef(kind="PrometheusRule", name="rules"), REFUSED.message, id="by kind and name"),
        pytest.param(ObjectRef(kind="PrometheusRule", namespace="other", name="rules"), "", id="another namespace"),
        pytest.param(ObjectRef(group="x.io", kind="PrometheusRule", name="rules"), "", id="another group"),
    ],
)
def test_the_result_of_one_object(wanted: ObjectRef, value: str) -> None:
    assert about.operation_result(STATE, wanted).value == value


def test_repairs_are_counted_by_argo_cd_itself_or_by_the_history() -> None:
    automated = replace(STATE, operation=replace(FAILED, automated=True))
    document = {"status": {"operationState": {"operation": {"sync": {"autoHealAttemptsCount": 4}}}}}
    assert about.repeated_syncs(automated, document).value == 4
    entries = tuple(
        HistoryEntry(id=number, revision=revision, deployed_at=None, automated=True)
        for number, revision in enumerate(("old", "now", "now", "now"))
    )
    assert about.repeated_syncs(replace(STATE, history=entries), {}).value == 2
    assert about.repeated_syncs(STATE, document).value == 0
