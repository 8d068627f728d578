"""What the objects of an Application answer: existence, drift, tracking, images."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.argocd.questions import objects
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, HistoryEntry, ManagedResource, Resource, TreeNode

ACCOUNT = ObjectRef(kind="ServiceAccount", namespace="monitoring", name="prometheus")
RULE = ObjectRef(group="monitoring.coreos.com", kind="PrometheusRule", namespace="monitoring", name="rules")
STATE = AppState(
    ref=AppRef(name="prometheus"),
    uid="1",
    resource_version="1",
    sync="OutOfSync",
    resources=(
        Resource(object=ACCOUNT, status="OutOfSync", health="Missing"),
        Resource(object=RULE, status="Unknown", health="Missing"),
    ),
)


@pytest.mark.parametrize(
    ("state", "nodes", "wanted", "value", "quoted"),
    [
        pytest.param(STATE, [TreeNode(object=ACCOUNT, health="Missing")], ACCOUNT, "Missing", "Missing", id="missing"),
        pytest.param(
            STATE, [TreeNode(object=RULE, health="Missing")], RULE, None, "may exist", id="missing and unknown"
        ),
        pytest.param(
            replace(STATE, sync="Unknown"), [], ACCOUNT, None, "could not be compared", id="nothing was compared"
        ),
        pytest.param(STATE, [], replace(ACCOUNT, name="other"), "Absent", "has no", id="not its object"),
        pytest.param(
            replace(STATE, resources=()), [TreeNode(object=ACCOUNT, uid="7")], ACCOUNT, "Live", "Live", id="no health"
        ),
    ],
)
def test_health_of_one_object(
    state: AppState, nodes: list[TreeNode], wanted: ObjectRef, value: str | None, quoted: str
) -> None:
    answered = objects.resource_health(state, nodes, wanted)
    assert answered.value == value
    assert quoted in answered.saw


def test_drift_names_what_is_missing() -> None:
    answered = objects.drift(STATE)
    assert answered.value == ("ServiceAccount/monitoring/prometheus",)
    assert answered.saw == "OutOfSync: ServiceAccount monitoring/prometheus (missing)"
    assert answered.fields["first"] == "ServiceAccount/monitoring/prometheus"


@pytest.mark.parametrize(
    ("managed", "value"),
    [
        pytest.param([ManagedResource(object=ACCOUNT, target="{}", live=None)], True, id="declared"),
        pytest.param([ManagedResource(object=ACCOUNT, target=None, live="{}")], False, id="only live"),
        pytest.param([], False, id="not there"),
    ],
)
def test_desires(managed: list[ManagedResource], value: bool) -> None:
    wanted = ObjectRef(kind="ServiceAccount", name="prometheus")
    assert objects.desires(STATE, managed, wanted).value is value
    assert objects.desires(replace(STATE, sync="Unknown"), managed, wanted).value is None


def live(tracking: str = "", **labels: str) -> list[ManagedResource]:
    annotations = {objects.TRACKING_ID: tracking} if tracking else {}
    body = {"metadata": {"annotations": annotations, "labels": labels}}
    return [ManagedResource(object=ACCOUNT, target="{}", live=json.dumps(body))]


@pytest.mark.parametrize(
    ("managed", "owner"),
    [
        pytest.param(live("secrets:/ServiceAccount:monitoring/prometheus"), "argocd/secrets", id="own namespace"),
        pytest.param(live("team_web:/ServiceAccount:monitoring/prometheus"), "team/web", id="another namespace"),
        pytest.param(live("secrets:/ServiceAccount:monitoring/copied"), None, id="a copied id"),
        pytest.param(live("secrets:apps/Deployment:monitoring/prometheus"), None, id="another kind"),
        pytest.param(live(instance="web"), "argocd/web", id="by label"),
        pytest.param([ManagedResource(object=ACCOUNT, target="{}", live=None)], None, id="not live"),
    ],
)
def test_tracking_owner(managed: list[ManagedResource], owner: str | None) -> None:
    answered = objects.tracking_owner(managed, ACCOUNT, home="argocd", label="instance")
    assert answered.value == owner
    assert answered.fields.get("object") == ("ServiceAccount/monitoring/prometheus" if owner else None)


def manifest(image: str) -> str:
    spec = {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}
    return json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})


@pytest.mark.parametrize(
    ("earlier", "value", "image"),
    [
        pytest.param([(3, "a" * 40, [manifest("acme/web:1")])], True, "acme/web:1", id="another tag"),
        pytest.param([(3, "a" * 40, [manifest("docker.io/acme/web:latest")])], False, None, id="the same, spelled out"),
        pytest.param([], False, None, id="no earlier one"),
    ],
)
def test_an_earlier_image(earlier: list[tuple[int, str, list[str]]], value: bool, image: str | None) -> None:
    state = replace(STATE, history=(HistoryEntry(id=4, revision="b", deployed_at=None),))
    answered = objects.earlier_image(state, "acme/web", earlier, objects.images_in([manifest("acme/web:latest")]))
    assert answered.value is value
    assert answered.fields.get("image") == image


@given(st.text(max_size=40), st.text(max_size=200))
def test_no_tracking_id_and_no_manifest_trips_the_parsers(tracking: str, body: str) -> None:
    assert objects.tracked_by(tracking, ACCOUNT, home="argocd") is None or "/ServiceAccount:" in tracking
    assert objects.images_in([body]) == {}
