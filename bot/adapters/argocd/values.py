"""Reading untrusted JSON: every accessor gives a value of the asked type or its empty form, never an exception.

Argo CD leaves things out, sends null, `{}` or `{"items":null}` for the same thing (facts/argocd.md §8.15).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.core.redaction import clean, redact

TEXT_LIMIT = 65_536
NAME_LIMIT = 512
NUMBER_LIMIT = 2**63
"""Argo CD's numbers are Go's int64; a longer one is none of its."""


def record(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[Mapping[str, Any]]:
    """The objects in a list; anything else in it is passed over."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def name(value: object) -> str:
    """A short identifier: a string up to `NAME_LIMIT` characters, without invisible ones, else empty."""
    return clean(value[:NAME_LIMIT]) if isinstance(value, str) else ""


def names(value: object) -> tuple[str, ...]:
    """The identifiers in a list; anything else in it is passed over."""
    return tuple(filter(None, map(name, value))) if isinstance(value, list) else ()


def text(value: object) -> str:
    """A message: cut and redacted."""
    return redact(value[:TEXT_LIMIT]) if isinstance(value, str) else ""


def number(value: object) -> int:
    """A whole number of 64 bits, else 0."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if -NUMBER_LIMIT <= value < NUMBER_LIMIT else 0


def flag(value: object) -> bool:
    """True only for JSON's true."""
    return value is True


def moment(value: object) -> datetime | None:
    """An RFC 3339 time in UTC, else None."""
    if not isinstance(value, str) or not value or len(value) > 64:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the second: year 1 east of Greenwich
        return None
