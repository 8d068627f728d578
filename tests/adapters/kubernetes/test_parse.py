"""Kubernetes' JSON in our own words, over recorded lines, odd ones and arbitrary JSON."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.kubernetes import parse
from bot.adapters.kubernetes.parse import ParseError
from bot.core.signals import ObjectRef

RECORDED = Path(__file__).parents[2] / "recorded" / "kubernetes" / "watch.ndjson"
OBJECTS: dict[str, dict[str, Any]] = {
    line["name"]: line["data"]["object"] for line in map(json.loads, RECORDED.read_text().splitlines())
}


def raw(obj: object) -> bytes:
    return json.dumps(obj).encode()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-23T{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "about", "reason", "count", "times", "component"),
    [
        ("statefulset", "StatefulSet", "FailedCreate", 1, ("08:04:28", "08:04:28"), "statefulset-controller"),
        ("repeated", "StatefulSet", "FailedCreate", 14, ("08:04:28", "08:09:53"), "statefulset-controller"),
        ("combined", "ReplicaSet", "FailedCreate", 1, ("08:10:38", "08:10:38"), "replicaset-controller"),
        ("scheduler-first", "Pod", "FailedScheduling", 1, ("08:18:59.738860", "08:18:59.738860"), "default-scheduler"),
        ("scheduler-series", "Pod", "FailedScheduling", 2, ("08:19:01.746324", "08:19:11.197055"), "default-scheduler"),
        ("kubelet", "Pod", "Failed", 1, ("08:07:28", "08:07:28"), "kubelet"),
        ("claim", "PersistentVolumeClaim", "ProvisioningFailed", 1, ("08:19:00", "08:19:00"),
         "persistentvolume-controller"),
        ("application-normal", "Application", "OperationStarted", 1, ("08:09:50", "08:09:50"),
         "argocd-application-controller"),
    ],
    ids=lambda value: value if isinstance(value, str) and value in OBJECTS else "",
)  # fmt: skip
def test_recorded_events(
    name: str, about: str, reason: str, count: int, times: tuple[str, str], component: str
) -> None:
    report = parse.event(raw(OBJECTS[name]), "prod")
    assert (report.cluster, report.uid) == ("prod", OBJECTS[name]["metadata"]["uid"])
    assert (report.object.kind, report.reason, report.count) == (about, reason, count)
    assert (report.first_at, report.last_at, report.component) == (*map(moment, times), component)
    assert report.message == OBJECTS[name]["message"]
    assert report.warning is (name != "application-normal")


def test_an_events_object_is_named_whole() -> None:
    report = parse.event(raw(OBJECTS["combined"]), "prod")
    assert report.object == ObjectRef(
        group="apps", kind="ReplicaSet", namespace="production", name="k8s-web-app-prod-96f44d574"
    )
    assert report.object_uid == OBJECTS["combined"]["involvedObject"]["uid"]


@pytest.mark.parametrize(
    ("path", "container"),
    [
        pytest.param("spec.containers{web}", "web", id="a container"),
        pytest.param("spec.initContainers{wait-for-db}", "wait-for-db", id="an init container"),
        pytest.param("spec.ephemeralContainers{debugger-x2x9k}", "debugger-x2x9k", id="an ephemeral container"),
        pytest.param("spec.containers[2]", "", id="a container without a name"),
        pytest.param("spec", "", id="the whole"),
        pytest.param("", "", id="empty"),
        pytest.param(None, "", id="absent"),
        pytest.param("spec.containers{" + "a" * 10_000 + "}", "", id="far too long"),
    ],
)
def test_an_event_tells_which_container_it_is_about(path: str | None, container: str) -> None:
    for field in ("involvedObject", "regarding"):
        body = {
            field: {"kind": "Pod", "name": "web-1", "fieldPath": path},
            "metadata": {"creationTimestamp": "2026-11-23T08:00:00Z"},
        }
        assert parse.event(raw(body), "prod").container == container


def test_the_newer_event_api_says_the_same() -> None:
    old = OBJECTS["scheduler-series"]
    new = {
        "metadata": old["metadata"],
        "regarding": old["involvedObject"],
        "note": old["message"],
        "deprecatedCount": 1,
        "reportingController": old["reportingComponent"],
    } | {field: old[field] for field in ("reason", "type", "eventTime", "series")}
    assert parse.event(raw(new), "prod") == parse.event(raw(old), "prod")


@pytest.mark.parametrize(
    ("name", "waiting", "text"),
    [
        ("pod-pull", "ImagePullBackOff", "no match for platform in manifest"),
        ("pod-crash", "CrashLoopBackOff", "back-off 10s restarting failed container"),
    ],
)
def test_recorded_pods_that_wait(name: str, waiting: str, text: str) -> None:
    pod = parse.pod(raw(OBJECTS[name]), "prod")
    (container,) = pod.containers
    assert (container.role, container.ready, container.waiting_reason) == ("container", False, waiting)
    assert text in container.waiting_message
    assert pod.controller is not None
    assert (pod.controller.group, pod.controller.kind) == ("apps", "ReplicaSet")
    assert (pod.ready, pod.deleting, pod.scheduled_message) == (False, False, "")


def test_recorded_crash_tells_how_it_ended_before() -> None:
    (container,) = parse.pod(raw(OBJECTS["pod-crash"]), "prod").containers
    assert (container.last_terminated_reason, container.last_exit_code, container.exit_code) == ("Error", 1, None)


def test_recorded_pod_without_a_node() -> None:
    pod = parse.pod(raw(OBJECTS["pod-unschedulable"]), "prod")
    assert pod.scheduled_message.startswith("0/2 nodes are available")
    assert (pod.node, pod.containers) == ("", ())


def test_recorded_pod_that_is_going() -> None:
    pod = parse.pod(raw(OBJECTS["pod-ready"]), "prod")
    assert (pod.ready, pod.deleting, pod.phase) == (True, True, "Running")
    assert pod.service_account == "prometheus-prod-kube-prome-prometheus"
    assert "kube-root-ca.crt" in pod.config_maps


def test_what_a_pod_refers_to() -> None:
    spec = {
        "containers": [
            {
                "env": [
                    {"name": "a", "valueFrom": {"secretKeyRef": {"name": "from-key"}}},
                    {"name": "b", "valueFrom": {"configMapKeyRef": {"name": "map-key"}}},
                    {"name": "c", "value": "plain"},
                ],
                "envFrom": [{"secretRef": {"name": "from-env"}}, {"configMapRef": {"name": "map-env"}}],
            }
        ],
        "initContainers": [{"envFrom": [{"secretRef": {"name": "from-init"}}]}],
        "imagePullSecrets": [{"name": "pull"}],
        "volumes": [
            {"persistentVolumeClaim": {"claimName": "data"}},
            {"secret": {"secretName": "volume"}},
            {"configMap": {"name": "map-volume"}},
            {"projected": {"sources": [{"secret": {"name": "projected"}}, {"configMap": {"name": "map-projected"}}]}},
        ],
    }
    pod = parse.pod(raw({"metadata": {"name": "a", "uid": "u"}, "spec": spec}), "prod")
    assert pod.claims == {"data"}
    assert pod.secrets == {"from-key", "from-env", "from-init", "pull", "volume", "projected"}
    assert pod.config_maps == {"map-key", "map-env", "map-volume", "map-projected"}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "expected"),
    [
        ("Deployment", {"replicas": 3}, {"readyReplicas": 3, "updatedReplicas": 1}, (3, 1)),
        ("Deployment", {}, {}, (1, 0)),
        ("Deployment", {"replicas": 0}, {}, (0, 0)),
        ("StatefulSet", {"replicas": 2}, {"readyReplicas": 2, "updatedReplicas": 2}, (2, 2)),
        ("ReplicaSet", {"replicas": 3}, {"readyReplicas": 2}, (3, 2)),
        ("DaemonSet", {}, {"desiredNumberScheduled": 4, "numberReady": 4, "updatedNumberScheduled": 3}, (4, 3)),
        ("Job", {"completions": 2}, {"succeeded": 1}, (2, 1)),
        ("ConfigMap", {}, {}, (None, None)),
        ("Deployment", {"replicas": "three"}, {"readyReplicas": None}, (1, 0)),
    ],
    ids=["updating", "defaults", "scaled to zero", "stateful set", "replica set", "daemon set", "job", "none", "odd"],
)
def test_wanted_and_ready(
    kind: str, spec: dict[str, Any], status: dict[str, Any], expected: tuple[int | None, int | None]
) -> None:
    ref = ObjectRef(group="apps", kind=kind, namespace="web", name="web")
    workload = parse.workload(raw({"metadata": {"uid": "u"}, "spec": spec, "status": status}), ref)
    assert (workload.wanted, workload.ready) == expected


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"annotations": {parse.TRACKING_ID: "web-prod:apps/Deployment:web/web"}}, "web-prod"),
        ({"annotations": {parse.TRACKING_ID: "argocd_web:apps/Deployment:web/web"}}, "argocd_web"),
        ({"annotations": {parse.TRACKING_ID: "web-prod:apps/Deployment:web/other"}}, ""),
        ({"annotations": {parse.TRACKING_ID: "a:apps/Pod:web/web"}, "labels": {parse.INSTANCE_LABEL: "a"}}, ""),
        ({"labels": {parse.INSTANCE_LABEL: "web-prod"}}, "web-prod"),
        ({}, ""),
    ],
    ids=["own", "other namespace", "copied", "of another kind", "label", "none"],
)  # fmt: skip
def test_tracking(metadata: dict[str, Any], expected: str) -> None:
    ref = ObjectRef(group="apps", kind="Deployment", namespace="web", name="web")
    assert parse.workload(raw({"metadata": metadata}), ref).tracking_app == expected


@pytest.mark.parametrize(
    "body",
    [OBJECTS["bookmark"], {}, [], None, 7, {"metadata": None}, {"involvedObject": {"kind": "Pod", "name": "a"}}],
    ids=["bookmark", "empty", "list", "null", "number", "no metadata", "no time"],
)
def test_what_is_no_reading(body: object) -> None:
    with pytest.raises(ParseError):
        parse.event(raw(body), "prod")
    with pytest.raises(ParseError):
        parse.pod(raw(body), "prod")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"metadata": "\xff"}', b"[" * 100_000], ids=repr)
def test_what_is_no_json(body: bytes) -> None:
    for read in (parse.event, parse.pod):
        with pytest.raises(ParseError):
            read(body, "prod")


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-13-01T00:00:00Z", "1" * 100],
    ids=repr,
)
def test_a_moment_that_is_none_falls_back_to_another(text: str) -> None:
    report = parse.event(raw(OBJECTS["kubelet"] | {"lastTimestamp": text}), "prod")
    assert report.last_at == report.first_at == moment("08:07:28")


def test_secrets_are_hidden_and_texts_are_bounded() -> None:
    told = "password=hunter2-hunter2 " + "x" * 200_000
    report = parse.event(raw(OBJECTS["kubelet"] | {"message": told}), "prod")
    assert "hunter2" not in report.message
    assert len(report.message) <= parse.TEXT_LIMIT + 100


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (raw({"kind": "Status", "message": "no", "reason": "Forbidden"}), ("no", "Forbidden")),
        (b"404 page not found\n", ("404 page not found\n", "")),
        (b"", ("HTTP 404 without a word", "")),
        (raw({"message": "of another"}), ('{"message": "of another"}', "")),
        (b"\xff\xfe", ("\ufffd\ufffd", "")),
    ],
    ids=["status", "text", "empty", "other json", "bytes"],
)
def test_the_servers_own_words(body: bytes, expected: tuple[str, str]) -> None:
    assert parse.status_message(body, 404) == expected


FIELDS = sorted({field for obj in OBJECTS.values() for field in (*obj, *obj.get("spec", {}), *obj.get("status", {}))})
READERS: tuple[Callable[[bytes], object], ...] = (
    lambda text: parse.event(text, "prod"),
    lambda text: parse.pod(text, "prod"),
    lambda text: parse.workload(text, ObjectRef(group="apps", kind="Deployment", namespace="web", name="web")),
    parse.node,
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("2026-11-23T08:00:00Z"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(FIELDS) | st.sampled_from(["name", "kind", "uid", "metadata"]), inner, max_size=6
        )
    ),
    max_leaves=20,
)


@given(ANYTHING, st.sampled_from(sorted(OBJECTS)), st.sampled_from(FIELDS))
def test_any_json_gives_a_reading_or_a_parse_error(value: object, name: str, field: str) -> None:
    for body in (value, OBJECTS[name] | {field: value}):
        text = raw(body)
        for read in READERS:
            with suppress(ParseError):
                read(text)
        assert parse.status_message(text, 500)[0]
