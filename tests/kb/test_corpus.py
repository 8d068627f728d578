"""Labelled messages: figures, false claims and the floor."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.kb.corpus import Measured, measure
from bot.kb.loader import load
from tests.kb.bases import front, other, write

SEALED = 'fetching secret "prod/db" from Vault: it is sealed'


def rows(*given: tuple[str, str, list[str]]) -> str:
    return "\n".join(
        json.dumps({"id": f"r-{number}", "source": "cli", "message": message, "label": label, "also": also})
        for number, (message, label, also) in enumerate(given)
    )


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write(tmp_path / "kb", front(), other("quota-exceeded", "exceeded quota: ", "exceeded quota: compute"))


def measured(base: Path, text: str, **floor: object) -> Measured:
    corpus, floor_file = base.parent / "corpus.jsonl", base.parent / "floor.json"
    corpus.write_text(text)
    if floor:
        floor_file.write_text(json.dumps(floor))
    return measure(load([base]), corpus, floor_file, raise_floor=False)


def test_figures(base: Path) -> None:
    result = measured(
        base,
        rows(
            (SEALED, "vault-sealed", []),
            ("exceeded quota: pods", "limits", ["quota-exceeded"]),
            ("exceeded quota: disk", "disk-full", []),
            ("nobody knows this", "vault-sealed", []),
            ("nobody knows that", "unknown", []),
            ("all is well", "none", []),
        ),
    )
    assert {name: result.figures[name] for name in ("precision", "recall", "quiet", "label vault-sealed")} == {
        "precision": 0.6666,
        "recall": 0.5,
        "quiet": 1.0,
        "label vault-sealed": 0.5,
    }
    assert [(issue.line, issue.severity) for issue in result.issues] == [(4, "warning")]
    assert "precision 66.7%" in result.summary


def test_claims_on_none_and_unknown_are_errors_by_name(base: Path) -> None:
    result = measured(base, rows((SEALED, "none", []), ("exceeded quota: x", "unknown", [])))
    assert [(issue.line, issue.severity) for issue in result.issues] == [(1, "error"), (2, "error")]
    assert "r-1 is unknown, but claimed by quota-exceeded" in result.issues[1].message


@pytest.mark.parametrize(
    ("floor", "findings"),
    [
        pytest.param({"precision": 1.0}, 0, id="kept"),
        pytest.param({"recall": 0.9}, 1, id="fallen"),
        pytest.param({"label gone": 0.5}, 1, id="not measured any more"),
        pytest.param({"recall": "high"}, 1, id="not a number"),
    ],
)
def test_the_floor_holds(base: Path, floor: dict[str, Any], findings: int) -> None:
    text = rows((SEALED, "vault-sealed", []), ("nobody knows this", "another-cause", []))
    issues = measured(base, text, **floor).issues
    assert [issue.check for issue in issues] == ["floor"] * findings


def test_the_floor_only_goes_up(base: Path, tmp_path: Path) -> None:
    corpus, floor = tmp_path / "corpus.jsonl", tmp_path / "floor.json"
    corpus.write_text(rows((SEALED, "vault-sealed", []), ("nobody knows this", "another-cause", [])))
    floor.write_text('{"recall": 0.7, "precision": 0.2}')
    measure(load([base]), corpus, floor, raise_floor=True)
    stored = json.loads(floor.read_text())
    assert (stored["recall"], stored["precision"], stored["label vault-sealed"]) == (0.7, 1.0, 1.0)


def test_bad_rows_are_told_and_the_rest_is_judged(base: Path) -> None:
    text = "\n".join(
        ["{", rows((SEALED, "vault-sealed", [])), '{"message": "x"}', '{"message": "x", "label": "a", "also": 1}']
    )
    result = measured(base, text)
    assert (result.rows, [issue.line for issue in result.issues]) == (1, [1, 3, 4])
