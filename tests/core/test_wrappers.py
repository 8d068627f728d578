"""The innermost cause wins; a bare transport error keeps the wrapper that says whose it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.wrappers import is_transport, unwrap


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code ="
            " Unknown desc = Manifest generation error (cached): apps/x: app path does not exist",
            "apps/x: app path does not exist",
            id="manifest generation",
        ),
        pytest.param(
            "Failed last sync attempt to [9f2c]: one or more synchronization tasks are not valid: failed to discover"
            " server resources for group version a/v1: not found (retried 5 times).",
            "failed to discover server resources for group version a/v1: not found",
            id="sync attempt with retries",
        ),
        pytest.param(
            'one or more objects failed to apply, reason: error when patching "/dev/shm/123": Deployment.apps "x" is'
            " invalid: y. Retrying attempt #3 at 9:14AM.",
            'Deployment.apps "x" is invalid: y',
            id="apply with a temporary file and a retry",
        ),
        pytest.param(
            'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp'
            ' 10.0.0.1:8081: connect: connection refused"',
            None,
            id="transport keeps its code",
        ),
        pytest.param(
            "Failed to load target state: rpc error: code = DeadlineExceeded desc = context deadline exceeded",
            "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
            id="deadline keeps the nearest wrapper only",
        ),
        pytest.param(
            "rpc error: code = Unavailable desc = all SubConns are in TransientFailure, latest connection error: EOF",
            None,
            id="connection pool keeps its code",
        ),
        pytest.param(
            "rpc error: code = DeadlineExceeded desc = context\n    deadline exceeded",
            None,
            id="broken line inside a transport error",
        ),
        pytest.param(
            "rpc error: code = Unknown desc =\n    apps/x: app path does not exist",
            "apps/x: app path does not exist",
            id="broken line after the code",
        ),
        pytest.param(
            "one or more synchronization tasks completed unsuccessfully, reason: Job has failed",
            "Job has failed",
            id="hook reason",
        ),
        pytest.param("one or more synchronization tasks completed unsuccessfully", None, id="nothing inside"),
        pytest.param('Error creating: pods "x" is forbidden', None, id="no wrapper"),
    ],
)
def test_unwrap(text: str, expected: str | None) -> None:
    assert unwrap(text) == (expected if expected is not None else text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dial tcp 1.2.3.4:443: connect: connection refused", True),
        ('Get "https://10.0.0.1/api?timeout=32s": dial tcp 10.0.0.1:443: i/o timeout', True),
        ("context deadline exceeded", True),
        ("x509: certificate signed by unknown authority", False),
        ('failed calling webhook "x": dial tcp', False),
    ],
)
def test_is_transport(text: str, expected: bool) -> None:
    assert is_transport(text) is expected


@given(st.text())
def test_unwrap_gives_a_part_of_the_text_and_is_stable(text: str) -> None:
    found = unwrap(text)
    assert found in text
    assert unwrap(found) == found
