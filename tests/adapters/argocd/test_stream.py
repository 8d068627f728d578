"""The stream's bytes cut into lines, and its lines read."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.argocd.parse import ParseError, Place
from bot.adapters.argocd.stream import Lines, change
from bot.core.signals import AppRef
from bot.core.states import AppState
from bot.service.ports import AppGone, Refused, Unreachable

RECORDED = Path(__file__).parents[2] / "recorded" / "argocd" / "readings" / "stream.ndjson"
PLACE = Place(argocd="main")


def line(kind: object, application: object) -> bytes:
    return json.dumps({"result": {"type": kind, "application": application}}).encode()


WEB = {"metadata": {"name": "web", "namespace": "argocd"}}


def test_a_recorded_life() -> None:
    states = [change(one, PLACE) for one in RECORDED.read_bytes().splitlines()]
    told = [
        (state.sync, state.operation.phase if state.operation else "", state.operation_pending)
        for state in states
        if isinstance(state, AppState)
    ]
    assert told == [
        ("", "", False),
        ("", "", True),
        ("", "Running", True),
        ("OutOfSync", "Running", True),
        ("OutOfSync", "Failed", False),
        ("OutOfSync", "", True),
        ("OutOfSync", "Succeeded", False),
        ("Synced", "Succeeded", False),
    ]
    failed = states[4]
    assert isinstance(failed, AppState)
    assert failed.operation is not None
    assert any("Make sure the" in result.message for result in failed.operation.results if result.failed)


def test_a_deleted_one_is_gone() -> None:
    assert change(line("DELETED", WEB), PLACE) == AppGone(ref=AppRef(argocd="main", name="web"))


@pytest.mark.parametrize(
    "told",
    [b"", b":", b": keep-alive", b"event: message", b"id: 7", b"retry: 100", b"{}", b"[]", b"null", b'{"result":null}',
     line("BOOKMARK", WEB), line("ERROR", {}), line(None, WEB), line(["ADDED"], WEB)],
    ids=repr,
)  # fmt: skip
def test_what_tells_nothing(told: bytes) -> None:
    assert change(told, PLACE) is None


def test_a_server_sent_event_is_the_same_line() -> None:
    assert change(b"data: " + line("ADDED", WEB) + b" ", PLACE) == change(line("ADDED", WEB), PLACE)


@pytest.mark.parametrize(
    "told",
    [b"{", b'{"result":{"type":"ADDED","appl', b"<html>", b"\xff", line("ADDED", None), line("MODIFIED", {"a": 1})],
    ids=repr,
)  # fmt: skip
def test_what_can_t_be_read(told: bytes) -> None:
    with pytest.raises(ParseError):
        change(told, PLACE)


@pytest.mark.parametrize(("code", "kind"), [(401, Refused), (503, Unreachable)])
def test_an_error_line_ends_it(code: int, kind: type[Exception]) -> None:
    told = json.dumps({"error": {"http_code": code, "message": "over"}}).encode()
    with pytest.raises(kind, match="over"):
        change(told, PLACE)


@given(st.lists(st.binary(max_size=20).filter(lambda part: b"\n" not in part)), st.lists(st.integers(1, 7)))
def test_lines_are_the_same_however_the_bytes_come(wanted: list[bytes], sizes: list[int]) -> None:
    whole = b"".join(part + b"\n" for part in wanted)
    lines, found = Lines(), []
    while whole:
        size = sizes.pop() if sizes else 5
        found += lines.feed(whole[:size])
        whole = whole[size:]
    assert found == [part.strip() for part in wanted]
    assert lines.rest() == []


@pytest.mark.parametrize("step", [1, 3, 100], ids=lambda step: f"{step} bytes at a time")
def test_a_line_too_long_is_dropped_and_the_next_one_is_read(step: int) -> None:
    lines, found = Lines(limit=10), []
    whole = b"a" * 10 + b"\n" + b"b" * 11 + b"\nnext\n"
    for start in range(0, len(whole), step):
        found += lines.feed(whole[start : start + step])
    assert found == [b"a" * 10, b"next"]
    assert lines.dropped == 1


def test_the_last_line_may_lack_its_end() -> None:
    lines = Lines()
    assert lines.feed(b"one\ntw") == [b"one"]
    assert lines.feed(b"o") == []
    assert lines.rest() == [b"two"]
