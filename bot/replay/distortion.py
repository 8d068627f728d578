"""Brings recorded lines in the disorder of real sources: late, twice, never, or after a cut."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.replay.stories import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Distortion:
    """How the sources misbehave in a replay, all from one seed.

    `cuts`: how often all streams break, each time for `cut_for`; what comes meanwhile is lost, and the sources start
    anew afterwards (the stream replays every Application, watches list again).
    """

    seed: int = 0
    shuffle_within: timedelta = timedelta(0)
    doubled: bool = False
    dropped: float = 0.0
    cuts: int = 0
    cut_for: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which nothing arrives."""

    start: datetime
    end: datetime


def outages(lines: Sequence[Line], distortion: Distortion) -> list[Outage]:
    """When the streams are cut: moments anywhere in the story."""
    if not lines:
        return []
    generator = random.Random(f"cuts {distortion.seed}")  # noqa: S311  a repeatable test of disorder, not a secret
    first, length = lines[0].at, lines[-1].at - lines[0].at
    starts = sorted(first + length * generator.random() for _ in range(distortion.cuts))
    return [Outage(start=start, end=start + distortion.cut_for) for start in starts]


def distorted(lines: Sequence[Line], distortion: Distortion, cut: Sequence[Outage] = ()) -> list[Line]:
    """The lines as misbehaving sources would bring them."""
    generator = random.Random(distortion.seed)  # noqa: S311  a repeatable test of disorder, not a secret
    found = []
    for line in lines:
        if generator.random() < distortion.dropped or any(outage.start <= line.at < outage.end for outage in cut):
            continue
        for _ in range(2 if distortion.doubled else 1):
            late = distortion.shuffle_within.total_seconds() * generator.random()
            found.append(Line(at=line.at + timedelta(seconds=late), kind=line.kind, data=line.data))
    return sorted(found, key=lambda line: line.at)
