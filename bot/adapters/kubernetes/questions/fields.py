"""Reading JSON of any shape: what isn't there, or isn't what it should be, is empty."""

from typing import Any

Json = dict[str, Any]


def at(value: object, *path: str) -> Any:  # noqa: ANN401  JSON of any shape comes out
    """Follow names through nested objects; None where the way ends."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def mapping(value: object, *path: str) -> Json:
    """The object at a path; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def items(value: object, *path: str) -> list[Json]:
    """The objects of the list at a path."""
    found = at(value, *path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def texts(value: object, *path: str) -> list[str]:
    """The texts of the list at a path."""
    found = at(value, *path)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def text(value: object, *path: str) -> str:
    """The text at a path."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: object, *path: str) -> int | None:
    """The whole number at a path; None where there is none."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def name_of(obj: Json) -> str:
    """An object's name."""
    return text(obj, "metadata", "name")


def condition(obj: Json, kind: str) -> Json:
    """The status condition of this type; empty where there is none."""
    return next((item for item in items(obj, "status", "conditions") if item.get("type") == kind), {})


def told(found: Json) -> str:
    """A condition in one line: `Available=False (FailedDiscoveryCheck): no response`."""
    reason = text(found, "reason")
    line = f"{text(found, 'type')}={text(found, 'status')}" + (f" ({reason})" if reason else "")
    return f"{line}: {text(found, 'message')}" if text(found, "message") else line
