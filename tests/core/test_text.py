"""Placeholders and cutting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text import cut, fill, pieces, placeholders


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        pytest.param("{{kind}}/{{name}}", {"kind": "Pod", "name": "x"}, "Pod/x", id="two"),
        pytest.param("{{missing}} stays", {}, "{{missing}} stays", id="missing"),
        pytest.param("{{a}}", {"a": "{{b}}", "b": "no"}, "{{b}}", id="values are never templates"),
        pytest.param("{{a b}} {{1}} { {a}} {{}}", {"a": "x"}, "{{a b}} {{1}} { {a}} {{}}", id="other braces"),
        pytest.param("{{a}}", {"a": r"\1 $x"}, r"\1 $x", id="no group references"),
    ],
)
def test_fill(template: str, values: dict[str, str], expected: str) -> None:
    assert fill(template, values) == expected


def test_fill_escapes_values_only() -> None:
    assert fill("<{{a}}>", {"a": "<!channel>"}, escape=lambda value: value.replace("<", "&lt;")) == "<&lt;!channel>>"


def test_placeholders_once_in_order() -> None:
    assert placeholders("{{b}} {{a}} {{b}} {{signal.app}}") == ("b", "a", "signal.app")


@given(st.text())
def test_pieces_lose_nothing(template: str) -> None:
    assert "".join("{{" + text + "}}" if name else text for text, name in pieces(template)) == template


@given(st.text(), st.integers(0, 50))
def test_cut_keeps_the_limit(text: str, limit: int) -> None:
    result = cut(text, limit)
    assert len(result) <= max(limit, 0)
    if len(text) <= limit:
        assert result == text
