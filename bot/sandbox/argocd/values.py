"""The JSON values this server speaks, and small questions asked of an Application's JSON everywhere."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

Json = dict[str, Any]
AppKey = tuple[str, str]
"""(namespace, name) of an Application."""

CONTROL_NAMESPACE: Final = "argocd"


def key_of(app: Json) -> AppKey:
    """Return (namespace, name) of an Application; without a namespace it lives beside Argo CD."""
    metadata = app["metadata"]
    return metadata.get("namespace") or CONTROL_NAMESPACE, metadata["name"]


def rbac_name(app: Json) -> str:
    """Return what rights are checked against: `project/app`, or `project/namespace/app` outside Argo CD's namespace."""
    namespace, name = key_of(app)
    project = app["spec"].get("project") or "default"
    return f"{project}/{name}" if namespace == CONTROL_NAMESPACE else f"{project}/{namespace}/{name}"


def automated(app: Json) -> Json | None:
    """Return `spec.syncPolicy.automated`, or None where auto-sync was never asked for."""
    policy = app["spec"].get("syncPolicy") or {}
    found: Json | None = policy.get("automated")
    return found


def auto_sync_enabled(app: Json) -> bool:
    """Say whether Argo CD syncs by itself: `automated` present and `enabled` not false (honoured since 3.1)."""
    found = automated(app)
    return found is not None and found.get("enabled") is not False


def rfc3339(moment: datetime) -> str:
    """Write a moment as Kubernetes does: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> datetime:
    """Read a moment Kubernetes wrote."""
    return datetime.fromisoformat(text)


def without_empty(values: Mapping[str, Any]) -> Json:
    """Drop what Go's `omitempty` drops: null, false, zero, empty strings and lists — but never an (empty) object."""
    return {name: value for name, value in values.items() if value or isinstance(value, dict)}


def dig(value: Any, path: str) -> Any:  # noqa: ANN401 - JSON of any shape goes in and comes out
    """Follow a dotted path through nested objects; None where it ends early."""
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value
