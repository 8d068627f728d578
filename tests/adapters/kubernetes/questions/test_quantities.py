"""Kubernetes' amounts, read and written."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.kubernetes.questions.quantities import amount, written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250m", Fraction(1, 4)),
        ("1.5Gi", Fraction(3 * 2**29)),
        (".5", Fraction(1, 2)),
        ("2", Fraction(2)),
        (2, Fraction(2)),
        ("12e3", Fraction(12_000)),
        ("1E", Fraction(10**18)),
        ("1Ei", Fraction(2**60)),
        ("100n", Fraction(1, 10**7)),
        ("-1", Fraction(-1)),
        ("128974848", Fraction(128_974_848)),
        ("room", Fraction(0)),
        ("", Fraction(0)),
        (None, Fraction(0)),
        ("1e999999999", Fraction(0)),
    ],
)
def test_amounts(text: str | int | None, value: Fraction) -> None:
    assert amount(text) == value


@pytest.mark.parametrize(
    ("resource", "text", "expected"),
    [
        ("cpu", "1500m", "1500m"),
        ("cpu", "2", "2"),
        ("memory", "1.5Gi", "1536Mi"),
        ("memory", "512", "512"),
        ("requests.memory", "1Gi", "1024Mi"),
        ("pods", "3", "3"),
    ],
)
def test_written(resource: str, text: str, expected: str) -> None:
    assert written(resource, amount(text)) == expected


@given(st.text(max_size=200))
def test_any_text_is_a_number(text: str) -> None:
    assert isinstance(amount(text), Fraction)


@given(st.integers(min_value=0, max_value=10**9))
def test_what_is_written_is_never_more_than_there_is(millis: int) -> None:
    value = Fraction(millis, 1000)
    assert amount(written("cpu", value)) <= value
