"""The control API: a test is a person, and is refused what no person could do."""

from typing import Any

import pytest

from tests.sandbox.slack.app import App

GO = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "go", "value": "a", "text": {"type": "plain_text", "text": "Go"}},
    ],
}


@pytest.mark.parametrize(
    ("act", "body", "told"),
    [
        pytest.param("click", {"ts": "1.000001", "action_id": "go"}, "sees no message", id="no message"),
        pytest.param("click", {"action_id": "go"}, "ts is missing", id="no ts"),
        pytest.param("click", {"view_id": "V0", "action_id": "go"}, "no open view", id="no view"),
        pytest.param("submit", {}, "has no modal open", id="nothing to submit"),
        pytest.param("submit", {"values": [1]}, "has no modal open", id="values are a list"),
        pytest.param("command", {"user": "U0BOT"}, "no person", id="an app is no person"),
        pytest.param("command", {"channel": "C0"}, "no channel", id="no channel"),
        pytest.param("mention", {"text": ""}, "text is missing", id="no words"),
        pytest.param("mention", {"text": "x", "thread_ts": "1.000001"}, "no thread", id="no thread"),
        pytest.param("socket", {"do": "dance"}, "dance", id="unknown act"),
    ],
)
async def test_the_impossible_is_refused_in_words(app: App, act: str, body: dict[str, Any], told: str) -> None:
    status, answer = await app.request("POST", f"/control/{act}", json=body)
    assert (status, answer["error"]) == (400, "impossible")
    assert told in answer["detail"]


@pytest.mark.parametrize(
    ("press", "told"),
    [
        pytest.param({"action_id": "stop"}, "there are: go", id="another button"),
        pytest.param({"action_id": "go", "value": "b"}, "has the value 'a'", id="another value"),
        pytest.param({"action_id": "go", "block_id": "other"}, "no element go", id="another block"),
    ],
)
async def test_only_what_is_drawn_can_be_pressed(app: App, press: dict[str, str], told: str) -> None:
    await app.connect()
    ts = await app.post("hi", blocks=[GO])
    answer = await app.control("click", ts=ts, **press)
    assert told in answer["detail"]
    assert app.envelopes == []


async def test_pings_are_found_where_slack_finds_them(app: App) -> None:
    quoted = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "<!channel>"}]}
    await app.post(
        "<!here> &lt;!channel&gt; `<@U0DEV>`",
        blocks=[
            {"type": "rich_text", "elements": [quoted]},
            {"type": "section", "text": {"type": "plain_text", "text": "<!everyone>"}},
        ],
    )
    [message] = await app.look("channels/C0INCIDENTS/messages")
    assert message["pings"] == ["here", "U0DEV"]


async def test_a_broken_body_is_refused(app: App) -> None:
    status, answer = await app.request("POST", "/control/click", data=b"[")
    assert (status, answer["error"]) == (400, "not a JSON object")


async def test_an_unknown_channel_is_not_found(app: App) -> None:
    status, answer = await app.request("GET", "/control/channels/C0/messages")
    assert (status, answer["error"]) == (404, "channel_not_found")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "evil.example"}, id="DNS rebinding"),
        pytest.param({"Host": "["}, id="broken host"),
        pytest.param({"Origin": "http://evil.example"}, id="another site"),
        pytest.param({"Origin": "null"}, id="a hidden site"),
    ],
)
async def test_other_sites_are_refused(app: App, headers: dict[str, str]) -> None:
    status, _ = await app.request("POST", "/control/mention", json={"text": "hi"}, headers=headers)
    assert status == 403
    assert await app.look("channels/C0INCIDENTS/messages") == []
