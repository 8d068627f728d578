"""HTTP mode: signed requests, their answers, and retries."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from tests.sandbox.slack.app import Json
from tests.sandbox.slack.conftest import Serve, Served

SECRET = "sandbox-signing-secret"


class RequestUrl:
    """An app's request URL: notes what comes, answers with `statuses` in turn and `body`."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.body: Json | None = None
        self.came = asyncio.Event()
        self.address = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        self.came.set()
        status = self.statuses.pop(0) if self.statuses else 200
        return web.json_response(self.body, status=status) if self.body else web.Response(status=status)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.requests) < count:
                self.came.clear()
                await self.came.wait()


@pytest.fixture
async def bot() -> AsyncIterator[RequestUrl]:
    bot = RequestUrl()
    app = web.Application()
    app.router.add_post("/slack/events", bot.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot.address = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield bot
    await runner.cleanup()


@pytest.fixture
async def served(serve: Serve, bot: RequestUrl) -> Served:
    return await serve(request_url=bot.address, event_retries=[0.0, 0.0])


async def test_a_request_is_signed_over_its_moment_and_body(served: Served, bot: RequestUrl) -> None:
    await served.app.control("command", command="/gitops", text="why a&b")
    [(headers, body)] = bot.requests
    moment = headers["X-Slack-Request-Timestamp"]
    digest = hmac.new(SECRET.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={digest}"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body.decode())["text"] == ["why a&b"]


async def test_a_click_carries_its_payload_in_a_form_field(served: Served, bot: RequestUrl) -> None:
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    ts = await served.app.post("hi", blocks=[{"type": "actions", "elements": [button]}])
    assert (await served.app.control("click", ts=ts, action_id="go"))["ok"]
    payload = json.loads(parse_qs(bot.requests[0][1].decode())["payload"][0])
    assert payload["actions"][0]["action_id"] == "go"


async def test_the_answer_to_a_command_is_shown(served: Served, bot: RequestUrl) -> None:
    bot.body = {"response_type": "in_channel", "text": "hello"}
    await served.app.control("command", command="/gitops")
    assert [message["text"] for message in await served.app.look("channels/C0INCIDENTS/messages")] == ["hello"]


async def test_another_status_is_an_error_for_the_person_and_not_repeated(served: Served, bot: RequestUrl) -> None:
    bot.statuses = [500]
    assert (await served.app.control("command", command="/gitops"))["error"] == "http_error"
    assert len(bot.requests) == 1


async def test_an_event_is_repeated_with_the_reason(served: Served, bot: RequestUrl) -> None:
    bot.statuses = [503, 200]
    await served.app.control("mention", text="hello")
    await bot.until(2)
    (first, body), (again, same_body) = bot.requests
    assert "X-Slack-Retry-Num" not in first
    assert (again["X-Slack-Retry-Num"], again["X-Slack-Retry-Reason"]) == ("1", "http_error")
    assert body == same_body


async def test_nobody_listening_is_told_to_the_person(serve: Serve) -> None:
    served = await serve(request_url="http://127.0.0.1:9/slack/events")
    assert (await served.app.control("command", command="/gitops"))["error"] == "dispatch_failed"
