"""What an Alertmanager's body says, and that no body can harm."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.alertmanager.parse import Clusters, ParseError, delivery
from bot.core.signals import ObjectRef
from bot.core.states import AlertReport
from tests.adapters.alertmanager.payloads import OPERATOR, SCHEDULER, STATE_METRICS, alert, body

NOW = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)
ONE = Clusters(watched=frozenset({"default"}))
TWO = Clusters(watched=frozenset({"eu", "us"}))
MAPPED = Clusters(watched=frozenset({"eu"}), named={"k8s-7": "eu"})


def only(*alerts: dict[str, Any], clusters: Clusters = ONE) -> AlertReport:
    (found,) = delivery(body(*alerts), clusters=clusters, now=NOW).alerts
    return found


def test_a_firing_alert_tells_its_name_its_words_its_start_and_who_told_it() -> None:
    report = only(alert("KubeSchedulerDown", SCHEDULER, fingerprint="b7f3c1d29e084a55"))
    assert report == AlertReport(
        cluster="default",
        fingerprint="b7f3c1d29e084a55",
        name="KubeSchedulerDown",
        message=f"KubeSchedulerDown: {SCHEDULER}\nLabels: severity=critical",
        firing=True,
        started_at=datetime(2026, 11, 24, 3, 0, 0, 123456, tzinfo=UTC),
        seen_at=NOW,
        told_by=ObjectRef(
            group="monitoring.coreos.com",
            kind="Prometheus",
            namespace="monitoring",
            name="prometheus-prod-kube-prome-prometheus",
        ),
    )


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        pytest.param(
            {"namespace": "shop", "pod": "web-5d4f-x2x9k", "container": "web"}, "Pod shop/web-5d4f-x2x9k", id="pod"
        ),
        pytest.param(
            {**STATE_METRICS, "namespace": "shop", "deployment": "web"}, "Deployment shop/web", id="deployment"
        ),
        pytest.param(
            {**STATE_METRICS, "namespace": "shop", "statefulset": "db"}, "StatefulSet shop/db", id="stateful set"
        ),
        pytest.param({**STATE_METRICS, "namespace": "shop", "daemonset": "log"}, "DaemonSet shop/log", id="daemon set"),
        pytest.param(
            {**STATE_METRICS, "namespace": "shop", "job_name": "mail-1"},
            "Job shop/mail-1",
            id="a job, not the scrape job",
        ),
        pytest.param(
            {"namespace": "shop", "persistentvolumeclaim": "data-0", "node": "w1"},
            "PersistentVolumeClaim shop/data-0",
            id="claim",
        ),
        pytest.param(
            {"namespace": "shop", "horizontalpodautoscaler": "web"}, "HorizontalPodAutoscaler shop/web", id="autoscaler"
        ),
        pytest.param(
            {**STATE_METRICS, "namespace": "monitoring", "node": "worker-3"},
            "Node worker-3",
            id="a node, not the exporter",
        ),
        pytest.param({"node": "worker-3"}, "Node worker-3", id="node alone"),
        pytest.param(
            {"namespace": "kube-system", "service": "kube-proxy", "job": "kube-proxy"},
            "Service kube-system/kube-proxy",
            id="a scrape target",
        ),
        pytest.param({"namespace": "shop"}, "Namespace shop", id="namespace alone"),
        pytest.param({"pod": "web-1"}, "None", id="a pod without its namespace"),
        pytest.param({"namespace": "shop", "pod": "../../etc"}, "Namespace shop", id="what can't be a name"),
        pytest.param({}, "None", id="nothing"),
    ],
)
def test_labels_name_the_object_that_is_unwell(labels: dict[str, str], wanted: str) -> None:
    assert str(only(alert("X", labels=labels)).object) == wanted


@pytest.mark.parametrize(
    ("item", "firing"),
    [
        pytest.param(alert("X"), True, id="no end yet"),
        pytest.param(alert("X", status="resolved", ended="2026-11-24T03:10:00Z"), False, id="resolved"),
        pytest.param(alert("X", ended="2026-11-24T03:10:00Z"), False, id="firing, but its end has passed"),
        pytest.param(alert("X", ended="2026-11-24T03:30:00Z"), True, id="its end is to come"),
    ],
)
def test_whether_it_fires(item: dict[str, Any], firing: bool) -> None:
    assert only(item).firing is firing


@pytest.mark.parametrize(
    ("clusters", "labels", "wanted"),
    [
        pytest.param(ONE, {}, "default", id="one cluster, no label"),
        pytest.param(ONE, {"cluster": "eu-1"}, "default", id="one cluster, no map"),
        pytest.param(TWO, {"cluster": "us"}, "us", id="by its own name"),
        pytest.param(TWO, {"cluster": "asia"}, "asia", id="a cluster nobody watches"),
        pytest.param(TWO, {}, "unknown", id="two clusters, no label"),
        pytest.param(MAPPED, {"cluster": "k8s-7"}, "eu", id="mapped"),
        pytest.param(MAPPED, {"cluster": "k8s-8"}, "k8s-8", id="not in the map"),
        pytest.param(
            Clusters(watched=frozenset({"eu", "us"}), label="k8s"),
            {"k8s": "us", "cluster": "eu"},
            "us",
            id="another label",
        ),
    ],
)
def test_which_cluster_it_is_about(clusters: Clusters, labels: dict[str, str], wanted: str) -> None:
    assert only(alert("X", labels=labels), clusters=clusters).cluster == wanted


def test_common_labels_stand_for_those_an_alert_lacks() -> None:
    (report,) = delivery(body(alert("X"), common={"node": "w1"}), clusters=ONE, now=NOW).alerts
    assert report.node == "w1"


def test_an_alert_without_a_fingerprint_keeps_one_of_its_labels() -> None:
    item = alert("X", labels={"node": "w1"})
    del item["fingerprint"]
    changed = alert("X", "another figure", labels={"node": "w1"})
    changed["fingerprint"] = "not/a fingerprint"
    other = alert("X", labels={"node": "w2"}) | {"fingerprint": None}
    assert only(item).fingerprint == only(changed).fingerprint != only(other).fingerprint


def test_how_many_were_kept_back_is_told() -> None:
    assert delivery(body(alert("X"), truncated=7), clusters=ONE, now=NOW).truncated == 7


def test_a_start_in_the_future_is_now() -> None:
    assert only(alert("X", started="2026-11-25T00:00:00Z")).started_at == NOW
    assert only(alert("X", started="soon")).started_at == NOW


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(b"", "isn't JSON", id="empty"),
        pytest.param(b"\xff\xfe\x00", "isn't JSON", id="no text"),
        pytest.param(b"[" * 100_000, "nested too deep", id="deep"),
        pytest.param(b"[]", "no list `alerts`", id="a list"),
        pytest.param(b'{"alerts": {}}', "no list `alerts`", id="no list"),
        pytest.param(b'{"alerts": [1, "x"]}', "none of the `alerts`", id="no object"),
    ],
)
def test_what_is_no_delivery_is_refused_with_a_reason(sent: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        delivery(sent, clusters=ONE, now=NOW)


def test_odd_values_are_passed_over() -> None:
    odd = {"status": 7, "labels": {"alertname": "X\x1b[31m\ud800", "a": None, "n": 3}, "annotations": [], "startsAt": 5}
    report = delivery(json.dumps({"alerts": [odd, None]}).encode(), clusters=ONE, now=NOW).alerts[0]
    assert report.name.isprintable()
    assert report.name.startswith("X")
    assert report.name.encode("utf-8")
    assert (report.firing, report.started_at, report.object) == (True, NOW, None)


def test_texts_are_cut() -> None:
    assert len(only(alert("X", "y" * 1_000_000)).message) < 10_000


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["status", "labels", "annotations", "startsAt", "endsAt", "fingerprint"])


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=6), max_size=3), st.dictionaries(st.text(), st.text()))
def test_whatever_the_fields_hold_it_is_read_or_refused(alerts: list[dict[str, Any]], labels: dict[str, str]) -> None:
    sent = json.dumps({"alerts": alerts, "commonLabels": labels}).encode()
    with suppress(ParseError):
        for report in delivery(sent, clusters=ONE, now=NOW).alerts:
            assert report.message.encode("utf-8")
            assert report.started_at <= NOW + timedelta(0)


def test_the_operators_labels_stay_out_of_the_words() -> None:
    assert OPERATOR["prometheus"] not in only(alert("X")).message
