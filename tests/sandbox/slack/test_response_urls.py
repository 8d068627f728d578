"""Response URLs: five answers within thirty minutes, to one person or to all, instead of the original or not."""

from typing import Any

import pytest

from bot.sandbox.slack.directory import INCIDENTS
from tests.sandbox.slack.app import App, Json
from tests.sandbox.slack.conftest import Clock, Serve

GO = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}],
}


async def of_command(app: App) -> str:
    if not app.envelopes:
        await app.connect()
    await app.control("command", command="/gitops")
    return str(app.envelopes[-1]["payload"]["response_url"])


async def messages(app: App) -> list[Json]:
    found: list[Json] = await app.look(f"channels/{INCIDENTS}/messages")
    return found


async def test_an_answer_is_for_the_asker_unless_it_says_otherwise(app: App) -> None:
    url = await of_command(app)
    await app.request("POST", url, json={"text": "only you"})
    await app.request("POST", url, json={"text": "all", "response_type": "in_channel"})
    assert [each["text"] for each in await app.look("ephemerals")] == ["only you"]
    assert [each["text"] for each in await messages(app)] == ["all"]


async def test_the_sixth_answer_is_refused(app: App) -> None:
    url = await of_command(app)
    statuses = [(await app.request("POST", url, json={"text": "x"}))[0] for _ in range(6)]
    assert statuses == [200] * 5 + [404]
    assert (await app.request("POST", url, json={"text": "x"}))[1]["error"] == "used_url"


async def test_an_answer_after_half_an_hour_is_refused(serve: Serve, clock: Clock) -> None:
    app = (await serve(clock=clock)).app
    url = await of_command(app)
    clock.pass_seconds(30 * 60 + 1)
    status, answer = await app.request("POST", url, json={"text": "x"})
    assert (status, answer["error"]) == (404, "expired_url")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        pytest.param({"data": b"{"}, "invalid_payload", id="broken"),
        pytest.param({"json": []}, "invalid_payload", id="a list"),
        pytest.param({"json": {"text": ""}}, "no_text", id="nothing"),
        pytest.param({"json": {"blocks": [{"type": "nothing"}]}}, "invalid_blocks", id="wrong blocks"),
    ],
)
async def test_a_wrong_answer_is_refused(app: App, options: dict[str, Any], error: str) -> None:
    url = await of_command(app)
    status, answer = await app.request("POST", url, **options)
    assert (status, answer["error"]) == (400, error)


async def test_an_invented_address_answers_nothing(app: App) -> None:
    status, answer = await app.request("POST", "/response/guess", json={"text": "x"})
    assert (status, answer["error"]) == (404, "invalid_url")


async def test_the_message_that_was_clicked_can_be_replaced_and_deleted(app: App) -> None:
    await app.connect()
    ts = await app.post("hi", blocks=[GO])
    await app.control("click", ts=ts, action_id="go")
    url = app.envelopes[-1]["payload"]["response_url"]
    await app.request("POST", url, json={"text": "done", "replace_original": True})
    assert [(each["ts"], each["text"], each["blocks"]) for each in await messages(app)] == [(ts, "done", [])]
    await app.request("POST", url, json={"delete_original": True})
    assert await messages(app) == []
