"""The live objects behind a story's trees: what owner walks and recovery checks read. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]


def _node(name: str, zone: str, instance: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "eks.amazonaws.com/nodegroup": "workers",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "topology.kubernetes.io/zone": zone,
            },
        },
        "spec": {"providerID": f"aws:///{zone}/{instance}"},
        "status": {
            "allocatable": {"cpu": "3920m", "memory": "14Gi", "pods": "58"},
            "nodeInfo": {"operatingSystem": "linux", "architecture": "amd64", "kubeletVersion": "v1.36.2-eks-ba24e9c"},
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "KubeletReady",
                    "message": "kubelet is posting ready status",
                }
            ],
        },
    }


def _namespace(name: str, **labels: str) -> Json:
    found = {"kubernetes.io/metadata.name": name}
    found |= {f"pod-security.kubernetes.io/{key.replace('_', '-')}": value for key, value in labels.items()}
    metadata = {"name": name, "labels": found}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata, "status": {"phase": "Active"}}


SURROUNDINGS: tuple[Json, ...] = (
    _node("ip-10-0-12-31.ec2.internal", "us-east-1a", "i-01a1b2c3d4e5f6a7b"),
    _node("ip-10-0-44-7.ec2.internal", "us-east-1b", "i-02a1b2c3d4e5f6a7b"),
    _namespace("argocd"),
    _namespace("monitoring"),
    _namespace("production", enforce="restricted", enforce_version="latest"),
)
"""What the mission's cluster has around its workloads: EKS, amd64 only, the nodes that the stories' Pods name."""


def from_tree(tree: Mapping[str, Any]) -> Iterator[Json]:
    """Owners and owned of a resource tree as bare objects, Pods aside (their own watch tells them)."""
    for node in tree.get("nodes") or ():
        if node.get("kind") == "Pod" or not node.get("uid"):
            continue
        owners = [
            {
                "apiVersion": _api_version(parent),
                "kind": parent["kind"],
                "name": parent["name"],
                "uid": parent.get("uid", ""),
                "controller": True,
                "blockOwnerDeletion": True,
            }
            for parent in node.get("parentRefs") or ()
        ]
        metadata: Json = {"name": node["name"], "uid": node["uid"]}
        if node.get("namespace"):
            metadata["namespace"] = node["namespace"]
        if owners:
            metadata["ownerReferences"] = owners
        yield {"apiVersion": _api_version(node), "kind": node["kind"], "metadata": metadata, "spec": {}, "status": {}}


def from_managed(managed: Mapping[str, Any]) -> Iterator[Json]:
    """The live states among an Application's managed resources; what is absent has none."""
    for item in managed.get("items") or ():
        live = item.get("liveState")
        if live and live != "null" and item.get("kind") != "Application":
            state = json.loads(live)
            if isinstance(state, dict) and state.get("apiVersion") and state.get("kind"):
                yield state


def with_template(replica_set: Mapping[str, Any], deployments: Iterable[Mapping[str, Any]]) -> Json | None:
    """A bare ReplicaSet with the pod template of the Deployment that owns it; None where there is nothing to add."""
    owners = {owner["uid"] for owner in replica_set["metadata"].get("ownerReferences") or ()}
    for deployment in deployments:
        template = (deployment.get("spec") or {}).get("template")
        if template and deployment["metadata"].get("uid") in owners and not replica_set.get("spec"):
            return {**replica_set, "spec": {"template": template}}
    return None


def _api_version(reference: Mapping[str, Any]) -> str:
    group, version = reference.get("group") or "", reference.get("version") or "v1"
    return f"{group}/{version}" if group else str(version)
