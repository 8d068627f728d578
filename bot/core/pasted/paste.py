"""A pasted output taken apart, and the tables in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.core.haystack import Text
from bot.core.wrappers import unwrap

PARTS_LIMIT = 200
"""Signals taken from one paste."""

_GAP = re.compile(r"\s{2,}|\t")
_WORDS = re.compile(r"\S+(?: \S+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paste:
    """What a pasted output is about (empty where it doesn't say), and the signals in it."""

    app: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    node: str = ""
    parts: tuple[Text, ...] = ()

    def located(self, part: Text, given: Text) -> Text:
        """A part with what it doesn't say itself: first what the reader was given, then what the paste is about."""
        own = bool(part.kind or given.kind)
        return replace(
            part,
            app=part.app or given.app or self.app,
            kind=part.kind or given.kind or self.kind,
            namespace=part.namespace or given.namespace or self.namespace,
            name=part.name or given.name or ("" if own else self.name),
        )


def part(source: str, message: str, *, reason: str = "", kind: str = "", namespace: str = "", name: str = "") -> Text:
    """One signal of a paste. The message is redacted already; here it only loses its wrappers."""
    return Text(
        message=unwrap(message),
        original=message,
        source=source,
        reason=reason,
        kind=kind,
        namespace=namespace,
        name=name,
    )


def value(lines: Sequence[str], key: str) -> str:
    """The value of a line `Key:   value` without indent; empty where there is none."""
    for line in lines:
        if line.startswith(f"{key}:"):
            found = line[len(key) + 1 :].strip()
            return "" if found in ("<none>", "<unset>") else found
    return ""


def rows(lines: Sequence[str], columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Rows of a table by its header's positions; the last column takes the rest, and lines that a terminal broke.

    The table ends at a blank line. Columns that the header lacks are left out.
    """
    for number, line in enumerate(lines):
        words = _GAP.split(line.strip())
        if all(column in words for column in columns):
            starts = [(word.start(), word[0]) for word in _WORDS.finditer(line)]
            yield from _cells(lines[number + 1 :], starts)
            return


def _cells(lines: Sequence[str], starts: Sequence[tuple[int, str]]) -> Iterator[dict[str, str]]:
    row: dict[str, str] = {}
    last = starts[-1][1]
    for line in lines:
        if not line.strip():
            break
        if set(line) <= set("- "):
            continue
        cells = _by_position(line, starts) or _by_gaps(line, starts)
        if cells is not None:
            if row:
                yield row
            row = cells
        elif row:
            row[last] = f"{row[last]}\n{line.strip()}"
    if row:
        yield row


def _by_position(line: str, starts: Sequence[tuple[int, str]]) -> dict[str, str] | None:
    """Cells cut where the columns begin; None where a word runs over such a place or the line is a broken end."""
    ends = [start for start, _ in starts[1:]]
    if any(end <= len(line) and end > 0 and line[end - 1 : end].strip() for end in ends):
        return None
    found = {
        name: line[start:end].strip() for (start, name), end in zip(starts, [*ends, max(len(line), 1)], strict=True)
    }
    filled = [name for name, cell in found.items() if cell]
    return found if len(filled) > 1 else None


def _by_gaps(line: str, starts: Sequence[tuple[int, str]]) -> dict[str, str] | None:
    """Cells cut at gaps, for rows whose values are wider than the header; None where the number differs."""
    cells = _GAP.split(line.strip(), maxsplit=len(starts) - 1)
    return dict(zip((name for _, name in starts), cells, strict=True)) if len(cells) == len(starts) else None
