"""The Web API: who may call, what is kept, and every refusal by Slack's own name."""

from typing import Any

import pytest

from bot.sandbox.faults import Faults, parse_fault
from bot.sandbox.slack.directory import BOT_USER, DEVELOPER, GENERAL, INCIDENTS, ON_CALL, Channel
from tests.sandbox.slack.app import App
from tests.sandbox.slack.conftest import Serve, Served

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
METADATA = {"event_type": "incident", "event_payload": {"id": "INC-1"}}


async def history(app: App, **arguments: object) -> list[dict[str, Any]]:
    answer = await app.call("conversations.history", channel=INCIDENTS, **arguments)
    assert answer["ok"], answer
    messages: list[dict[str, Any]] = answer["messages"]
    return messages


async def test_auth_test_says_whose_token_it_is(app: App) -> None:
    answer = await app.call("auth.test")
    assert (answer["ok"], answer["user_id"], answer["team_id"]) == (True, BOT_USER, "T0SANDBOX")


@pytest.mark.parametrize(
    ("method", "headers", "error"),
    [
        pytest.param("auth.test", {}, "not_authed", id="none"),
        pytest.param("auth.test", {"Authorization": "Bearer xoxb-other"}, "invalid_auth", id="wrong"),
        pytest.param("auth.test", {"Authorization": "Bearer xapp-sandbox"}, "not_allowed_token_type", id="the app's"),
        pytest.param(
            "apps.connections.open", {"Authorization": "Bearer xoxb-sandbox"}, "not_allowed_token_type", id="the bot's"
        ),
        pytest.param("chat.nothing", {"Authorization": "Bearer xoxb-sandbox"}, "unknown_method", id="no such method"),
    ],
)
async def test_a_call_without_the_right_token_is_refused(
    app: App, method: str, headers: dict[str, str], error: str
) -> None:
    status, answer = await app.request("POST", f"/api/{method}", json={}, headers=headers)
    assert (status, answer["ok"], answer["error"]) == (200, False, error)


async def test_a_missing_scope_is_named(serve: Serve) -> None:
    app = (await serve(scopes=["chat:write"])).app
    answer = await app.call("conversations.history", channel=INCIDENTS)
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "channels:history",
        "chat:write",
    )


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        pytest.param(b"{", "application/json", "invalid_json", id="broken"),
        pytest.param(b"[1]", "application/json", "json_not_object", id="a list"),
        pytest.param(b"[" * 100_000, "application/json", "invalid_json", id="too deep to read"),
        pytest.param(b'{"a":' * 80 + b"1" + b"}" * 80, "application/json", "invalid_arguments", id="deep"),
        pytest.param(b"hello", "text/plain", "invalid_post_type", id="plain text"),
        pytest.param(b"blocks=%5B", "application/x-www-form-urlencoded", "invalid_blocks_format", id="broken blocks"),
    ],
)
async def test_a_broken_body_is_refused(app: App, body: bytes, content_type: str, error: str) -> None:
    headers = {"Content-Type": content_type, "Authorization": "Bearer xoxb-sandbox"}
    _, answer = await app.request("POST", "/api/chat.postMessage", data=body, headers=headers)
    assert (answer["ok"], answer["error"]) == (False, error)
    assert (await app.call("auth.test"))["ok"]


async def test_a_form_says_the_same_as_json(app: App) -> None:
    fields = {
        "token": "xoxb-sandbox",
        "channel": INCIDENTS,
        "text": "hi",
        "metadata": '{"event_type":"x","event_payload":{}}',
    }
    _, answer = await app.request("POST", "/api/chat.postMessage", data=fields)
    assert answer["message"]["metadata"] == {"event_type": "x", "event_payload": {}}


async def test_a_message_keeps_blocks_and_metadata_which_are_told_on_request_only(app: App) -> None:
    ts = await app.post("hi", blocks=[SECTION], metadata=METADATA)
    plain, told = (await history(app))[0], (await history(app, include_all_metadata=True))[0]
    assert (plain["ts"], plain["blocks"][0]["text"]["text"], "metadata" in plain) == (ts, "hello", False)
    assert told["metadata"] == METADATA


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({"channel": "#incidents", "text": "hi"}, "channel_not_found", id="a name for an id"),
        pytest.param({"text": "hi"}, "channel_not_found", id="no channel"),
        pytest.param({"channel": GENERAL, "text": "hi"}, "not_in_channel", id="not invited"),
        pytest.param({}, "no_text", id="nothing to say"),
        pytest.param({"text": " \n"}, "no_text", id="white space"),
        pytest.param({"text": "x" * 40_001}, "msg_too_long", id="too long"),
        pytest.param({"text": 7}, "invalid_arguments", id="text is a number"),
        pytest.param({"text": "hi", "thread_ts": "1.000001"}, "thread_not_found", id="no such thread"),
        pytest.param({"text": "hi", "blocks": "no"}, "invalid_blocks_format", id="blocks are words"),
        pytest.param({"text": "hi", "blocks": [SECTION] * 51}, "invalid_blocks", id="too many blocks"),
        pytest.param(
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5},
            "msg_blocks_too_long",
            id="too heavy",
        ),
        pytest.param({"text": "hi", "metadata": {"event_type": "x"}}, "invalid_metadata_schema", id="half metadata"),
        pytest.param({"text": "hi", "metadata": [1]}, "invalid_metadata_format", id="metadata is a list"),
        pytest.param({"text": "hi", "attachments": [{}] * 101}, "too_many_attachments", id="attachments"),
    ],
)
async def test_posting_is_refused(served: Served, arguments: dict[str, Any], error: str) -> None:
    _uninvite(served, GENERAL)
    channel = {} if error == "channel_not_found" else {"channel": INCIDENTS}
    answer = await served.app.call("chat.postMessage", **(channel | arguments))
    assert (answer["ok"], answer["error"]) == (False, error)
    assert await history(served.app) == []


def _uninvite(served: Served, channel: str) -> None:
    channels = served.fake.workspace.directory.channels
    known = channels[channel]
    channels[channel] = Channel(
        id=known.id, name=known.name, topic=known.topic, members=frozenset({ON_CALL, DEVELOPER})
    )


async def test_a_channel_the_app_is_not_in_cannot_be_read(served: Served) -> None:
    _uninvite(served, GENERAL)
    assert (await served.app.call("conversations.history", channel=GENERAL))["error"] == "not_in_channel"


async def test_an_update_keeps_what_it_does_not_mention(app: App) -> None:
    ts = await app.post("before", blocks=[SECTION], metadata=METADATA)
    answer = await app.call("chat.update", channel=INCIDENTS, ts=ts, text="after")
    message = (await history(app, include_all_metadata=True))[0]
    assert (answer["ok"], message["text"], message["metadata"]) == (True, "after", METADATA)
    assert (len(message["blocks"]), message["edited"]["user"]) == (1, BOT_USER)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({"ts": "1.000001", "text": "x"}, "message_not_found", id="no such message"),
        pytest.param({"text": "x" * 4001}, "msg_too_long", id="shorter than a new message may be"),
        pytest.param({}, "no_text", id="nothing"),
    ],
)
async def test_an_update_is_refused(app: App, arguments: dict[str, Any], error: str) -> None:
    ts = await app.post("hi")
    assert (await app.call("chat.update", **({"channel": INCIDENTS, "ts": ts} | arguments)))["error"] == error


async def test_other_peoples_messages_cannot_be_changed(app: App) -> None:
    await app.control("mention", text="hello")
    ts = (await history(app))[0]["ts"]
    assert (await app.call("chat.update", channel=INCIDENTS, ts=ts, text="x"))["error"] == "cant_update_message"
    assert (await app.call("chat.delete", channel=INCIDENTS, ts=ts))["error"] == "cant_delete_message"


async def test_replies_stay_in_their_thread_and_are_counted_at_the_root(app: App) -> None:
    root = await app.post("root")
    first, second = await app.post("one", thread_ts=root), await app.post("two", thread_ts=root)
    shown = await history(app)
    assert [(message["ts"], message["reply_count"], message["latest_reply"]) for message in shown] == [
        (root, 2, second)
    ]
    thread = await app.call("conversations.replies", channel=INCIDENTS, ts=root)
    assert [message["ts"] for message in thread["messages"]] == [root, first, second]


async def test_a_reply_takes_no_replies(app: App) -> None:
    root = await app.post("root")
    reply = await app.post("one", thread_ts=root)
    answer = await app.call("chat.postMessage", channel=INCIDENTS, text="x", thread_ts=reply)
    assert answer["error"] == "cannot_reply_to_message"


async def test_a_deleted_root_leaves_its_thread_readable(app: App) -> None:
    root = await app.post("root")
    await app.post("one", thread_ts=root)
    assert (await app.call("chat.delete", channel=INCIDENTS, ts=root))["ok"]
    thread = await app.call("conversations.replies", channel=INCIDENTS, ts=root)
    assert [message.get("subtype") for message in thread["messages"]] == ["tombstone", None]


async def test_history_is_read_page_by_page_newest_first(app: App) -> None:
    written = [await app.post(f"{number}") for number in range(5)]
    read: list[str] = []
    cursor = ""
    for _ in range(3):
        answer = await app.call("conversations.history", channel=INCIDENTS, limit=2, cursor=cursor)
        read += [message["ts"] for message in answer["messages"]]
        cursor = answer.get("response_metadata", {}).get("next_cursor", "")
    assert (read, cursor) == (written[::-1], "")


async def test_history_between_two_moments_leaves_out_the_ends(app: App) -> None:
    first, middle, last = [await app.post(f"{number}") for number in range(3)]
    inside = await history(app, oldest=first, latest=last)
    whole = await history(app, oldest=first, latest=last, inclusive=True)
    assert ([each["ts"] for each in inside], [each["ts"] for each in whole]) == ([middle], [last, middle, first])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({"limit": 0}, "invalid_limit", id="limit 0"),
        pytest.param({"limit": "x"}, "invalid_arguments", id="limit is a word"),
        pytest.param({"cursor": "???"}, "invalid_cursor", id="cursor"),
        pytest.param({"oldest": "yesterday"}, "invalid_ts_oldest", id="oldest"),
    ],
)
async def test_reading_is_refused(app: App, arguments: dict[str, Any], error: str) -> None:
    answer = await app.call("conversations.history", channel=INCIDENTS, **arguments)
    assert answer["error"] == error


async def test_an_ephemeral_message_is_in_no_history(app: App) -> None:
    answer = await app.call("chat.postEphemeral", channel=INCIDENTS, user=ON_CALL, text="psst")
    assert answer["ok"]
    assert await history(app) == []
    assert [(each["to"], each["text"]) for each in await app.look("ephemerals")] == [(ON_CALL, "psst")]


async def test_an_ephemeral_message_needs_somebody_in_the_channel(app: App) -> None:
    answer = await app.call("chat.postEphemeral", channel=INCIDENTS, user="U0NOBODY", text="psst")
    assert answer["error"] == "user_not_in_channel"


async def test_a_permalink_leads_to_the_page(served: Served) -> None:
    ts = await served.app.post("hi")
    answer = await served.app.call("chat.getPermalink", channel=INCIDENTS, message_ts=ts)
    assert answer["permalink"] == f"{served.page}/archives/{INCIDENTS}/p{ts.replace('.', '')}"


async def test_a_reaction_is_left_once(app: App) -> None:
    ts = await app.post("hi")
    where = {"channel": INCIDENTS, "timestamp": ts, "name": "eyes"}
    answers = [await app.call(f"reactions.{act}", **where) for act in ("add", "add", "remove", "remove")]
    assert [each.get("error") for each in answers] == [None, "already_reacted", None, "no_reaction"]


async def test_a_file_is_announced_sent_and_shown(app: App) -> None:
    announced = await app.call("files.getUploadURLExternal", filename="diff.txt", length=3)
    assert (await app.request("POST", announced["upload_url"], data=b"no"))[0] == 400
    assert (await app.request("POST", announced["upload_url"], data=b"abc"))[0] == 200
    done = await app.call("files.completeUploadExternal", files=[{"id": announced["file_id"]}], channel_id=INCIDENTS)
    assert done["ok"]
    assert (await history(app))[0]["files"][0]["name"] == "diff.txt"


async def test_what_is_asked_too_often_is_told_to_wait(serve: Serve) -> None:
    faults = Faults()
    faults.add(parse_fault({"target": "slack", "kind": "429", "seconds": 7, "path": "chat.postMessage"}))
    app = (await serve(middlewares=[faults.middleware("slack")])).app
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    body = {"channel": INCIDENTS, "text": "hi"}
    status, answer = await app.request("POST", "/api/chat.postMessage", json=body, headers=headers)
    assert (status, answer["error"]) == (429, "ratelimited")
    assert (await app.request("POST", "/api/chat.postMessage", json=body, headers=headers))[1]["ok"]


async def test_every_call_is_noted_without_its_token(app: App) -> None:
    await app.post("hi")
    calls = await app.look("calls")
    assert (calls[0]["method"], calls[0]["ok"], calls[0]["arguments"]["text"]) == ("chat.postMessage", True, "hi")
    assert "xoxb" not in str(calls)
