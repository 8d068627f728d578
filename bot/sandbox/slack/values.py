"""The JSON values this server speaks, and how Slack counts characters."""

from typing import Any

Json = dict[str, Any]


def size(text: str) -> int:
    """Return a text's length in UTF-16 units.

    Slack doesn't say what it counts; this counts an emoji twice, so nothing passes here that Slack would refuse.
    """
    return len(text) + sum(1 for char in text if char > "\uffff")


def flag(value: object) -> bool:
    """Read a boolean argument: JSON's, or the words a form carries."""
    return value is True or value == 1 or str(value).lower() in ("true", "1")
