"""The live objects behind a story's trees: what owner walks and recovery checks read. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]

NODES: tuple[Json, ...] = tuple(
    {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": f"ip-10-0-{number}-10.eu-central-1.compute.internal",
            "labels": {
                "eks.amazonaws.com/nodegroup": "workers",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
            },
        },
        "spec": {"providerID": f"aws:///eu-central-1{'abc'[number]}/i-0{number}a1b2c3d4e5f6a7b"},
        "status": {
            "nodeInfo": {"operatingSystem": "linux", "architecture": "amd64", "kubeletVersion": "v1.36.2"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    for number in range(3)
)
"""The nodes of the mission's cluster: EKS, amd64 only."""


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


def _api_version(reference: Mapping[str, Any]) -> str:
    group, version = reference.get("group") or "", reference.get("version") or "v1"
    return f"{group}/{version}" if group else str(version)
