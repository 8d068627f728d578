"""Secrets never pass; what isn't secret isn't touched."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.redaction import REDACTED, clean, redact

SECRET = "hunter2Wq8Zt4Lm9"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"password={SECRET}&x=1", id="assignment"),
        pytest.param(f'{{"password": "{SECRET}","a":1}}', id="JSON"),
        pytest.param(f'{{\\"password\\":\\"{SECRET}\\"}}', id="escaped JSON"),
        pytest.param(f"  token: {SECRET}\nnext: line", id="YAML"),
        pytest.param(f"login with token: {SECRET} failed", id="prose"),
        pytest.param(f"user=x password={SECRET} host=db", id="connection string"),
        pytest.param(f"helm pull --username u --password {SECRET} --version 1", id="flag"),
        pytest.param(f"kubectl create secret generic x --from-literal=any={SECRET}", id="from-literal"),
        pytest.param(f"https://user:{SECRET}@github.com/o/r.git", id="URL password"),
        pytest.param(f"https://user:{SECRET}@x@github.com/o/r.git", id="URL password with an at sign"),
        pytest.param(f"https://{SECRET}@github.com/o/r.git", id="URL token as user"),
        pytest.param(f"Authorization: Bearer {SECRET}", id="bearer header"),
        pytest.param(f'-H "authorization: Basic {SECRET}=="', id="basic header"),
        pytest.param(f"sent Bearer {SECRET} to it", id="bearer in prose"),
        pytest.param(f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{SECRET}", id="JSON Web Token"),
        pytest.param(f"ghp_{SECRET}{SECRET} x", id="GitHub"),
        pytest.param(f"xoxb-12345678-{SECRET}", id="Slack"),
        pytest.param(f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----", id="PEM"),
        pytest.param(f"-----BEGIN EC PRIVATE KEY-----\\n{SECRET}", id="PEM with a lost end"),
        pytest.param(f"kind: Secret\nstringData:\n  any: {SECRET}\n  b: |\n    {SECRET}\n", id="Secret in YAML"),
        pytest.param(f'{{"kind":"Secret","data":{{"any":"{SECRET}"}}}}', id="Secret in JSON"),
        pytest.param(
            f'"{{\\"data\\":{{\\"any\\":\\"{SECRET}\\"}},\\"kind\\":\\"Secret\\"}}"', id="Secret in escaped JSON"
        ),
        pytest.param(f"/v1, Kind=Secret map[data:map[any:{SECRET}]]", id="Secret in a Go map"),
        pytest.param(
            f'error found in #10 byte of ...|y":"{SECRET}"}},"kind":"Sec|..., bigger context ...|{{"apiVersion":"v1",'
            f'"data":{{"any":"{SECRET}"}},"kind":"Secret"|...',
            id="the API server's decoding error",
        ),
        pytest.param(f'{{"auths":{{"r":{{"auth":"{SECRET}"}}}}}}', id="registry login"),
        pytest.param(f".dockerconfigjson: {SECRET}", id="registry login in a Secret"),
        pytest.param(f"https://x.blob.core.windows.net/a?se=1&sig={SECRET}&sp=r", id="signed URL"),
    ],
)
def test_hides(text: str) -> None:
    found = redact(text)
    assert SECRET not in found
    assert REDACTED in found
    assert redact(found) == found


@pytest.mark.parametrize(
    "text",
    [
        'pods "web-645f798cf7-2qq9s" is forbidden: error looking up service account a/b: not found',
        "failed to fetch anonymous token: unexpected status: 401 Unauthorized",
        "failed to fetch oauth token: denied: denied",
        "failed to authorize: failed to fetch oauth token: Post \"https://ghcr.io/token\": dial tcp: i/o timeout",
        'Www-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
        "couldn't find key password in Secret shop/db",
        'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
        "docker-pullable://nginx:1.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "unable to resolve 'v1' to a commit SHA 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "git@github.com:org/repo.git", "ssh://git@github.com/org/repo",
        "failed to get password for helm registry: not found",
        "existingSecret=grafana-admin",
        "remote: Password authentication is not available; try Personal Access Tokens",
        "authorization: denied",
    ],
)  # fmt: skip
def test_leaves(text: str) -> None:
    assert redact(text) == text


def test_cleans_what_reorders_hides_or_cannot_be_stored() -> None:
    assert clean("\x1b[31mred\x1b[0m a\x00b\x07 \ud800 \u202egnp\r\nz") == "red ab ? gnp\nz"


@given(st.text(max_size=300))
def test_any_text_comes_back_storable(text: str) -> None:
    found = redact(text)
    found.encode("utf-8")
    assert "\x00" not in found


PIECES = st.sampled_from(
    ["password", "token", ":", "=", " ", "\n", '"', "\\", "{", "}", "a1b2c3d4e5", "kind: Secret", "data:", "://", "@"]
) | st.sampled_from(["Bearer ", "Authorization: ", "--password ", ",", "'", "eyJ", "-----BEGIN PRIVATE KEY-----", "&"])


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_redacting_twice_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        pytest.param(
            "x --password Authorization: Authorization: a1b2c3d4e5",
            "x --password [redacted] Authorization: [redacted]",
            id="a secret's name where another's value stands",
        ),
        pytest.param('x --password ""', 'x --password ""', id="an empty value stays as it is"),
    ],
)
def test_what_one_round_leaves_is_read_again(text: str, redacted: str) -> None:
    assert redact(text) == redacted
