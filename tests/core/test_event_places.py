"""An Event names its Pod and nothing more: node, container image and references are the Pod's."""

from dataclasses import replace

import pytest

from bot.core.observation import Owners
from bot.core.pods import Pods
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import ContainerState, EventReport, PodState
from bot.core.telling import incident_values
from tests.core.stories import OWNERS, START, app, at, board, event, live

BILLING = AppRef(name="billing")
BILLS = ObjectRef(group="apps", kind="Deployment", namespace="billing", name="bills")


def pod(name: str, *, namespace: str = "shop", node: str = "worker-7", **change: object) -> PodState:
    reading = PodState(
        cluster="default",
        uid=f"{namespace}/{name}",
        resource_version="1",
        object=ObjectRef(kind="Pod", namespace=namespace, name=name),
        controller=None,
        phase="Running",
        reason="",
        message="",
        node=node,
        created_at=START,
        deleting=False,
        ready=False,
        containers=(ContainerState(name="web", role="container", image="shop:2", ready=False, restart_count=0),),
    )
    return replace(reading, **change)  # type: ignore[arg-type]  # a table of fields


def away(of: PodState, *, seconds: float) -> EventReport:
    return event("the node is away", seconds=seconds, on=of.object, reason="NodeNotReady", uid=f"away {of.uid}")


@pytest.mark.parametrize("pods_first", [pytest.param(True, id="Pods first"), pytest.param(False, id="Events first")])
def test_a_node_outage_is_one_incident_with_a_count_for_all_applications(*, pods_first: bool) -> None:
    of = board()
    of.observe_app(app(), now=START)
    of.observe_app(app(ref=BILLING, destination_namespace="billing", resources=()), now=START)
    stand = [(pod("web-1"), OWNERS), (pod("bills-1", namespace="billing"), Owners(topmost=BILLS, app=BILLING))]
    if pods_first:
        for reading, owners in stand:
            of.observe_pod(reading, owners, now=START)
    for reading, owners in stand:
        of.observe_event(away(reading, seconds=1), owners, now=at(1))
    if not pods_first:
        for reading, owners in stand:
            of.observe_pod(replace(reading, node=""), owners, now=at(2))
            of.observe_pod(reading, owners, now=at(3))
    (incident,) = live(of)
    assert (incident.key.subject, incident.apps, incident.count) == (
        "worker-7",
        ("argocd/billing", "argocd/shop"),
        2,
    )
    assert incident_values(incident, of.ledger)["node"] == "worker-7"


def test_two_nodes_of_one_workload_are_two_incidents_however_their_events_repeat() -> None:
    of = board()
    of.observe_app(app(), now=START)
    first, second = pod("web-1"), pod("web-2", node="worker-8")
    for reading in (first, second):
        of.observe_pod(reading, OWNERS, now=START)
    for seconds in (1, 2, 3):
        for reading in (first, second):
            of.observe_event(away(reading, seconds=seconds), OWNERS, now=at(seconds))
    of.tick(now=at(600))
    assert [incident.key.subject for incident in live(of)] == ["worker-7", "worker-8"]


def test_an_event_of_a_container_knows_its_image() -> None:
    of = board()
    of.observe_app(app(), now=START)
    reading = pod("web-1")
    of.observe_pod(reading, OWNERS, now=START)
    report = replace(event("back-off restarting failed container", on=reading.object), container="web")
    of.observe_event(report, OWNERS, now=START)
    (incident,) = live(of, posted=False)
    values = incident_values(incident, of.ledger)
    assert (values["container"], values["image"], values["node"]) == ("web", "shop:2", "worker-7")


def test_a_claim_is_known_by_the_living_pod_that_names_it() -> None:
    pods = Pods()
    claim = ObjectRef(kind="PersistentVolumeClaim", namespace="shop", name="data-db-0")
    reading = pod("db-0", claims=frozenset({"data-db-0"}))
    assert pods.claiming("default", claim) is None
    pods.put(reading)
    assert pods.claiming("default", claim) == reading
    assert pods.claiming("other", claim) is None
    pods.put(replace(reading, deleting=True))
    assert pods.claiming("default", claim) is None
    assert pods.living("default", reading.object) is None
    pods.put(reading)
    assert pods.drop(reading.uid) == reading
    assert pods.claiming("default", claim) is None
    assert not list(pods.of("default"))
