"""Alerts stand until they are told resolved or fall silent, and join what is known of the same object."""

from dataclasses import replace
from datetime import timedelta

from bot.core.incidents import Snapshot, State
from bot.core.observation import Owners
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AlertReport
from tests.core.stories import DEPLOYMENT, OWNERS, app, at, board, ended, event, live, roots

POD = ObjectRef(kind="Pod", namespace="shop", name="web-6c9f7d5b8-x2x9k")
NODE = ObjectRef(kind="Node", name="worker-3")
OF_NODE = Owners(topmost=NODE, app=None)


def alert(message: str, *, seconds: float = 0, **more: object) -> AlertReport:
    report = AlertReport(
        cluster="default",
        fingerprint="b7f3c1d29e084a55",
        name="X",
        message=message,
        firing=True,
        started_at=at(0),
        seen_at=at(seconds),
    )
    return replace(report, **more)  # type: ignore[arg-type]  # fields of a report


NODE_AWAY = alert("KubeNodeNotReady: node is away", object=NODE, node="worker-3")


def test_an_alert_about_a_node_opens_an_incident_though_no_application_owns_it() -> None:
    it = board()
    it.observe_alert(NODE_AWAY, OF_NODE, now=at(1))
    it.tick(now=at(20))
    assert roots(it) == ["node-not-ready"]
    assert live(it)[0].key.subject == "worker-3"


def test_an_alert_about_an_object_that_nobody_owns_is_counted() -> None:
    it = board()
    it.observe_alert(alert("back-off restarting", object=POD), Owners(topmost=POD, app=None), now=at(1))
    it.tick(now=at(20))
    assert (roots(it), it.unmanaged_count) == ([], 1)


def test_what_no_entry_knows_and_what_is_noise_opens_nothing() -> None:
    it = board()
    it.observe_alert(alert("something"), None, now=at(1))
    it.observe_alert(alert("nothing wrong", fingerprint="f2"), None, now=at(1))
    it.tick(now=at(20))
    assert roots(it) == []


def test_an_alert_joins_the_incident_of_its_object_instead_of_a_second_thread() -> None:
    it = board()
    it.observe_app(app(), now=at(0))
    it.observe_event(event("back-off restarting failed container", seconds=1), OWNERS, now=at(1))
    it.observe_alert(alert("back-off restarting", object=POD, seconds=2), OWNERS, now=at(2))
    it.tick(now=at(20))
    assert roots(it) == ["crash-loop"]
    assert len(live(it)[0].signals) == 2


def test_a_symptom_told_by_an_alert_joins_the_root_of_its_application() -> None:
    it = board()
    it.observe_app(app(), now=at(0))
    it.observe_event(event("violates PodSecurity", seconds=1), OWNERS, now=at(1))
    it.observe_alert(alert("is Degraded", object=DEPLOYMENT, seconds=2), OWNERS, now=at(2))
    it.tick(now=at(20))
    assert roots(it) == ["pod-security-violation"]
    assert len(live(it)[0].symptoms) == 1


def test_it_stands_until_it_is_told_resolved() -> None:
    it = board()
    it.observe_alert(NODE_AWAY, OF_NODE, now=at(1))
    it.tick(now=at(4000))
    assert roots(it) == ["node-not-ready"]
    it.observe_alert(replace(NODE_AWAY, firing=False), OF_NODE, now=at(4001))
    it.tick(now=at(4002))
    it.tick(now=at(4200))
    assert ended(it) == ["node-not-ready"]
    assert next(iter(it.ledger.incidents.values())).resolved_why == "Alertmanager says that it is resolved"


def test_repeats_with_other_figures_are_the_same_failure() -> None:
    it = board()
    it.observe_alert(replace(NODE_AWAY, message="node is away for 15 minutes"), OF_NODE, now=at(1))
    it.observe_alert(replace(NODE_AWAY, message="node is away: 3.1 %", seen_at=at(900)), OF_NODE, now=at(900))
    it.tick(now=at(901))
    assert [len(incident.signals) for incident in live(it)] == [1]


def test_silence_longer_than_the_setting_closes_it_as_not_seen_again() -> None:
    it = board()
    it.observe_alert(NODE_AWAY, OF_NODE, now=at(1))
    it.observe_alert(replace(NODE_AWAY, seen_at=at(3600)), OF_NODE, now=at(3600))
    later = at(3600) + timedelta(hours=9)
    it.tick(now=later - timedelta(seconds=1))
    assert roots(it) == ["node-not-ready"]
    it.tick(now=later)
    it.tick(now=later + timedelta(minutes=3))
    assert next(iter(it.ledger.incidents.values())).resolved_why == "not seen again"


def test_a_late_copy_of_a_resolved_alert_is_no_return_but_a_new_start_is() -> None:
    it = board()
    it.observe_alert(NODE_AWAY, OF_NODE, now=at(1))
    it.observe_alert(replace(NODE_AWAY, firing=False), OF_NODE, now=at(10))
    it.observe_alert(NODE_AWAY, OF_NODE, now=at(11))
    assert all(standing.gone_at for standing in it.ledger.standings.values())
    it.observe_alert(replace(NODE_AWAY, started_at=at(12)), OF_NODE, now=at(12))
    assert any(standing.gone_at is None for standing in it.ledger.standings.values())


def test_a_restart_keeps_it_standing() -> None:
    it = board()
    it.observe_alert(NODE_AWAY, OF_NODE, now=at(1))
    changes = it.take(now=at(1))
    again = board()
    again.restore(Snapshot(incidents=changes.incidents, standings=changes.standings))
    again.tick(now=at(600))
    assert [incident.state for incident in live(again)] == [State.OPEN]
    again.observe_alert(replace(NODE_AWAY, firing=False), OF_NODE, now=at(601))
    again.tick(now=at(602))
    again.tick(now=at(800))
    assert live(again) == []


def test_an_alert_about_nothing_in_particular_belongs_where_its_rule_does() -> None:
    it = board()
    it.observe_app(app(), now=at(0))
    prometheus = ObjectRef(group="monitoring.coreos.com", kind="Prometheus", namespace="shop", name="k8s")
    it.observe_alert(alert("node is away"), Owners(topmost=prometheus, app=AppRef(name="shop")), now=at(1))
    it.tick(now=at(20))
    assert [incident.apps for incident in live(it)] == [("argocd/shop",)]
