"""What single objects answer, in the shapes real servers send them and in odd ones."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.kubernetes.questions import (
    events,
    extensions,
    namespaces,
    nodes,
    references,
    services,
    storage,
    templates,
)
from bot.adapters.kubernetes.questions import workloads as work
from bot.adapters.kubernetes.questions.shapes import Node
from bot.core.signals import ObjectRef
from bot.core.states import EventReport

Json = dict[str, Any]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "spec", "status", "conditions", "name", "labels", "template", "containers", "webhooks",
                 "endpoints", "limits", "type", "hard", "used", "addresses", "selector", "matchLabels"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)  # fmt: skip


def node(labels: Json | None = None, provider: str = "", version: str = "v1.36.1") -> Node:
    return msgspec.convert(
        {
            "metadata": {"name": "n", "labels": labels or {}},
            "spec": {"providerID": provider},
            "status": {"nodeInfo": {"kubeletVersion": version, "operatingSystem": "linux", "architecture": "amd64"}},
        },
        Node,
    )


@pytest.mark.parametrize(
    ("found", "product"),
    [
        (node({"eks.amazonaws.com/nodegroup": "a"}, "aws:///eu-central-1a/i-1"), "EKS"),
        (node({}, "aws:///eu-central-1a/i-1", "v1.31.4-eks-aeac579"), "EKS"),
        (node({"cloud.google.com/gke-nodepool": "pool"}, "gce://project/zone/n"), "GKE"),
        (node({}, "gce://p/z/n", "v1.33.5-gke.1080000"), "GKE"),
        (node({"kubernetes.azure.com/cluster": "mc"}, "azure:///subscriptions/1"), "AKS"),
        (node({"doks.digitalocean.com/node-pool": "p"}, "digitalocean://1"), "DOKS"),
        (node({"node-role.kubernetes.io/control-plane": ""}, "kind://docker/a/b"), ""),
        (node({"node-role.kubernetes.io/control-plane": ""}, "aws:///eu/i-1"), ""),
        (node({}, "aws:///eu-central-1a/i-1"), None),
        (node(), None),
    ],
)
def test_who_runs_the_control_plane(found: Node, product: str | None) -> None:
    assert nodes.control_plane([found]).value == product


def test_without_nodes_nothing_is_known() -> None:
    assert nodes.platforms([]).value is None
    assert nodes.control_plane([]).value is None
    assert nodes.platforms([node(), node()]).fields == {"only": "linux/amd64"}


@pytest.mark.parametrize(
    ("obj", "values"),
    [
        ({"kind": "Pod", "spec": {"containers": [{"name": "c", "image": "a"}]}}, ("a",)),
        ({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": {
            "containers": [{"name": "c", "image": "a"}]}}}}}}, ("a",)),
        ({"kind": "Rollout", "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "a"}],
          "ephemeralContainers": [{"name": "d", "image": "b"}]}}}}, ("a", "b")),
        ({"kind": "Pod", "spec": {"containers": [{"name": "c"}]}}, ()),
        ({"kind": "ConfigMap", "data": {}}, None),
    ],
    ids=["pod", "cron-job", "custom-with-ephemeral", "unset", "no-template"],
)  # fmt: skip
def test_templates(obj: Json, values: tuple[str, ...] | None) -> None:
    assert templates.values_at(obj, "image").value == values


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("securityContext.runAsNonRoot", ("true", "false")),
        ("spec.template.spec.securityContext.runAsNonRoot", ("true", "false")),
        ("imagePullSecrets.name", ("one, two",)),
        ("nodeSelector", ('{"zone":"a"}',)),
        ("spec.containers.ports.hostPort", ("80",)),
        ("affinity", ()),
    ],
)
def test_paths(path: str, values: tuple[str, ...]) -> None:
    spec = {
        "securityContext": {"runAsNonRoot": True},
        "imagePullSecrets": [{"name": "one"}, {"name": "two"}],
        "nodeSelector": {"zone": "a"},
        "affinity": {},
        "containers": [{"name": "c", "securityContext": {"runAsNonRoot": False}, "ports": [{"hostPort": 80}]}],
    }
    assert templates.values_at({"kind": "Pod", "spec": spec}, path).value == values


@pytest.mark.parametrize(
    ("definition", "state"),
    [
        (None, "Absent"),
        ({"status": {"conditions": [{"type": "Established", "status": "True"}]}}, "Established"),
        ({"status": {"conditions": [{"type": "Established", "status": "False"}]}}, "NotEstablished"),
        ({}, "NotEstablished"),
        ({"metadata": {"deletionTimestamp": "2026-11-23T08:00:00Z"}}, "Terminating"),
    ],
)
def test_definitions(definition: Json | None, state: str) -> None:
    assert extensions.definition_status(definition, "example.com", "Widget").value == state


def test_webhooks_are_found_by_their_name_or_their_configuration_s() -> None:
    by_url = {"metadata": {"name": "cfg"}, "webhooks": [{"name": "a.b.c", "clientConfig": {"url": "https://x"}}]}
    (hook,) = extensions.hooks([by_url], "a.b.c")
    assert (hook.service, hook.url, hook.failure_policy) == (None, "https://x", "Fail")
    assert extensions.hooks([by_url], "cfg") == [hook]
    assert extensions.hooks([by_url], "other") == []


@pytest.mark.parametrize(
    ("labels", "level", "version"),
    [
        ({}, "", ""),
        ({"pod-security.kubernetes.io/enforce": "baseline"}, "baseline", "latest"),
        ({"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "v1.31"},
         "restricted", "v1.31"),
        ({"pod-security.kubernetes.io/warn": "restricted"}, "", ""),
    ],
)  # fmt: skip
def test_pod_security(labels: Json, level: str, version: str) -> None:
    answered = namespaces.pod_security_level({"metadata": {"name": "web", "labels": labels}})
    assert (answered.value, answered.fields["version"]) == (level, version)


def test_an_external_service_has_no_endpoints_to_count() -> None:
    service = {"metadata": {"name": "db", "namespace": "web"}, "spec": {"type": "ExternalName", "externalName": "x.y"}}
    assert services.endpoints(service, []).value is None


def test_slices_are_added_up_and_an_address_counts_once() -> None:
    one = {"endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"], "conditions": {"ready": False}}]}
    two = {"endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.3"], "conditions": {"ready": None}}]}
    empty = {"endpoints": None}
    assert services.endpoints({"metadata": {"name": "web"}}, [one, two, empty]).value == 2


def test_a_template_s_own_pull_secrets_come_first() -> None:
    account = {"imagePullSecrets": [{"name": "account"}]}
    own = {"kind": "Pod", "spec": {"containers": [], "imagePullSecrets": [{"name": "own"}]}}
    bare = {"kind": "Pod", "spec": {"containers": []}}
    assert references.pull_secrets(own, account).value == ("own",)
    assert references.pull_secrets(bare, account).value == ("account",)
    assert references.pull_secrets(bare, None).value == ()


def test_a_selector_becomes_a_query() -> None:
    selector = {
        "matchLabels": {"b": "2", "a": "1"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["x", "y"]},
            {"key": "old", "operator": "DoesNotExist"},
        ],
    }
    assert work.selector_of({"spec": {"selector": selector}}) == "a=1,b=2,tier in (x,y),!old"


def test_a_failed_run_comes_before_a_later_one_that_went_well() -> None:
    def run(name: str, code: int, at: str) -> Json:
        ended = {"terminated": {"reason": "Error" if code else "Completed", "exitCode": code, "finishedAt": at}}
        return {"metadata": {"name": name}, "status": {"containerStatuses": [{"name": "c", "lastState": ended}]}}

    pods = [
        run("a", 0, "2026-11-23T09:00:00Z"),
        run("b", 1, "2026-11-23T08:00:00Z"),
        run("c", 2, "2026-11-23T07:00:00Z"),
    ]
    assert [item.pod for item in work.ended_runs(pods)] == ["b", "c", "a"]


@given(anything, anything)
def test_odd_objects_are_no_crash(one: Any, other: Any) -> None:  # noqa: ANN401
    obj = one if isinstance(one, dict) else {"spec": one, "status": one, "metadata": one}
    listed = [obj, other if isinstance(other, dict) else {"status": other}]
    templates.values_at(obj, "securityContext.runAsNonRoot")
    templates.unset_at(obj, "image")
    extensions.definition_status(obj, "g", "k")
    extensions.api_service_status(obj, "x")
    extensions.unavailable_api_services(listed)
    extensions.hooks(listed, "x")
    namespaces.pod_security_level(obj)
    namespaces.phase(obj, "x")
    namespaces.used_up(listed)
    namespaces.limit_ranges(listed)
    services.endpoints(obj, listed)
    storage.claim_status(obj)
    storage.default_class(listed)
    storage.volume_status(obj)
    work.autoscaler(obj)
    work.selector_of(obj)
    work.last_exit(work.ended_runs(listed), "x")
    references.config_keys(obj)
    references.pull_secrets(obj, obj)


def test_retries_of_one_failure_are_quoted_once() -> None:
    def report(name: str, minute: int, message: str) -> EventReport:
        moment = datetime(2026, 11, 23, 8, minute, tzinfo=UTC)
        return EventReport(
            cluster="prod", uid=name, resource_version="1", object=ObjectRef(kind="ReplicaSet", name="web"),
            object_uid="u", reason="FailedCreate", message=message, warning=True, count=1, first_at=moment,
            last_at=moment, component="replicaset-controller",
        )  # fmt: skip

    reports = [
        report("a", 1, 'Error creating: pods "web-645f798cf7-2qq9s" is forbidden: exceeded quota'),
        report("b", 2, 'Error creating: pods "web-645f798cf7-8xk4d" is forbidden: exceeded quota'),
        report("c", 3, "something else"),
    ]
    answered = events.warnings(reports, "")
    assert isinstance(answered.value, tuple)
    assert len(answered.value) == len(reports)
    assert answered.saw.count("exceeded quota") == 1
    assert "8xk4d" in answered.saw
