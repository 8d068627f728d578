"""A controller has what it wants only when pods of its newest template are ready: the old ones are, all along."""

import json
from typing import Any

import pytest

from bot.adapters.kubernetes import parse
from bot.core.recovery import satisfied
from bot.core.signals import ObjectRef


@pytest.mark.parametrize(
    ("kind", "replicas", "status", "fine"),
    [
        ("Deployment", 3, {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3}, True),
        ("Deployment", 3, {"replicas": 3, "readyReplicas": 3}, False),
        ("Deployment", 3, {"replicas": 4, "readyReplicas": 3, "updatedReplicas": 1}, False),
        ("Deployment", 1, {"replicas": 2, "readyReplicas": 1, "updatedReplicas": 1}, False),
        ("Deployment", 1, {"replicas": 2, "readyReplicas": 2, "updatedReplicas": 1}, True),
        ("Deployment", 0, {}, True),
        ("Deployment", 3, {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "observedGeneration": 6}, False),
        ("StatefulSet", 1, {"replicas": 0, "updatedReplicas": 0}, False),
        ("StatefulSet", 2, {"replicas": 2, "readyReplicas": 2, "updatedReplicas": 2, "observedGeneration": 7}, True),
    ],
    ids=[
        "all new", "no new pod can be created", "a new pod isn't ready", "one replica, the new one isn't ready",
        "one replica, the old one still ends", "scaled to zero", "an earlier spec's counts", "no pod", "stateful set",
    ],
)  # fmt: skip
def test_old_pods_dont_count(kind: str, replicas: int, status: dict[str, Any], fine: bool) -> None:
    body = {"metadata": {"uid": "u", "generation": 7}, "spec": {"replicas": replicas}, "status": status}
    ref = ObjectRef(group="apps", kind=kind, namespace="shop", name="web")
    assert satisfied(parse.workload(json.dumps(body).encode(), ref)) is fine
