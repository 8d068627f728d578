"""Socket Mode: envelopes, acknowledgements, what a person sees without one, and broken connections."""

import asyncio
import json

from bot.sandbox.slack.directory import INCIDENTS, ON_CALL
from tests.sandbox.slack.app import App, Json
from tests.sandbox.slack.conftest import Serve, Served

GO = {
    "type": "actions",
    "block_id": "b",
    "elements": [{"type": "button", "action_id": "go", "value": "7", "text": {"type": "plain_text", "text": "Go"}}],
}


async def until(app: App, count: int) -> None:
    """Wait for so many envelopes."""
    async with asyncio.timeout(5):
        while len(app.envelopes) < count:
            app.told.clear()
            await app.told.wait()


async def test_a_connection_begins_with_hello_and_its_address_works_once(app: App) -> None:
    hello = await app.connect()
    assert (hello["type"], hello["num_connections"], hello["connection_info"]["app_id"]) == ("hello", 1, "A0SANDBOX")
    opened = await app.call("apps.connections.open")
    assert opened["url"].startswith("ws://127.0.0.1:")
    status, answer = await app.request("GET", "/link/?ticket=guessed")
    assert (status, answer["error"]) == (401, "invalid_ticket")


async def test_a_click_is_one_interactive_envelope_with_all_an_app_needs(app: App) -> None:
    await app.connect()
    ts = await app.post("hi", blocks=[GO])
    outcome = await app.control("click", ts=ts, action_id="go")
    assert (outcome["ok"], outcome["error"]) == (True, None)
    [envelope] = app.envelopes
    payload = envelope["payload"]
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("interactive", False)
    assert (payload["type"], payload["user"]["id"], payload["channel"]["id"]) == ("block_actions", ON_CALL, INCIDENTS)
    assert (payload["actions"][0]["action_id"], payload["actions"][0]["value"]) == ("go", "7")
    assert payload["container"] == {"type": "message", "message_ts": ts, "channel_id": INCIDENTS, "is_ephemeral": False}
    assert payload["trigger_id"] == outcome["trigger_id"]
    assert payload["response_url"].startswith(app.address)


async def test_a_message_for_one_person_is_not_told_back(app: App) -> None:
    await app.connect()
    await app.call("chat.postEphemeral", channel=INCIDENTS, user=ON_CALL, text="psst", blocks=[GO])
    [whisper] = await app.look("ephemerals")
    await app.control("click", ts=whisper["ts"], action_id="go")
    payload = app.envelopes[0]["payload"]
    assert ("message" in payload, payload["container"]["is_ephemeral"]) == (False, True)


async def test_nobody_to_ask_is_told_to_the_person(app: App) -> None:
    ts = await app.post("hi", blocks=[GO])
    outcome = await app.control("click", ts=ts, action_id="go")
    [notice] = await app.look("notices")
    assert (outcome["ok"], outcome["error"], notice["error"]) == (False, "dispatch_failed", "dispatch_failed")
    assert (notice["user"], notice["text"]) == (ON_CALL, "“Go” failed with the error “dispatch_failed”")


async def test_silence_is_a_timeout(serve: Serve) -> None:
    app = (await serve(ack_seconds=0.05)).app
    await app.connect()
    app.silent = True
    outcome = await app.control("command", command="/gitops", text="status")
    assert outcome["error"] == "operation_timeout"
    assert [notice["error"] for notice in await app.look("notices")] == ["operation_timeout"]


async def test_a_connection_cut_while_waiting_is_a_timeout_and_no_crash(served: Served) -> None:
    app = served.app
    await app.connect()
    app.silent = True
    waiting = asyncio.create_task(app.control("command", command="/gitops", text="status"))
    await until(app, 1)
    assert (await app.control("socket", do="drop"))["connections"] == 0
    assert (await waiting)["error"] == "operation_timeout"


async def test_a_command_may_be_answered_by_its_acknowledgement(app: App) -> None:
    await app.connect()
    app.answer = lambda _envelope: {"text": "all is well"}
    outcome = await app.control("command", command="/gitops", text="status now")
    fields = app.envelopes[0]["payload"]
    assert (outcome["ok"], fields["command"], fields["text"]) == (True, "/gitops", "status now")
    assert app.envelopes[0]["accepts_response_payload"] is True
    assert [each["text"] for each in await app.look("ephemerals")] == ["all is well"]


async def test_an_unknown_command_reaches_no_app(app: App) -> None:
    await app.connect()
    assert (await app.control("command", command="/deploy"))["error"] == "unknown_command"
    assert app.envelopes == []


async def test_a_mention_is_an_event_with_the_words_as_slack_keeps_them(app: App) -> None:
    await app.connect()
    root = await app.post("hi")
    await app.control("mention", text="why?", thread_ts=root)
    await until(app, 1)
    event = app.envelopes[0]["payload"]["event"]
    assert (app.envelopes[0]["type"], event["type"], event["thread_ts"]) == ("events_api", "app_mention", root)
    assert event["text"] == "<@U0BOT> why?"
    assert event["blocks"][0]["elements"][0]["elements"] == [
        {"type": "user", "user_id": "U0BOT"},
        {"type": "text", "text": " why?"},
    ]


async def test_an_event_without_acknowledgement_comes_again_and_says_why(serve: Serve) -> None:
    app = (await serve(ack_seconds=0.05, event_retries=[0.0, 0.0])).app
    await app.connect()
    app.silent = True
    await app.control("mention", text="why?")
    await until(app, 3)
    tries = [(each["retry_attempt"], each["retry_reason"]) for each in app.envelopes]
    assert tries == [(0, ""), (1, "timeout"), (2, "timeout")]
    assert len({each["payload"]["event_id"] for each in app.envelopes}) == 1


async def test_a_duplicate_is_the_same_event_in_another_envelope(served: Served) -> None:
    app = served.app
    await app.connect()
    ts = await app.post("hi", blocks=[GO])
    served.fake.mishaps.duplicates = 1
    await app.control("click", ts=ts, action_id="go")
    first, second = app.envelopes
    assert first["envelope_id"] != second["envelope_id"]
    assert first["payload"] == second["payload"]


async def test_slack_asks_to_reconnect_before_it_closes(app: App) -> None:
    await app.connect()
    await app.control("socket", do="disconnect", reason="warning")
    await until(app, 1)
    assert (app.envelopes[0]["type"], app.envelopes[0]["reason"]) == ("disconnect", "warning")


async def test_nonsense_from_the_app_acknowledges_nothing(serve: Serve) -> None:
    app = (await serve(ack_seconds=0.1)).app
    await app.connect()
    app.silent = True
    waiting = asyncio.create_task(app.control("command", command="/gitops"))
    await until(app, 1)
    for nonsense in ("{", "[]", json.dumps({"envelope_id": "other"})):
        await app.say(nonsense)
    assert (await waiting)["error"] == "operation_timeout"


async def test_each_connection_takes_its_turn(served: Served, app: App) -> None:
    await app.connect()
    other = App(served.fake, app.address)
    async with other:
        assert (await other.connect())["num_connections"] == 2
        for _ in range(4):
            await app.control("command", command="/gitops")
        seen: list[list[Json]] = [app.envelopes, other.envelopes]
        assert [len(envelopes) for envelopes in seen] == [2, 2]
