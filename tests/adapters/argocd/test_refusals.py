"""What an answer that isn't the asked one stands for."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.argocd.refusals import Answer, Passing, refusal, stream_refusal
from bot.service.ports import NotFound, PortError, Refused, Unreachable

RECORDED = Path(__file__).parents[2] / "recorded" / "argocd" / "http"


def answered(status: int, body: object = b"", *, writing: bool = False, retry_after: str = "") -> PortError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(status=status, body=raw, asked="/api/v1/applications/web", retry_after=retry_after)
    return refusal(answer, argocd="main", writing=writing)


def said(message: str, code: int) -> dict[str, Any]:
    return {"error": message, "code": code, "message": message}


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason", "words"),
    [
        pytest.param(400, said("another operation is already in progress", 9), Refused, "FailedPrecondition",
                     "another operation is already in progress", id="running"),
        pytest.param(401, said("invalid session: token is expired", 16), Refused, "Unauthenticated",
                     "does not accept the bot's token (invalid session: token is expired)", id="token"),
        pytest.param(403, said("permission denied", 7), Refused, "PermissionDenied", "lacks the right", id="right"),
        pytest.param(403, said("cannot sync: blocked by sync window", 7), Refused, "PermissionDenied",
                     "cannot sync: blocked by sync window", id="window"),
        pytest.param(404, said('applications.argoproj.io "web" not found', 5), NotFound, "NotFound",
                     'applications.argoproj.io "web" not found', id="absent"),
        pytest.param(404, b"Not Found\n", Refused, "NotFound", "Is its url right", id="unknown path"),
        pytest.param(405, b"Method Not Allowed\n", Refused, "MethodNotAllowed", "Method Not Allowed", id="method"),
        pytest.param(409, said("conflict", 10), Refused, "Aborted", "conflict", id="conflict"),
        pytest.param(415, b"Invalid content type\n", Refused, "UnsupportedMediaType", "Invalid content type", id="415"),
        pytest.param(302, b"", Refused, "Found", "sends the bot elsewhere", id="redirect"),
        pytest.param(403, b"<html><head><title>Access denied by proxy</title>", Refused, "Forbidden",
                     "a web page: Access denied by proxy", id="proxy"),
        pytest.param(418, b"", Refused, "I'maTeapot", "HTTP 418", id="without a word"),
        pytest.param(499, b"", Refused, "", "HTTP 499", id="unknown status"),
    ],
)  # fmt: skip
def test_a_clear_no(status: int, body: object, kind: type[Refused], reason: str, words: str) -> None:
    error = answered(status, body)
    assert isinstance(error, kind)
    assert type(error) is kind
    assert isinstance(error, Refused)
    assert (error.status, error.reason) == (status, reason)
    assert words in str(error)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes(status: int) -> None:
    error = answered(status, b"<html><title>Bad gateway</title></html>")
    assert isinstance(error, Passing)
    assert "Bad gateway" in str(error)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("999999", 300.0), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None),
     ("٣", None), ("9" * 400, None)],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_retry_after(header: str, seconds: float | None) -> None:
    error = answered(429, b"", retry_after=header)
    assert isinstance(error, Unreachable)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("body", "writing", "kind"),
    [
        pytest.param(said("error getting cached app resource tree: dial tcp", 2), False, Unreachable, id="a read"),
        pytest.param(said("application is not permitted to manage it", 2), True, Refused, id="a change, its own word"),
        pytest.param(b"<html>oops</html>", True, Unreachable, id="a change, a proxy's word"),
    ],
)
def test_an_internal_error(body: object, writing: bool, kind: type[PortError]) -> None:
    assert isinstance(answered(500, body, writing=writing), kind)


@pytest.mark.parametrize("name", ["errors", "rollback", "toggle-auto-sync", "rollback-lean-rights", "terminate"])
def test_recorded_refusals_are_told_in_the_server_s_words(name: str) -> None:
    exchanges = json.loads((RECORDED / f"{name}.json").read_text())
    refused = [one for one in exchanges if "request" in one and one["response"]["status"] >= 400]
    assert refused
    for one in refused:
        response = one["response"]
        body = response["text"].encode() if "text" in response else response["body"]
        error = answered(response["status"], body, writing=one["request"]["method"] != "GET")
        words = response["text"].strip() if "text" in response else response["body"]["message"]
        assert words in str(error)
        assert isinstance(error, Refused)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param({"grpc_code": 16, "http_code": 401, "message": "token is expired"}, Refused, id="token"),
        pytest.param({"grpc_code": 7, "http_code": 403, "message": "permission denied"}, Refused, id="right"),
        pytest.param({"grpc_code": 14, "http_code": 503, "message": "transport is closing"}, Unreachable, id="away"),
        pytest.param({}, Unreachable, id="no detail"),
        pytest.param("boom", Unreachable, id="only a text"),
    ],
)
def test_a_stream_s_error(error: object, kind: type[PortError]) -> None:
    assert isinstance(stream_refusal(error, argocd="main"), kind)


@given(st.integers(300, 599), st.binary(max_size=100), st.text(max_size=10), st.booleans())
def test_any_answer_has_a_short_sentence(status: int, body: bytes, retry_after: str, writing: bool) -> None:
    error = answered(status, body, writing=writing, retry_after=retry_after)
    assert 0 < len(str(error)) < 900
