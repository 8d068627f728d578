"""Disorder is repeatable, and does what it says to the lines."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.replay.distortion import Distortion, distorted, outages
from bot.replay.stories import Line

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LINES = [Line(at=START + timedelta(seconds=second), kind="stream", data={"n": second}) for second in range(300)]


def numbers(lines: list[Line]) -> list[int]:
    return [line.data["n"] for line in lines]


def test_without_distortion_nothing_changes() -> None:
    assert distorted(LINES, Distortion()) == LINES


def test_doubled_lines_come_twice() -> None:
    assert sorted(numbers(distorted(LINES, Distortion(doubled=True)))) == sorted(numbers(LINES) * 2)


@given(st.integers(0, 1000), st.integers(0, 10))
def test_a_late_line_is_late_by_at_most_what_is_allowed(seed: int, seconds: int) -> None:
    limit = timedelta(seconds=seconds)
    found = distorted(LINES, Distortion(seed=seed, shuffle_within=limit))
    assert sorted(numbers(found)) == numbers(LINES)
    assert all(timedelta(0) <= line.at - LINES[line.data["n"]].at <= limit for line in found)


@given(st.integers(0, 1000))
def test_the_same_seed_loses_the_same_lines(seed: int) -> None:
    once, again = (distorted(LINES, Distortion(seed=seed, dropped=0.3)) for _ in range(2))
    assert once == again
    assert 0 < len(once) < len(LINES)


@given(st.integers(0, 1000), st.integers(1, 4))
def test_nothing_arrives_while_the_streams_are_cut(seed: int, cuts: int) -> None:
    distortion = Distortion(seed=seed, cuts=cuts)
    found = outages(LINES, distortion)
    assert len(found) == cuts
    left = distorted(LINES, distortion, found)
    lost = [line for line in LINES if any(outage.start <= line.at < outage.end for outage in found)]
    assert sorted(numbers(left) + numbers(lost)) == numbers(LINES)


def test_an_empty_story_is_never_cut() -> None:
    assert outages([], Distortion(cuts=3)) == []
