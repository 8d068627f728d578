"""PATCH application: JSON merge patch (RFC 7386) and JSON patch (RFC 6902: add, replace, remove, test)."""

import copy
import json
from typing import Any

from bot.sandbox.argocd.errors import INVALID_ARGUMENT, ApiError
from bot.sandbox.argocd.values import Json


def patched(app: Json, patch: str, patch_type: str) -> Json:
    """Return a patched copy of an Application; raises ApiError for what can't be applied."""
    if patch_type not in {"merge", "json", ""}:
        raise ApiError(INVALID_ARGUMENT, f"Patch type '{patch_type}' is not supported")
    try:
        parsed = json.loads(patch)
    except json.JSONDecodeError as error:
        raise ApiError(INVALID_ARGUMENT, f"Invalid JSON Document: {error.msg}") from error
    if patch_type == "merge":
        merged = _merge(app, parsed)
        return merged if isinstance(merged, dict) else {}
    result = copy.deepcopy(app)
    for operation in parsed if isinstance(parsed, list) else [parsed]:
        try:
            _apply(result, operation)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            raise ApiError(INVALID_ARGUMENT, f"error applying patch: doc is missing path: {error}") from error
    return result


def _merge(target: Any, patch: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged


def _apply(document: Any, operation: Json) -> None:  # noqa: ANN401 - JSON of any shape
    *parents, last = [
        part.replace("~1", "/").replace("~0", "~") for part in operation["path"].removeprefix("/").split("/")
    ]
    target = document
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    match operation["op"], isinstance(target, list):
        case "add", True:
            target.insert(len(target) if last == "-" else int(last), operation["value"])
        case "replace", True:
            target[int(last)] = operation["value"]
        case "remove", True:
            del target[int(last)]
        case (("add" | "replace"), False):
            target[last] = operation["value"]
        case "remove", False:
            del target[last]
        case "test", is_list:
            if target[int(last) if is_list else last] != operation["value"]:
                raise ValueError(operation["path"])
        case unknown, _:
            raise ValueError(unknown)
