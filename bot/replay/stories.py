"""Reading recorded stories: what the sources sent, and what was answered to questions."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One recorded line: when it came, from which file kind (stream, notification, event, pod), and its data."""

    at: datetime
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A recorded answer to a GET: when, of which path, with which HTTP status and JSON body."""

    at: datetime
    path: str
    status: int
    body: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A recorded story: its lines and answers, each in order of time."""

    name: str
    lines: tuple[Line, ...]
    answers: tuple[Answer, ...] = ()


def stories(directory: Path) -> list[str]:
    """The stories a folder laid out like the recordings holds."""
    return sorted({path.name.partition(".")[0] for path in (directory / "argocd" / "stream").glob("*.ndjson*")})


def read_story(directory: Path, name: str) -> Story:
    """Read a story's files, plain or with `.gz`; a missing one is an absent source."""
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
    return Story(
        name=name,
        lines=tuple(sorted(lines, key=lambda line: line.at)),
        answers=tuple(sorted(_answers(directory, name), key=lambda answer: answer.at)),
    )


def _answers(directory: Path, name: str) -> Iterator[Answer]:
    """What was answered in the story, in `cases/*.json` (one broken Application each), and by Kubernetes."""
    yield from _exchanges(_json(directory / "argocd" / "http" / f"{name}.json") or ())
    yield from _exchanges(_json(directory / "kubernetes" / "api.json") or ())
    if name == "cases":
        for path in sorted((directory / "argocd" / "cases").glob("*.json*")):
            yield from _exchanges(_json(path)["exchanges"])


def _exchanges(rows: Iterable[dict[str, Any]]) -> Iterator[Answer]:
    for row in rows:
        request, response = row.get("request"), row.get("response")
        if request and response and request.get("method") == "GET" and "status" in response:
            yield Answer(
                at=_time(row["at"]), path=request["path"], status=response["status"], body=response.get("body")
            )


def _read(path: Path) -> str:
    """A file's text, or that of its compressed twin; empty where there is neither."""
    if path.exists():
        return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text("utf-8")
    packed = path.with_name(path.name + ".gz")
    return gzip.decompress(packed.read_bytes()).decode() if packed.exists() else ""


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in _read(path).splitlines():
        if line.strip():
            yield json.loads(line)


def _json(path: Path) -> Any:  # noqa: ANN401  whatever was recorded
    text = _read(path)
    return json.loads(text) if text else None


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)
