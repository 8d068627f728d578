"""HTTP mode answers Slack alone, and says to everybody else why not."""

import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.adapters.slack.conftest import World

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    listeners = world.listeners("http")
    app = web.Application()
    app.router.add_post("/slack/events", listeners.handle)
    async with TestClient(TestServer(app)) as client:
        yield client
    await listeners.stop()


def signed(body: bytes, *, key: str = "sandbox-signing-secret", at: float = 0, kind: str = JSON) -> dict[str, str]:
    moment = str(int(time.time() + at))
    digest = hmac.new(key.encode(), f"v0:{moment}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}


SLASH = urlencode({"command": "/gitops", "text": "status", "trigger_id": "1.2.3", "user_id": "U1"}).encode()


async def test_a_signed_request_is_taken_and_slacks_repetition_is_not_taken_again(world: World, client: Client) -> None:
    first = await client.post("/slack/events", data=SLASH, headers=signed(SLASH, kind=FORM))
    repeated = signed(SLASH, kind=FORM) | {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    second = await client.post("/slack/events", data=SLASH, headers=repeated)
    assert (first.status, second.status) == (200, 200)
    assert [command.get("text") for command in world.started] == ["status"]


async def test_the_address_is_verified(client: Client) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    answer = await client.post("/slack/events", data=body, headers=signed(body))
    assert (await answer.json())["challenge"] == "abc"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param(signed(SLASH, key="another"), id="another-secret"),
        pytest.param(signed(SLASH, at=-301), id="old"),
        pytest.param(signed(SLASH) | {"X-Slack-Request-Timestamp": "soon"}, id="no-time"),
        pytest.param(signed(SLASH) | {"X-Slack-Signature": "v0=é"}, id="odd-characters"),
        pytest.param(signed(b"something else"), id="another-body"),
    ],
)
async def test_who_is_not_slack_is_told_why(world: World, client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/slack/events", data=SLASH, headers={"Content-Type": FORM} | headers)
    assert answer.status == 401
    assert "SIGNING_SECRET" in await answer.text()
    assert world.started == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(b"{", JSON, id="broken"),
        pytest.param(b"[1]", JSON, id="not-an-object"),
        pytest.param(b"[" * 200_000, JSON, id="deep"),
        pytest.param(b"\xff\xfe", JSON, id="no-utf-8"),
        pytest.param(b"payload=%7B", FORM, id="broken-payload"),
        pytest.param(b"payload=3", FORM, id="payload-of-another-shape"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_the_service_goes_on(
    world: World, client: Client, body: bytes, kind: str
) -> None:
    answer = await client.post("/slack/events", data=body, headers=signed(body, kind=kind))
    # a signature over bytes that are no text can't be made by Slack
    assert answer.status == (401 if b"\xff" in body else 400)
    again = await client.post("/slack/events", data=SLASH, headers=signed(SLASH, kind=FORM))
    assert again.status == 200
    assert len(world.started) == 1


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in-chunks"])
async def test_too_large_a_request_is_not_read_to_its_end(world: World, client: Client, *, announced: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * 65_536

    body = io.BytesIO(b"x" * (1024 * 1024 + 1)) if announced else chunks()
    answer = await client.post("/slack/events", data=body, headers={"Content-Type": JSON})
    assert answer.status == 413


async def test_in_socket_mode_nobody_is_answered(world: World) -> None:
    listeners = world.listeners("socket")
    app = web.Application()
    app.router.add_post("/slack/events", listeners.handle)
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/slack/events", data=SLASH, headers=signed(SLASH, kind=FORM))
        assert answer.status == 404
        assert "SLACK__MODE=http" in await answer.text()
    assert world.started == []


def test_http_mode_without_a_secret_is_refused(world: World) -> None:
    world.fake.signing_secret = ""
    with pytest.raises(ValueError, match="SIGNING_SECRET"):
        world.listeners("http")
