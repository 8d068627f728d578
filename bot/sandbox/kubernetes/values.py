"""The JSON values this server speaks, as Go writes them, and small questions asked of every object."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

Json = dict[str, Any]
ObjectKey = tuple[str, str]
"""(namespace, name); the namespace is empty for cluster-scoped objects."""

_GO_ESCAPES: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def go_json(value: Mapping[str, Any]) -> bytes:
    """Write JSON as Go's encoder does: no spaces, `<`, `>` and `&` escaped, a line end."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_GO_ESCAPES).encode("utf-8", "replace") + b"\n"


def rfc3339(moment: datetime) -> str:
    """Write a moment as Kubernetes does: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def key_of(obj: Json) -> ObjectKey:
    """Return (namespace, name) of an object."""
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]


def version_of(obj: Json) -> int:
    """Return an object's resourceVersion as the number it is inside; 0 where it has none."""
    given = str(obj["metadata"].get("resourceVersion") or "")
    return int(given) if given.isdecimal() else 0


def dig(value: Any, path: str) -> Any:  # noqa: ANN401 - JSON of any shape goes in and comes out
    """Follow a dotted path through nested objects; None where it ends early."""
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value
