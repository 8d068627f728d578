"""Repeats of one failure must look the same, different failures must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.masking import mask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            'pods "k8s-web-app-prod-645f798cf7-2qq9s" is forbidden',
            'pods "k8s-web-app-prod-<hash>" is forbidden',
            id="pod of a ReplicaSet",
        ),
        pytest.param('pods "get-data-x2x9k" is forbidden', 'pods "get-data-<hash>" is forbidden', id="pod of a Job"),
        pytest.param("create Pod web-0 in StatefulSet web", "create Pod web-<n> in StatefulSet web", id="ordinal"),
        pytest.param("(combined from similar events): Error: x", "Error: x", id="combined"),
        pytest.param(
            "Failed last sync attempt to [9f2c1d04aa]: x (retried 5 times)",
            "Failed last sync attempt to [<hash>]: x (retried <n> times)",
            id="revision and retries",
        ),
        pytest.param(
            "read tcp 10.0.0.5:43210->10.96.0.1:443: i/o timeout",
            "read tcp <ip>:<port>-><ip>:443: i/o timeout",
            id="ephemeral port",
        ),
        pytest.param('error when patching "/dev/shm/682053370": x', 'error when patching "/dev/<temp>": x', id="temp"),
        pytest.param("Retrying attempt #3 at 9:14AM.", "Retrying attempt #<n> at <time>.", id="time of day"),
        pytest.param("2025-10-07T09:14:02.5Z back-off 5m0s", "<time> back-off <duration>", id="time and back-off"),
        pytest.param("nginx@sha256:0123456789abcdef", "nginx@<digest>", id="digest"),
        pytest.param("volume 0b8e3a4e-33f5-4b6f-9a4e-1f1f8f6f6a11", "volume <uuid>", id="UUID"),
        pytest.param("statuscode: 503", "statuscode: 503", id="HTTP status stays"),
        pytest.param("exit code 137", "exit code 137", id="exit code stays"),
        pytest.param('no matches for kind "X" in version "policy/v1beta1"', None, id="API versions stay"),
        pytest.param("linux/amd64", None, id="platforms stay"),
    ],
)
def test_masks(text: str, expected: str | None) -> None:
    assert mask(text) == (expected if expected is not None else text)


@given(st.text(alphabet="abcdef0123456789 -:./[]<>gkMT\n", max_size=200))
def test_masking_twice_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)
