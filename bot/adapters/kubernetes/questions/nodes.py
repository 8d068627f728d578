"""What nodes are: platforms, readiness, taints, and who runs their control plane."""

from collections import Counter
from collections.abc import Sequence

from bot.adapters.kubernetes.questions.shapes import Node
from bot.core.inquiry import Answered

MANAGED = {
    "EKS": (("eks.amazonaws.com/", "alpha.eksctl.io/"), "-eks-", ()),
    "GKE": (("cloud.google.com/gke-",), "-gke.", ()),
    "AKS": (("kubernetes.azure.com/",), "", ()),
    "OKE": (("oke.oraclecloud.com/", "oci.oraclecloud.com/"), "", ("ocid1.instance.",)),
    "DOKS": (("doks.digitalocean.com/",), "", ()),
    "LKE": (("lke.linode.com/",), "", ()),
    "IKS": (("ibm-cloud.kubernetes.io/",), "+IKS", ()),
    "ACK": (("alibabacloud.com/", "node.alibabacloud.com/"), "-aliyun", ()),
    "Scaleway Kapsule": (("k8s.scaleway.com/",), "", ("scaleway://",)),
    "OVHcloud": (("k8s.ovh.net/", "node.k8s.ovh/"), "", ()),
    "VKE": (("vke.vultr.com/",), "", ("vultr://",)),
    "Civo": (("kubernetes.civo.com/",), "", ("civo://",)),
    "SKS": (("node.exoscale.net/",), "", ()),
}
"""Product → prefixes of its nodes' label keys, a part of its kubelet's version, prefixes of its provider ids."""

CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
NAMES = 10


def platforms(nodes: Sequence[Node]) -> Answered:
    """Each platform once: `linux/amd64`; not known without any node."""
    counted = Counter(
        f"{info.operating_system}/{info.architecture}"
        for node in nodes
        if (info := node.status.node_info) is not None and info.operating_system and info.architecture
    )
    if not counted:
        return Answered(value=None, saw="the cluster has no node yet")
    shown = ", ".join(f"{count} {'node' if count == 1 else 'nodes'} {name}" for name, count in sorted(counted.items()))
    only = next(iter(counted)) if len(counted) == 1 else ""
    return Answered(value=tuple(sorted(counted)), saw=shown, fields={"only": only})


def readiness(node: Node) -> Answered:
    """Whether a node is Ready, and every condition that is a trouble."""
    conditions = node.status.conditions or []
    ready = next((item for item in conditions if item.type == "Ready"), None)
    if ready is None:
        return Answered(value=False, saw=f"{node.name} has not reported yet", fields={"message": "no status yet"})
    troubles = [item for item in conditions if item.type != "Ready" and item.status == "True"]
    lines = [
        f"{item.type}={item.status} ({item.reason or 'no reason'}): {item.message or ''}" for item in (ready, *troubles)
    ]
    return Answered(value=ready.status == "True", saw="\n".join(lines), fields={"message": ready.message or ""})


def taints(nodes: Sequence[Node]) -> Answered:
    """All taints, each as `node: key=value:effect`."""
    found = tuple(f"{node.name}: {taint}" for node in nodes for taint in node.taints)
    return Answered(value=found, saw=_short(found) or f"none of the {len(nodes)} nodes has a taint")


def control_plane(nodes: Sequence[Node]) -> Answered:
    """The product that runs the control plane, by labels, provider ids and the kubelet's version.

    Empty where nodes with the control plane's role are in sight; not known where nothing tells.
    """
    for product, (labels, version, providers) in MANAGED.items():
        for node in nodes:
            kubelet = node.status.node_info.kubelet_version if node.status.node_info else ""
            provider = node.spec.provider_id or ""
            label = next((key for key in sorted(node.labels) if key.startswith(labels)), "")
            signs = (
                label and f"label {label}",
                kubelet if version and version in kubelet else "",
                provider if providers and provider.startswith(providers) else "",
            )
            sign = next((item for item in signs if item), "")
            if sign:
                return Answered(value=product, saw=f"{product}: node {node.name} has {sign}; provider id {provider}")
    own = [node.name for node in nodes if any(role in node.labels for role in CONTROL_PLANE)]
    if own:
        return Answered(value="", saw=f"the control plane runs on nodes of this cluster: {_short(own)}")
    seen = next((node.spec.provider_id for node in nodes if node.spec.provider_id), "") or "none"
    return Answered(value=None, saw=f"no node tells who runs the control plane (provider id: {seen})")


def _short(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more
