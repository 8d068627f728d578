"""The shipped base on labelled messages: what docs/quality.md says, and every root cause has its entry."""

import re
from pathlib import Path

import pytest

from bot.kb.corpus import Measured, measure
from bot.kb.loader import Knowledge, load

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "corpus"
ROW = re.compile(r"^\| `(?P<file>\w+\.jsonl)`[^|]*\|([^|]+)\|([^|]+)\|([^|]+)\|([^|]+)\|$", re.MULTILINE)


@pytest.fixture(scope="module")
def base() -> Knowledge:
    return load()


def measured(base: Knowledge, name: str) -> Measured:
    return measure(base, CORPUS / name, CORPUS / "no.floor.json", raise_floor=False)


def test_every_root_cause_has_a_stable_entry(base: Knowledge) -> None:
    wanted = (CORPUS / "root_causes.txt").read_text().split()
    assert len(wanted) >= 98
    assert [name for name in wanted if name not in base.entries or base.entries[name].status != "stable"] == []


@pytest.mark.parametrize("name", ["labelled.jsonl", "held_out.jsonl", "quiet.jsonl"])
def test_the_document_says_what_is_measured(base: Knowledge, name: str) -> None:
    rows = {row["file"]: [cell.strip() for cell in row.groups()[1:]] for row in ROW.finditer(_document())}
    result = measured(base, name)
    assert rows[name] == [str(result.rows), *(f"{result.figures[key]:.1%}" for key in ("precision", "recall", "quiet"))]


@pytest.mark.parametrize("name", ["labelled.jsonl", "held_out.jsonl", "quiet.jsonl"])
def test_nobody_claims_what_has_no_cause(base: Knowledge, name: str) -> None:
    assert [str(issue) for issue in measured(base, name).issues if issue.severity == "error"] == []


def _document() -> str:
    return (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
