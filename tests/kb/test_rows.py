"""`match --jsonl`: each row answered in order, bad ones with their error."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.entries import Entry
from bot.core.matching import compile_entries
from bot.kb.rows import ROW_LIMIT, answer_rows
from tests.kb.bases import front, other

MATCHER = compile_entries(
    [
        Entry.model_validate(front()),
        Entry.model_validate(other("quota-exceeded", "exceeded quota: ", "x", captures={"app": "signal.app"})),
    ]
)


def answered(data: bytes) -> tuple[list[dict[str, Any]], int]:
    out = io.BytesIO()
    bad = answer_rows(io.BytesIO(data), out, MATCHER)
    return [json.loads(line) for line in out.getvalue().splitlines()], bad


def test_the_contract() -> None:
    row = {
        "id": 7,
        "source": "k8s-event",
        "type": None,
        "app": "argocd/shop",
        "message": "exceeded quota: pods",
        "x": [1],
    }
    assert answered(json.dumps(row).encode()) == (
        [
            {
                "id": 7,
                "verdict": "known",
                "entry": "quota-exceeded",
                "confidence": 0.7,
                "captures": {"app": "argocd/shop"},
                "candidates": [{"entry": "quota-exceeded", "confidence": 0.7}],
            }
        ],
        0,
    )


def test_order_is_kept_and_bad_rows_are_answered() -> None:
    lines = [
        b'{"id": "a", "message": "exceeded quota: x; fetching secret \\"s\\" from Vault: it is sealed"}',
        b"{broken",
        b"",
        b"[]",
        b'{"id": "b", "message": 12}',
        b'{"id": "c", "source": "syslog", "message": "x"}',
        b'{"id": "d"}',
        b'\xff{"id": "e"}',
        b'{"id": {"x": 1}}',
        b'{"id": NaN}',
        b'{"id": "f", "message": "\\ud800 exceeded quota: \\u0000"}',
        b'{"id": "g", "message": ' + b"[" * 100_000,
    ]
    rows, bad = answered(b"\n".join(lines))
    assert [(row["id"], row.get("verdict", "error")) for row in rows] == [
        ("a", "known"),
        (None, "error"),
        (None, "error"),
        ("b", "error"),
        ("c", "error"),
        ("d", "error"),
        (None, "error"),
        (None, "error"),
        (None, "error"),
        ("f", "known"),
        (None, "error"),
    ]
    assert bad == 9
    assert [item["entry"] for item in rows[0]["candidates"]] == ["vault-sealed", "quota-exceeded"]
    assert "message must be text" in rows[3]["error"]


def test_a_row_that_is_too_long_is_refused_and_skipped() -> None:
    long = b'{"id": 1, "message": "' + b"x" * ROW_LIMIT + b'"}\n'
    rows, bad = answered(long + b'{"id": 2, "message": "exceeded quota: x"}')
    assert ([row["id"] for row in rows], bad) == ([None, 2], 1)


def test_each_answer_is_out_before_the_next_row_is_read() -> None:
    out = io.BytesIO()

    class Reader(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            written.append(len(out.getvalue().splitlines()))
            return super().readline(size)

    written: list[int] = []
    answer_rows(Reader(b'{"id": 1}\n{"id": 2}\n'), out, MATCHER)
    assert written == [0, 1, 2]


@pytest.mark.parametrize("field", ["source", "reason", "kind", "namespace", "name", "app"])
@pytest.mark.parametrize("value", [None, "missing", ""])
def test_any_field_may_be_missing_null_or_empty(field: str, value: str | None) -> None:
    row: dict[str, Any] = {"id": "x", "source": "cli", "message": "exceeded quota: pods", "kind": "Pod"}
    row[field] = value
    if value == "missing":
        del row[field]
    rows, bad = answered(json.dumps(row).encode())
    assert (rows[0]["entry"], bad) == ("quota-exceeded", 0)


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_get_an_answer_each(lines: list[bytes]) -> None:
    data = b"\n".join(line.replace(b"\n", b" ") for line in lines)
    rows, bad = answered(data)
    assert len(rows) == len([line for line in data.split(b"\n") if line.strip()])
    assert bad == sum("error" in row for row in rows)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"id": "m", "reason": "FailedCreate"}', id="missing"),
        pytest.param(b'{"id": "m", "message": null}', id="null"),
    ],
)
def test_a_row_without_a_message_is_a_bad_one(line: bytes) -> None:
    rows, bad = answered(line)
    assert bad == 1
    assert rows == [{"id": "m", "error": "message is missing"}]
