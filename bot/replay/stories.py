"""Reading recorded stories, and bringing their lines in the disorder of real sources."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One recorded line: when it came, from which file kind, and its data."""

    at: datetime
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distortion:
    """How the sources misbehave in a replay: order, repeats and losses, all from one seed."""

    seed: int = 0
    shuffle_within: timedelta = timedelta(0)
    doubled: bool = False
    dropped: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A recorded story: its lines in order of time."""

    name: str
    lines: tuple[Line, ...]


def stories(directory: Path) -> list[str]:
    """The stories a folder laid out like the recordings holds."""
    return sorted(path.stem for path in (directory / "argocd" / "stream").glob("*.ndjson"))


def read_story(directory: Path, name: str) -> Story:
    """Read a story's files; a missing one is an absent source."""
    files = {
        "stream": directory / "argocd" / "stream" / f"{name}.ndjson",
        "notification": directory / "argocd" / "notifications" / f"{name}.ndjson",
        "event": directory / "kubernetes" / f"{name}.events.ndjson",
        "pod": directory / "kubernetes" / f"{name}.pods.ndjson",
    }
    lines = []
    for kind, path in files.items():
        for row in _rows(path):
            data = row["body"] if kind == "notification" else row["data"]
            lines.append(Line(at=_time(row["at"]), kind=kind, data=data if isinstance(data, dict) else {}))
    return Story(name=name, lines=tuple(sorted(lines, key=lambda line: line.at)))


def distorted(lines: Sequence[Line], distortion: Distortion) -> list[Line]:
    """The lines as misbehaving sources would bring them."""
    generator = random.Random(distortion.seed)  # noqa: S311  a repeatable test of disorder, not a secret
    found = []
    for line in lines:
        if generator.random() < distortion.dropped:
            continue
        for _ in range(2 if distortion.doubled else 1):
            late = distortion.shuffle_within.total_seconds() * generator.random()
            found.append(Line(at=line.at + timedelta(seconds=late), kind=line.kind, data=line.data))
    return sorted(found, key=lambda line: line.at)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)
