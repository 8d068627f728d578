"""Which rights each question needs of the cluster: what deploy/ grants, and no more. Discovery needs none of ours.

Questions about an object of any kind (`kubernetes.object_exists`, `kubernetes.owner`, pod templates) are listed with
the kinds that shipped entries ask about; of others the answer is «not known», with the right that is missing.
Secrets are never among them.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Right(NamedTuple):
    """One verb on one resource; `pods/log` is a resource of its own."""

    group: str
    resource: str
    verb: str


def _rights(verb: str, group: str, resources: str) -> tuple[Right, ...]:
    return tuple(Right(group, resource, verb) for resource in resources.split())


_WORKLOADS = (
    *_rights("get", "", "pods replicationcontrollers"),
    *_rights("get", "apps", "daemonsets deployments replicasets statefulsets"),
    *_rights("get", "batch", "cronjobs jobs"),
)
_CONTAINERS = (*_WORKLOADS, *_rights("list", "", "pods"))
_NODES = _rights("list", "", "nodes")
_ROOM = (*_WORKLOADS, *_NODES, *_rights("list", "", "pods"))
_SERVICE = (*_rights("get", "", "services"), *_rights("list", "discovery.k8s.io", "endpointslices"))

RIGHTS: Mapping[str, tuple[Right, ...]] = {
    "kubernetes.object_exists": (
        *_WORKLOADS,
        *_rights("get", "", "configmaps namespaces persistentvolumeclaims serviceaccounts services"),
    ),
    "kubernetes.owner": _WORKLOADS,
    "kubernetes.events": _rights("list", "", "events"),
    "kubernetes.pod_template": _WORKLOADS,
    "kubernetes.pod_template_unset": _WORKLOADS,
    "kubernetes.pull_secrets": (*_WORKLOADS, *_rights("get", "", "serviceaccounts")),
    "kubernetes.config_keys": _rights("get", "", "configmaps"),
    "kubernetes.ready_replicas": _WORKLOADS,
    "kubernetes.last_exit": _CONTAINERS,
    "kubernetes.previous_log": (*_CONTAINERS, *_rights("get", "", "pods/log")),
    "kubernetes.autoscaler": _rights("get", "autoscaling", "horizontalpodautoscalers"),
    "kubernetes.node_platforms": (*_NODES, *_rights("get", "", "nodes")),
    "kubernetes.node_ready": _rights("get", "", "nodes"),
    "kubernetes.node_taints": _NODES,
    "kubernetes.managed_control_plane": _NODES,
    "kubernetes.allocatable": (*_NODES, *_rights("list", "", "pods")),
    "kubernetes.nodes_with_room": _ROOM,
    "kubernetes.nodes_selected": (*_WORKLOADS, *_NODES),
    "kubernetes.nodes_tolerated": (*_WORKLOADS, *_NODES),
    "kubernetes.pod_security_level": _rights("get", "", "namespaces"),
    "kubernetes.namespace_phase": _rights("get", "", "namespaces"),
    "kubernetes.quota_left": _rights("list", "", "resourcequotas"),
    "kubernetes.limit_ranges": _rights("list", "", "limitranges"),
    "kubernetes.claim_status": _rights("get", "", "persistentvolumeclaims"),
    "kubernetes.storage_class": (
        *_rights("get", "storage.k8s.io", "storageclasses"),
        *_rights("list", "storage.k8s.io", "storageclasses"),
    ),
    "kubernetes.default_storage_class": _rights("list", "storage.k8s.io", "storageclasses"),
    "kubernetes.volume_status": _rights("get", "", "persistentvolumes"),
    "kubernetes.service_endpoints": _SERVICE,
    "kubernetes.api_served": (),
    "kubernetes.crd_status": (
        *_rights("get", "apiextensions.k8s.io", "customresourcedefinitions"),
        *_rights("list", "apiextensions.k8s.io", "customresourcedefinitions"),
    ),
    "kubernetes.api_service": _rights("get", "apiregistration.k8s.io", "apiservices"),
    "kubernetes.api_services_unavailable": _rights("list", "apiregistration.k8s.io", "apiservices"),
    "kubernetes.webhook_ready": (
        *_rights(
            "list",
            "admissionregistration.k8s.io",
            "mutatingwebhookconfigurations validatingwebhookconfigurations",
        ),
        *_SERVICE,
    ),
}
"""Rights by question."""
