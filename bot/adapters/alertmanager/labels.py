"""Which object an alert's labels speak of. Pure.

The labels are those of the metric behind the rule. kube-state-metrics and node-exporter tell of others: a `pod` label
that names the exporter itself says who measured, not what is wrong.
"""

import re
from collections.abc import Mapping

from bot.core.signals import ObjectRef

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.:]{0,251}[a-z0-9])?")
_NAMESPACED = (
    ("job_name", "batch", "Job"),
    ("cronjob", "batch", "CronJob"),
    ("deployment", "apps", "Deployment"),
    ("statefulset", "apps", "StatefulSet"),
    ("daemonset", "apps", "DaemonSet"),
    ("replicaset", "apps", "ReplicaSet"),
    ("horizontalpodautoscaler", "autoscaling", "HorizontalPodAutoscaler"),
    ("hpa", "autoscaling", "HorizontalPodAutoscaler"),
    ("poddisruptionbudget", "policy", "PodDisruptionBudget"),
    ("persistentvolumeclaim", "", "PersistentVolumeClaim"),
    ("pod", "", "Pod"),
    ("pod_name", "", "Pod"),
    ("service", "", "Service"),
)
"""Label, group and kind, the most telling first. `job` isn't here: it names the scrape job."""

_EXPORTERS = ("kube-state-metrics", "node-exporter")
_EXPORTERS_OWN = ("pod", "pod_name", "service")
_NODE = ("node", "nodename", "kubernetes_node")


def object_of(labels: Mapping[str, str]) -> ObjectRef | None:
    """The object that is unwell; None where the labels name none."""
    namespace = _name(labels.get("namespace", "")) or _name(labels.get("exported_namespace", ""))
    own = _EXPORTERS_OWN if _measured_by_exporter(labels) else ()
    if namespace:
        for label, group, kind in _NAMESPACED:
            name = _name(labels.get(f"exported_{label}", "") or ("" if label in own else labels.get(label, "")))
            if name:
                return ObjectRef(group=group, kind=kind, namespace=namespace, name=name)
    node = node_of(labels)
    if node:
        return ObjectRef(kind="Node", name=node)
    if namespace and not own:
        return ObjectRef(kind="Namespace", name=namespace)
    return None


def node_of(labels: Mapping[str, str]) -> str:
    """The node an alert names, else empty."""
    return next(filter(None, (_name(labels.get(label, "")) for label in _NODE)), "")


def prometheus_of(labels: Mapping[str, str]) -> ObjectRef | None:
    """The Prometheus that evaluated the rule, as the Prometheus operator writes it: `namespace/name`."""
    namespace, separator, name = labels.get("prometheus", "").partition("/")
    if not separator or not _name(namespace) or not _name(name):
        return None
    return ObjectRef(group="monitoring.coreos.com", kind="Prometheus", namespace=namespace, name=name)


def _measured_by_exporter(labels: Mapping[str, str]) -> bool:
    """Whether the Pod and the Service in the labels are those of the exporter that measured."""
    told = (labels.get("container", ""), labels.get("pod", ""), labels.get("service", ""))
    return any(exporter in value for exporter in _EXPORTERS for value in told)


def _name(value: str) -> str:
    return value if _NAME.fullmatch(value) else ""
