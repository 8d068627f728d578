"""Labelled real messages: how many the base gets right, whom it wrongs, and the floor that only goes up.

A row is one of `match --jsonl` with `label` (an entry's id, `none` or `unknown`) and `also` (other acceptable ids).
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.core.matching import Matcher
from bot.core.pasted import recognise
from bot.kb.issues import Issue
from bot.kb.loader import Knowledge
from bot.kb.rows import BadRow, Row, read_row
from bot.kb.testing import belongs

NOT_A_CAUSE = ("none", "unknown")
DIGITS = 4
"""Figures are rounded down to this many decimals before they become the floor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A row of the corpus with what the base said. `winner` is an entry, or `noise` or `unknown`."""

    line: int
    id: object
    label: str
    winner: str
    claimed: bool
    right: bool


@dataclass(slots=True)
class Measured:
    """Figures over a corpus, what is wrong, and one line that says it."""

    rows: int = 0
    issues: list[Issue] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    summary: str = ""


def measure(knowledge: Knowledge, corpus: Path, floor: Path, *, raise_floor: bool) -> Measured:
    """Judge every row, compare with the floor where there is one, and raise it where asked."""
    measured = Measured()
    judged = list(_judged(corpus, knowledge.compile(), measured.issues))
    measured.rows = len(judged)
    measured.figures = figures(judged)
    measured.issues.extend(_false_claims(corpus, judged))
    measured.issues.extend(_wrong(corpus, judged, knowledge))
    lowest = _read_floor(floor, measured.issues)
    measured.issues.extend(_below(floor, measured.figures, lowest))
    if raise_floor:
        raised = {name: max(value, lowest.get(name, 0.0)) for name, value in measured.figures.items()}
        floor.write_text(json.dumps(lowest | raised, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    shown = ", ".join(f"{name} {measured.figures[name]:.1%}" for name in ("precision", "recall", "quiet"))
    measured.summary = f"{measured.rows} messages of {corpus}: {shown}"
    return measured


def figures(judged: Iterable[Judged]) -> dict[str, float]:
    """Precision (right claims of all), recall (of the messages with a cause), quiet (of those without), per label too.

    Rounded down, so that a stored figure is never above the one it was taken from.
    """
    rows = list(judged)
    claims = [row for row in rows if row.claimed]
    causes = [row for row in rows if row.label not in NOT_A_CAUSE]
    others = [row for row in rows if row.label in NOT_A_CAUSE]
    found = {
        "precision": _share(sum(row.right for row in claims), len(claims)),
        "recall": _share(sum(row.right for row in causes), len(causes)),
        "quiet": _share(sum(row.right for row in others), len(others)),
    }
    totals = Counter(row.label for row in rows)
    right = Counter(row.label for row in rows if row.right)
    return found | {f"label {label}": _share(right[label], total) for label, total in sorted(totals.items())}


def _share(part: int, whole: int) -> float:
    return math.floor(part / whole * 10**DIGITS) / 10**DIGITS if whole else 1.0


def _judged(corpus: Path, matcher: Matcher, issues: list[Issue]) -> Iterator[Judged]:
    number = 0
    with corpus.open("rb") as stream:
        for line in stream:
            number += 1
            if not line.strip():
                continue
            try:
                row = read_row(line)
                label, also = _labels(row)
            except BadRow as error:
                issues.append(_issue(corpus, number, "corpus", str(error), "Mend the row."))
                continue
            result, _ = recognise(matcher, row.text)
            winner = result.best.entry.id if result.best else result.verdict
            right = any(belongs(winner, wanted) for wanted in (label, *also))
            yield Judged(
                line=number, id=row.id, label=label, winner=winner, claimed=result.best is not None, right=right
            )


def _labels(row: Row) -> tuple[str, tuple[str, ...]]:
    label, also = row.fields.get("label"), row.fields.get("also") or []
    if not isinstance(label, str) or not label:
        raise BadRow("the row has no label", row.id)
    if not isinstance(also, list) or not all(isinstance(item, str) for item in also):
        raise BadRow("also must be a list of ids", row.id)
    return label, tuple(also)


def _false_claims(corpus: Path, judged: Iterable[Judged]) -> Iterator[Issue]:
    """No entry may claim what is no failure, or what no entry explains."""
    for row in judged:
        if row.label in NOT_A_CAUSE and not row.right:
            fix = f"Make {row.winner} more precise." if row.claimed else "Make the noise rule more precise."
            message = f"{row.id} is {row.label}, but {'claimed by ' if row.claimed else ''}{row.winner}"
            yield _issue(corpus, row.line, "corpus", message, fix)


def _wrong(corpus: Path, judged: Iterable[Judged], knowledge: Knowledge) -> Iterator[Issue]:
    """Messages of an entry we have that it doesn't win: warnings, for the floor decides."""
    for row in judged:
        if row.label in knowledge.entries and not row.right:
            message = f"{row.id} is {row.label}, but {'won by ' if row.claimed else ''}{row.winner}"
            fix = f"Widen {row.label} by how the tool builds its message, not by this line."
            yield _issue(corpus, row.line, "corpus", message, fix, warning=True)


def _below(floor: Path, reached: Mapping[str, float], lowest: Mapping[str, float]) -> Iterator[Issue]:
    for name, value in sorted(lowest.items()):
        got = reached.get(name)
        if got is None or got < value:
            fallen = "isn't measured any more" if got is None else f"fell to {got:.4f}"
            message = f"{name} {fallen}; the floor is {value:.4f}"
            fix = "Find what the last change broke: the floor only goes up."
            yield _issue(floor, 1, "floor", message, fix)


def _read_floor(path: Path, issues: list[Issue]) -> dict[str, float]:
    if not path.is_file():
        return {}
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        issues.append(_issue(path, 1, "floor", f"can't be read: {error}", "Restore it from Git."))
        return {}
    if not isinstance(read, dict) or not all(isinstance(value, int | float) for value in read.values()):
        issues.append(_issue(path, 1, "floor", "must be an object of numbers", "Restore it from Git."))
        return {}
    return {str(name): float(value) for name, value in read.items()}


def _issue(path: Path, line: int, check: str, message: str, fix: str, *, warning: bool = False) -> Issue:
    return Issue(
        path=path, line=line, check=check, message=message, fix=fix, severity="warning" if warning else "error"
    )
