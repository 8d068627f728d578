"""Request bodies, read and refused as Go's encoding/json does."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from bot.sandbox.argocd.errors import INVALID_ARGUMENT, ApiError
from bot.sandbox.argocd.values import Json

_GO_PHRASE: Final = (
    ("Expecting property name", "looking for beginning of object key string"),
    ("Expecting value", "looking for beginning of value"),
    ("Expecting ':' delimiter", "after object key"),
    ("Expecting ',' delimiter", "after object key:value pair"),
    ("Extra data", "after top-level value"),
)
_GO_KIND: Final = (
    (bool, "bool"),
    (int, "number"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)
_FIELD_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "bool": (bool,),
    "int64": (int,),
    "list": (list,),
    "object": (dict,),
}


async def read_object(request: web.Request, message: str, fields: Mapping[str, str]) -> Json:
    """Read a request's JSON object, checking the named fields' types.

    `message` is the protobuf message's name, as Go's errors tell it; `fields` maps a field to `string`, `bool`,
    `int64`, `list` or `object`. An empty body is an empty message; unknown fields are ignored. Raises ApiError.
    """
    raw = await request.read()
    if not raw.strip():
        return {}
    value = _parse(raw.decode("utf-8", errors="replace"))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ApiError(
            INVALID_ARGUMENT, f"json: cannot unmarshal {_kind(value)} into Go value of type application.{message}"
        )
    for field, wanted in fields.items():
        _check(message, field, wanted, value.get(field))
    return value


def _parse(text: str) -> Any:  # noqa: ANN401 - JSON may be anything
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text):
            raise ApiError(INVALID_ARGUMENT, "unexpected EOF") from error
        for start, phrase in _GO_PHRASE:
            if error.msg.startswith(start):
                raise ApiError(INVALID_ARGUMENT, f"invalid character '{text[error.pos]}' {phrase}") from error
        raise ApiError(INVALID_ARGUMENT, "unexpected EOF") from error
    except RecursionError as error:
        raise ApiError(INVALID_ARGUMENT, "exceeded max depth") from error


def _check(message: str, field: str, wanted: str, value: object) -> None:
    if value is None:
        return
    accepted = isinstance(value, _FIELD_TYPES[wanted]) and not (wanted == "int64" and isinstance(value, bool))
    if accepted:
        return
    go_type = {"list": f"[]application.{field.capitalize()}", "object": f"application.{field.capitalize()}"}
    found = f"number {value}" if wanted == "int64" and isinstance(value, float) else _kind(value)
    raise ApiError(
        INVALID_ARGUMENT,
        f"json: cannot unmarshal {found} into Go struct field {message}.{field} of type {go_type.get(wanted, wanted)}",
    )


def _kind(value: object) -> str:
    return next((name for kind, name in _GO_KIND if isinstance(value, kind)), "null")
