"""Rows of `match --jsonl`: one signal in, one answer out, each on its own line (design §3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, get_args

from bot.core.entries import SourceName
from bot.core.haystack import Text, text_of
from bot.core.matching import Matcher, Result
from bot.core.pasted import recognise

ROW_LIMIT = 4_194_304
"""Bytes of one row; a longer one is refused and skipped, so that memory stays constant."""

SOURCES = get_args(SourceName)
FIELDS = ("source", "reason", "kind", "namespace", "name", "app", "message")


class BadRow(ValueError):
    """The row can't be read. `id` is its id where that much could be read."""

    def __init__(self, message: str, id_: object = None) -> None:
        super().__init__(message)
        self.id = id_


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row read: its id as it stood, its signal, and all its fields (a corpus has more than the contract)."""

    id: object
    text: Text
    fields: Mapping[str, Any]


def read_row(line: bytes) -> Row:
    """Read one line. Fields that are missing or null are empty, but there must be a message. Raises `BadRow`."""
    try:
        row = json.loads(line, parse_constant=_no_constant)
    except RecursionError:
        raise BadRow("the row is nested too deep") from None
    except ValueError as error:
        raise BadRow(f"not JSON: {error}") from None
    if not isinstance(row, dict):
        raise BadRow("a row must be a JSON object")
    id_ = row.get("id")
    if isinstance(id_, dict | list):
        raise BadRow("id must be text or a number")
    values: dict[str, str] = {}
    for name in FIELDS:
        value = row.get(name)
        if value is not None and not isinstance(value, str):
            raise BadRow(f"{name} must be text", id_)
        values[name] = value or ""
    if row.get("message") is None:
        raise BadRow("message is missing", id_)
    source = values.pop("source") or "cli"
    if source not in SOURCES:
        raise BadRow(f"source {source[:40]!r} isn't one of {', '.join(SOURCES)}", id_)
    message = values.pop("message")
    return Row(id=id_, text=text_of(message, source=source, **values), fields=row)


def next_line(stream: BinaryIO) -> bytes | None:
    """The next line that isn't blank; None at the end. Raises `BadRow` for one over `ROW_LIMIT`."""
    while line := stream.readline(ROW_LIMIT + 1):
        if len(line) > ROW_LIMIT:
            while line and not line.endswith(b"\n"):
                line = stream.readline(ROW_LIMIT)
            raise BadRow(f"the row is longer than {ROW_LIMIT} bytes")
        if line.strip():
            return line
    return None


def answer(matcher: Matcher, row: Row) -> dict[str, Any]:
    """What goes out for a row."""
    result, _ = recognise(matcher, row.text)
    return {"id": row.id, **verdict_of(result)}


def answer_rows(stream: BinaryIO, out: BinaryIO, matcher: Matcher) -> int:
    """Answer each row as it comes, in order; the number of bad ones, each answered with its error."""
    bad = 0
    while True:
        try:
            line = next_line(stream)
            if line is None:
                return bad
            found = answer(matcher, read_row(line))
        except BadRow as error:
            bad += 1
            found = {"id": error.id, "error": str(error)}
        out.write(json.dumps(found).encode() + b"\n")
        out.flush()


def verdict_of(result: Result) -> dict[str, Any]:
    """A result in the words of the contract."""
    best = result.best
    return {
        "verdict": result.verdict,
        "entry": best.entry.id if best else None,
        "confidence": best.confidence if best else 0.0,
        "captures": dict(best.captures) if best else {},
        "candidates": [{"entry": match.entry.id, "confidence": match.confidence} for match in result.matches],
    }


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't JSON")
