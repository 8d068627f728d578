"""Which nodes would take a pod, as the scheduler counts."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest

from bot.adapters.kubernetes.questions.scheduling import free, needed, selected, tolerated, with_room
from bot.adapters.kubernetes.questions.shapes import Node, Pod, PodSpec

Json = dict[str, Any]


def node(name: str = "one", *, labels: Json | None = None, cpu: str = "2", **spec: Any) -> Node:  # noqa: ANN401
    return msgspec.convert(
        {
            "metadata": {"name": name, "labels": labels or {}},
            "spec": spec,
            "status": {"allocatable": {"cpu": cpu, "memory": "4Gi", "pods": "2"}},
        },
        Node,
    )


def spec(**fields: Any) -> PodSpec:  # noqa: ANN401
    return msgspec.convert(fields, PodSpec)


def asking(cpu: str, **rest: Any) -> Json:  # noqa: ANN401
    return {"name": "c", "resources": {"requests": {"cpu": cpu}}, **rest}


def on(name: str, cpu: str, phase: str = "Running") -> Pod:
    return msgspec.convert({"spec": {"nodeName": name, "containers": [asking(cpu)]}, "status": {"phase": phase}}, Pod)


@pytest.mark.parametrize(
    ("pod", "cpu"),
    [
        ({"containers": [asking("1"), asking("500m")]}, Fraction(3, 2)),
        ({"containers": [asking("1")], "initContainers": [asking("3")]}, Fraction(3)),
        ({"containers": [asking("1")], "initContainers": [asking("1", restartPolicy="Always")]}, Fraction(2)),
        ({"containers": [asking("1")], "initContainers": [asking("1", restartPolicy="Always"), asking("2")]}, 3),
        ({"containers": [{"name": "c", "resources": {"limits": {"cpu": "2"}}}]}, Fraction(2)),
        ({"containers": [asking("1")], "overhead": {"cpu": "250m"}}, Fraction(5, 4)),
        ({}, 0),
    ],
    ids=["sum", "init", "sidecar", "sidecar-and-init", "limit-alone", "overhead", "nothing"],
)
def test_what_a_pod_needs(pod: Json, cpu: Fraction) -> None:
    needs = needed(msgspec.convert(pod, PodSpec))
    assert needs.get("cpu", 0) == cpu
    assert needs["pods"] == 1


@pytest.mark.parametrize(
    ("pods", "asked", "fitting"),
    [
        ([], "2", 1),
        ([], "2500m", 0),
        ([("one", "1")], "1", 1),
        ([("one", "1")], "1001m", 0),
        ([("one", "1"), ("one", "1m")], "1m", 0),
        ([("one", "2", "Succeeded")], "2", 1),
        ([("other", "2")], "2", 1),
    ],
    ids=["empty", "too-large", "exact", "just-not", "no-pod-left", "ended", "elsewhere"],
)
def test_room(pods: list[tuple[str, ...]], asked: str, fitting: int) -> None:
    answered = with_room([node()], [on(*item) for item in pods], spec(containers=[asking(asked)]))
    assert answered.value == fitting


def test_a_pod_that_asks_for_nothing_fits_a_node_that_is_over_committed() -> None:
    assert with_room([node(cpu="1")], [on("one", "2")], spec()).value == 1


def test_the_largest_free_amount() -> None:
    answered = free([node("one"), node("two")], [on("one", "500m"), on("two", "1")], "cpu")
    assert (answered.value, answered.fields["node"]) == ("1500m", "one")
    assert free([], [], "cpu").value is None


NODE = node(labels={"zone": "a", "cores": "8"})


@pytest.mark.parametrize(
    ("pod", "fitting"),
    [
        ({}, 1),
        ({"nodeSelector": {"zone": "a"}}, 1),
        ({"nodeSelector": {"zone": "b"}}, 0),
        ({"nodeSelector": {"disk": "ssd"}}, 0),
        ([("zone", "In", ["a", "b"])], 1),
        ([("zone", "NotIn", ["a"])], 0),
        ([("disk", "NotIn", ["hdd"])], 1),
        ([("zone", "Exists", None)], 1),
        ([("zone", "DoesNotExist", None)], 0),
        ([("cores", "Gt", ["4"])], 1),
        ([("cores", "Lt", ["4"])], 0),
        ([("zone", "Gt", ["4"])], 0),
        ([("zone", "In", ["a"]), ("cores", "In", ["2"])], 0),
        ([], 0),
    ],
)
def test_selectors(pod: Any, fitting: int) -> None:  # noqa: ANN401
    if isinstance(pod, list):
        expressions = [{"key": key, "operator": operator, "values": values} for key, operator, values in pod]
        required = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
        pod = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}
    assert selected([NODE], msgspec.convert(pod, PodSpec)).value == fitting


def test_one_of_several_terms_is_enough_and_fields_count() -> None:
    terms = [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]},
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["one"]}]},
    ]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    assert selected([NODE], spec(affinity={"nodeAffinity": required})).value == 1


@pytest.mark.parametrize(
    ("taint", "toleration", "fitting"),
    [
        (("gpu", "yes", "NoSchedule"), None, 0),
        (("gpu", "yes", "PreferNoSchedule"), None, 1),
        (("gpu", "yes", "NoSchedule"), {"key": "gpu", "operator": "Exists"}, 1),
        (("gpu", "yes", "NoSchedule"), {"key": "gpu", "value": "yes"}, 1),
        (("gpu", "yes", "NoSchedule"), {"key": "gpu", "value": "no"}, 0),
        (("gpu", "yes", "NoExecute"), {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, 0),
        (("gpu", "yes", "NoExecute"), {"operator": "Exists"}, 1),
    ],
)
def test_taints(taint: tuple[str, str, str], toleration: Json | None, fitting: int) -> None:
    key, value, effect = taint
    tainted = node(taints=[{"key": key, "value": value, "effect": effect}])
    assert tolerated([tainted], spec(tolerations=[toleration] if toleration else [])).value == fitting


def test_a_cordoned_node_repels() -> None:
    answered = tolerated([node(unschedulable=True), node("two")], spec())
    assert answered.value == 1
    assert "one: node.kubernetes.io/unschedulable=:NoSchedule" in answered.saw
