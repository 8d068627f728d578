"""Our values as JSON documents: every field survives, fields added later read as their default.

The text is ASCII, so that whatever a server said fits both databases.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from bot.service.ports import Refused

Value = TypeVar("Value")


def encode(value: object) -> str:
    """A value (dataclass, mapping, tuple) as one line of JSON; equal values give equal lines."""
    return json.dumps(msgspec.to_builtins(value, order="deterministic"), separators=(",", ":"))


def decode(text: str, kind: type[Value], *, row: str) -> Value:
    """The value of this type. `row` says where it was found; `Refused` names it when it can't be read."""
    try:
        return msgspec.convert(json.loads(text), kind)
    except (ValueError, msgspec.ValidationError) as error:
        raise Refused(
            f"The database's {row} can't be read ({error}). Restore a backup, or run the version that wrote it.",
            reason="unreadable",
        ) from error


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON in the one form that is hashed: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
