"""Patterns read, relaxed and refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.patterns import BadPattern, compile_pattern, literal_length, relax, required_literals


@pytest.mark.parametrize(
    ("pattern", "literals", "length"),
    [
        (r"(?P<kind>\w+)/(?P<name>\S+) is part of", {" is part of"}, 12),
        (r"exec \S+: exec format error|no match for platform", {": exec format error", "no match for platform"}, 21),
        (r'serviceaccount "(?P<name>[^"]+)" not found', {"serviceaccount "}, 25),
        (r"[Ii]nsufficient (?P<r>\w+)", {"insufficient "}, 13),
        (r"(?i:FOO bar)baz", {"foo barbaz"}, 10),
        (r"\Qa.b?cd\E", {"a.b?cd"}, 6),
        (r"(?:optional words)?x", set(), 1),
        (r"a{2,3}bcdef", {"bcdef"}, 7),
        (r"x{,3}y", {"x{,3}y"}, 6),
        (r"[[:alpha:]]]b[^a]cdef", {"cdef"}, 6),
        (r"[.]data[.]json", {".data.json"}, 10),
        (r"^start\b end$", {"start end"}, 9),
        (r"\w+|abcdef", set(), 0),
    ],
)
def test_literals(pattern: str, literals: set[str], length: int) -> None:
    compile_pattern(pattern)
    assert required_literals(pattern) == literals
    assert literal_length(pattern) == length


@pytest.mark.parametrize(
    "text",
    ['kind "Pod" in', "kind 'Pod' in", "kind `Pod` in", "kind Pod in"],
)
def test_quotes_are_optional_and_of_any_sort(text: str) -> None:
    found = compile_pattern('kind "(?P<kind>[^"\'`]+)" in').search(text)
    assert found is not None
    assert found.group("kind").strip() == "Pod"


def test_quotes_with_a_quantifier_or_in_a_class_stay() -> None:
    assert relax(r'"?x[^"]\"+') == r'"?x[^"]"+'


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?!x)y", "look-ahead"),
        (r"(a)\1", "escape"),
        ("x\\Z", r"\z"),
        ("(", "missing )"),
        ("a{1001}", "repetition"),
    ],
)
def test_refused_with_a_reason(pattern: str, reason: str) -> None:
    with pytest.raises(BadPattern, match=re.escape(reason)):
        compile_pattern(pattern)


@given(st.text(alphabet="ab (|)[]\\?*+{1,}.^$\"'", max_size=24), st.text(alphabet="ab (|)[]?*+{1,}.^$", max_size=40))
def test_a_matching_text_has_a_required_literal(pattern: str, text: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except BadPattern:
        return
    literals = required_literals(pattern)
    match = compiled.search(text)
    if match is not None:
        assert not literals or any(literal in text.lower() for literal in literals)
        assert literal_length(pattern) <= len(match.group(0))


@given(st.text(max_size=200))
def test_any_text_as_pattern_is_read_or_refused(pattern: str) -> None:
    try:
        compile_pattern(pattern)
    except (BadPattern, UnicodeEncodeError):
        return
    required_literals(pattern)
    literal_length(pattern)
