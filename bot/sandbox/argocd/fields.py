"""The `fields` parameter: a fixed list of paths for lists, any path for streams."""

from collections.abc import Sequence
from typing import Any, Final

from bot.sandbox.argocd.values import Json, dig

LIST_PATHS: Final = (
    "metadata.name",
    "metadata.namespace",
    "metadata.annotations",
    "metadata.labels",
    "metadata.creationTimestamp",
    "metadata.deletionTimestamp",
    "spec",
    "spec.destination",
    "spec.project",
    "spec.source",
    "spec.sources",
    "spec.sourceHydrator",
    "spec.syncPolicy",
    "status.sourceHydrator",
    "status.summary",
    "status.health",
    "status.resources",
    "status.sync.status",
    "status.sync.revision",
    "operation.sync",
    "status.operationState.phase",
    "status.operationState.startedAt",
    "status.operationState.finishedAt",
    "status.operationState.operation.sync",
)
_RENAMED: Final = {"status.operationState.operation.sync": "status.operationState.syncResult"}
"""Asked for the operation's sync, 3.6 answers with its result in that place."""


def list_item(app: Json, fields: str) -> Json:
    """Reduce one Application of a list; what isn't on the fixed list is dropped without a word."""
    if not fields:
        return app
    exclude = fields.startswith("-")
    asked = {path.removeprefix("items.") for path in fields.removeprefix("-").split(",")}
    reduced: Json = {}
    for path in LIST_PATHS:
        chosen = not _under(path, asked) if exclude else path in asked
        value = dig(app, _RENAMED.get(path, path)) if chosen else None
        if value is not None:
            _place(reduced, path, value)
    return reduced


def stream_item(message: Json, fields: str) -> Json:
    """Reduce one stream line (`{"result": …}`) to the paths asked for, or to what they leave."""
    if not fields:
        return message
    if fields.startswith("-"):
        return {"result": _without(message["result"], "result", fields.removeprefix("-").split(","))}
    reduced: Json = {}
    for path in fields.split(","):
        value = dig(message, path)
        if value is not None:
            _place(reduced, path, value)
    return reduced


def _under(path: str, asked: set[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in asked)


def _place(target: Json, path: str, value: Any) -> None:  # noqa: ANN401 - JSON of any shape
    *parents, last = path.split(".")
    for part in parents:
        target = target.setdefault(part, {})
    target[last] = value


def _without(value: Any, path: str, dropped: Sequence[str]) -> Any:  # noqa: ANN401 - JSON of any shape
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, inner in value.items():
        here = f"{path}.{name}" if path else name
        if here not in dropped:
            kept[name] = _without(inner, here, dropped)
    return kept
