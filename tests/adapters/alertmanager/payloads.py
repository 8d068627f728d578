"""Bodies in the form of Alertmanager's webhook, version 4 (fields as its documentation and template data list them).

The alerts' labels and annotations are worded as kubernetes-mixin words them, with the labels that a cluster's
kube-state-metrics, node-exporter and Prometheus operator add.
"""

import json
from collections.abc import Mapping
from typing import Any

OPERATOR = {"prometheus": "monitoring/prometheus-prod-kube-prome-prometheus", "severity": "critical"}
STATE_METRICS = {
    "container": "kube-state-metrics",
    "endpoint": "http",
    "instance": "10.0.12.7:8080",
    "job": "kube-state-metrics",
    "pod": "prometheus-prod-kube-state-metrics-6c9d5f7b8-tq2xz",
    "service": "prometheus-prod-kube-state-metrics",
}
SCHEDULER = "KubeScheduler has disappeared from Prometheus target discovery."


def alert(
    name: str,
    description: str = "",
    *,
    status: str = "firing",
    started: str = "2026-11-24T03:00:00.123456789Z",
    ended: str = "0001-01-01T00:00:00Z",
    fingerprint: str = "",
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One alert of a body."""
    return {
        "status": status,
        "labels": {"alertname": name, **OPERATOR, **(labels or {})},
        "annotations": {
            "description": description,
            "runbook_url": f"https://runbooks.prometheus-operator.dev/runbooks/kubernetes/{name.lower()}",
        },
        "startsAt": started,
        "endsAt": ended,
        "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
        "fingerprint": fingerprint or f"{abs(hash((name, tuple(sorted((labels or {}).items()))))):016x}"[:16],
    }


def body(*alerts: Mapping[str, Any], truncated: int = 0, common: Mapping[str, str] | None = None) -> bytes:
    """A body with these alerts."""
    return json.dumps(
        {
            "version": "4",
            "groupKey": '{}:{alertname="x"}',
            "truncatedAlerts": truncated,
            "status": "firing" if any(item["status"] == "firing" for item in alerts) else "resolved",
            "receiver": "gitops-bot",
            "groupLabels": {},
            "commonLabels": dict(common or {}),
            "commonAnnotations": {},
            "externalURL": "http://alertmanager.example.com",
            "alerts": list(alerts),
        }
    ).encode()
