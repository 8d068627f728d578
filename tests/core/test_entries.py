"""What an entry may say, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from bot.core.entries import Entry, Expect


def minimal(**changes: object) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": "shared-resource",
        "title": "Two owners",
        "status": "draft",
        "severity": "medium",
        "scope": "object",
        "match": {"any": [{"message": "is part of applications"}]},
        "diagnosis": "Both apply it.",
    }
    return {key: value for key, value in (entry | changes).items() if value is not None}


def test_a_minimal_draft_is_enough() -> None:
    entry = Entry.model_validate(minimal())
    assert (entry.scope, entry.evidence, entry.generic) == ("object", (), False)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"colour": "red"}, id="unknown field"),
        pytest.param({"id": "Shared_Resource"}, id="id not kebab-case"),
        pytest.param({"status": "live"}, id="status"),
        pytest.param({"scope": "named"}, id="named without subject"),
        pytest.param({"subject": "{{x}}"}, id="subject without named"),
        pytest.param({"match": {}}, id="no rule"),
        pytest.param({"match": {"any": [{"source": "log"}]}}, id="rule without message or reason"),
        pytest.param({"match": {"any": [{"source": "syslog", "message": "x"}]}}, id="source"),
        pytest.param({"replaced_by": "other"}, id="replaced but not retired"),
        pytest.param({"causes": [{"entry": "x"}]}, id="cause without relation"),
        pytest.param(
            {"causes": [{"entry": "x", "same": ["app"], "relation": "blocked"}]}, id="cause with two relations"
        ),
        pytest.param({"causes": [{"entry": "x", "same": ["colour"]}]}, id="relation"),
        pytest.param({"references": ["ftp://x"]}, id="reference"),
        pytest.param({"diagnosis": "  "}, id="empty text"),
    ],
)
def test_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Entry.model_validate(minimal(**changes))


def test_is_frozen() -> None:
    entry = Entry.model_validate(minimal())
    with pytest.raises(ValidationError):
        entry.title = "other"  # type: ignore[misc]  # that it can't be set is the point


@pytest.mark.parametrize("given", [{}, {"equals": "a", "matches": "b"}, {"is": 1}])
def test_expect_needs_exactly_one(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Expect.model_validate(given)


def test_expect_knows_what_was_stated() -> None:
    assert Expect.model_validate({"all": False}).stated == ("all",)
