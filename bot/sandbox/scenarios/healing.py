"""What a cluster does once a good revision was applied: failing Pods go, ready ones come, old reports end. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_SUFFIX = "bcdfghjklm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Healing:
    """Pods (namespace, name) to delete, and objects to put."""

    deleted: tuple[tuple[str, str], ...] = ()
    put: tuple[Json, ...] = ()


def belongs(app: Mapping[str, Any], namespace: str, name: str) -> bool:
    """Whether an object is one of an Application's workloads or, by its name, comes from one."""
    return any(
        resource.get("kind") in WORKLOADS
        and resource.get("namespace") == namespace
        and (name == resource["name"] or name.startswith(f"{resource['name']}-"))
        for resource in (app.get("status") or {}).get("resources") or ()
    )


def healed(
    app: Mapping[str, Any],
    *,
    pods: Iterable[Json],
    events: Iterable[Json],
    workloads: Iterable[Json],
    now: datetime,
) -> Healing:
    """What changes in the cluster when an Application became Healthy."""
    failing = [pod for pod in pods if _in(app, pod["metadata"]) and not _ready(pod)]
    blamed = [
        event["involvedObject"]
        for event in events
        if event.get("type") == "Warning" and _in(app, event.get("involvedObject") or {})
    ]
    given_up = {_owner(pod) for pod in failing}
    given_up |= {(each["kind"], each["name"]) for each in blamed if each.get("kind") in ("ReplicaSet", "StatefulSet")}
    put: list[Json] = []
    for workload in workloads:
        if not _in(app, workload["metadata"]):
            continue
        put.append(_satisfied(workload))
        own = sorted(name for _, name in given_up if _comes_from(name, workload["metadata"]["name"]))
        for number, name in enumerate(own):
            put += [_event(workload, name, number, now), _ready_pod(workload, name, number, now)]
    deleted = tuple((pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in failing)
    return Healing(deleted=deleted, put=tuple(put))


def _in(app: Mapping[str, Any], reference: Mapping[str, Any]) -> bool:
    return belongs(app, reference.get("namespace", ""), reference.get("name", ""))


def _comes_from(name: str, workload: str) -> bool:
    return name == workload or name.startswith(f"{workload}-")


def _ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(item.get("type") == "Ready" and item.get("status") == "True" for item in conditions)


def _owner(pod: Json) -> tuple[str, str]:
    owner = (pod["metadata"].get("ownerReferences") or [{}])[0]
    return owner.get("kind", "Pod"), owner.get("name", pod["metadata"]["name"])


def _satisfied(workload: Json) -> Json:
    wanted = (workload.get("spec") or {}).get("replicas", 1)
    ready = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), wanted)
    return {**workload, "status": {**(workload.get("status") or {}), **ready}}


def _event(workload: Json, name: str, number: int, now: datetime) -> Json:
    """The controller's own words: a Deployment gives a replica set up, another one creates its Pod at last."""
    metadata = workload["metadata"]
    if workload["kind"] == "Deployment":
        reason, component, message = "ScalingReplicaSet", "deployment", f"Scaled down replica set {name} to 0 from 1"
    else:
        reason, component = "SuccessfulCreate", workload["kind"].lower()
        message = f"create Pod {name}-0 in {workload['kind']} {name} successful"
    reference = {
        "apiVersion": workload["apiVersion"],
        "kind": workload["kind"],
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata.get("uid", ""),
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name']}.{int(now.timestamp() * 1000):x}{number}",
            "namespace": metadata["namespace"],
        },
        "involvedObject": reference,
        "reason": reason,
        "message": message,
        "type": "Normal",
        "count": 1,
        "firstTimestamp": _stamp(now),
        "lastTimestamp": _stamp(now),
        "source": {"component": f"{component}-controller"},
        "reportingComponent": f"{component}-controller",
    }


def _ready_pod(workload: Json, owner: str, number: int, now: datetime) -> Json:
    deployed = workload["kind"] == "Deployment"
    metadata = workload["metadata"]
    suffix = "".join(_SUFFIX[int(digit)] for digit in f"{int(now.timestamp()) + number:05d}"[-5:])
    spec = ((workload.get("spec") or {}).get("template") or {}).get("spec") or {"containers": []}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{owner}-{suffix}" if deployed else f"{owner}-0",
            "namespace": metadata["namespace"],
            "creationTimestamp": _stamp(now),
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet" if deployed and owner != metadata["name"] else workload["kind"],
                    "name": owner,
                    "uid": metadata.get("uid", ""),
                    "controller": True,
                }
            ],
        },
        "spec": spec,
        "status": {
            "phase": "Running",
            "conditions": [{"type": kind, "status": "True"} for kind in ("PodScheduled", "ContainersReady", "Ready")],
            "containerStatuses": [
                {
                    "name": container.get("name", "main"),
                    "image": container.get("image", ""),
                    "ready": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": _stamp(now)}},
                }
                for container in spec.get("containers") or ()
            ],
        },
    }


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
