"""Reads a recorded story: stream lines, Events, Pods and notifications, in the order they came.

Layout of a folder of recordings, each file plain or gzipped:
`argocd/stream/NAME.ndjson`, `argocd/notifications/NAME.ndjson`, `kubernetes/NAME.{events,pods}.ndjson` with lines
`{"at", "data"}` (notifications: `{"at", "body"}`), and `argocd/http/NAME.json`, a list of exchanges
`{"at", "request", "response"}`. A folder `argocd/NAME/` holds more of these, one file
`{"exchanges": […]}` for each Application.
"""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["application", "event", "pod", "notification", "tree", "managed", "revision", "manifests"]

_ANSWERS = re.compile(
    r"^/api/v1/applications/(?P<app>[^/?]+)/"
    r"(?:(?P<what>resource-tree|managed-resources)|revisions/(?P<revision>[0-9a-f]{40})/metadata"
    r"|manifests\?revision=(?P<rendered>[0-9a-f]{40}))$"
)
_FILES: dict[Kind, str] = {
    "application": "argocd/stream/{name}.ndjson",
    "notification": "argocd/notifications/{name}.ndjson",
    "event": "kubernetes/{name}.events.ndjson",
    "pod": "kubernetes/{name}.pods.ndjson",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that came: when, of which kind, about which Application or revision (answers only), and its data.

    `about` of manifests is `<Application>@<revision>`.
    """

    at: datetime
    kind: Kind
    data: Json
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A story from its first moment; `answers` are what reads beside the watches gave, whenever they were asked."""

    name: str
    start: datetime
    lines: tuple[Line, ...]
    answers: tuple[Line, ...]

    @property
    def seconds(self) -> float:
        """How long it takes at its own pace."""
        return (self.lines[-1].at - self.start).total_seconds() if self.lines else 0.0


def read_recording(directory: Path, name: str) -> Recording:
    """Read a story. A missing file is a source that was silent; a story without any file is a `FileNotFoundError`."""
    lines = [line for kind, pattern in _FILES.items() for line in _lines(directory / pattern.format(name=name), kind)]
    if not lines:
        raise FileNotFoundError(f"no recording called {name} in {directory}")
    lines.sort(key=lambda line: line.at)
    exchanges = json.loads(_text(directory / f"argocd/http/{name}.json") or "[]")
    folder = directory / "argocd" / name
    for path in sorted({path.with_name(path.name.removesuffix(".gz")) for path in folder.glob("*.json*")}):
        exchanges += json.loads(_text(path))["exchanges"]
    answers = tuple(_answers(exchanges))
    return Recording(name=name, start=lines[0].at, lines=tuple(lines), answers=answers)


def _lines(path: Path, kind: Kind) -> Iterator[Line]:
    for row in map(json.loads, filter(None, _text(path).split("\n"))):
        data = row["body"] if kind == "notification" else row["data"]
        if kind == "application":
            data = data.get("result")
        if isinstance(data, dict):
            yield Line(at=datetime.fromisoformat(row["at"]), kind=kind, data=data)


def _answers(exchanges: Iterable[Json]) -> Iterator[Line]:
    kinds: dict[str | None, Kind] = {"resource-tree": "tree", "managed-resources": "managed", None: "revision"}
    for exchange in exchanges:
        request, response = exchange.get("request"), exchange.get("response") or {}
        body = response.get("body")
        if not request or request["method"] != "GET" or response.get("status") != 200 or not isinstance(body, dict):
            continue
        asked = _ANSWERS.match(request["path"])
        if asked:
            yield Line(
                at=datetime.fromisoformat(exchange["at"]),
                kind="manifests" if asked["rendered"] else kinds[asked["what"]],
                data=body,
                about=f"{asked['app']}@{asked['rendered']}" if asked["rendered"] else asked["revision"] or asked["app"],
            )


def _text(path: Path) -> str:
    """Return a file's text, gzipped or plain; empty where there is none."""
    zipped = path.with_name(path.name + ".gz")
    if zipped.exists():
        return gzip.decompress(zipped.read_bytes()).decode()
    return path.read_text(encoding="utf-8") if path.exists() else ""
