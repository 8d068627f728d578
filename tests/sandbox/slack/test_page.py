"""The page without a browser: what it shows to whom, what its forms do, and what it refuses."""

import asyncio
import re
from html import unescape
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack.directory import DEVELOPER, INCIDENTS, ON_CALL
from bot.sandbox.slack.page.forms import field_name, press_value
from tests.sandbox.slack.app import App, Json
from tests.sandbox.slack.conftest import Served

HOSTILE = "<script>alert(1)</script> <!channel> <@U0DEV> \"'`"
BUTTON = {"type": "button", "action_id": "go", "value": "7", "text": {"type": "plain_text", "text": "Go"}}
GO: Json = {"type": "actions", "block_id": "b", "elements": [BUTTON]}


def address(ts: str) -> str:
    return f"/archives/{INCIDENTS}/p{ts.replace('.', '')}"


async def read(served: Served, path: str = f"/archives/{INCIDENTS}", *, person: str = ON_CALL) -> str:
    status, text = await fetch(served, "GET", path, headers={"Cookie": f"person={person}"})
    assert status == 200, text
    return text


async def submit(served: Served, path: str, fields: dict[str, str], *, person: str = ON_CALL) -> tuple[int, str]:
    headers = {"Origin": served.page, "Cookie": f"person={person}"}
    return await fetch(served, "POST", path, data=fields, headers=headers)


async def fetch(served: Served, method: str, path: str, **options: Any) -> tuple[int, str]:  # noqa: ANN401
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{served.page}{path}", allow_redirects=False, **options) as response,
    ):
        return response.status, await response.text()


async def test_every_answer_forbids_foreign_and_inline_content(served: Served) -> None:
    async with aiohttp.ClientSession() as session:
        for path in (f"/archives/{INCIDENTS}", "/static/page.js", "/nothing"):
            async with session.get(f"{served.page}{path}") as response:
                policy = response.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'")
                assert "unsafe" not in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_page_has_nothing_inline_and_nothing_from_elsewhere(served: Served) -> None:
    await served.app.post("hi", blocks=[GO])
    shown = await read(served)
    assert re.findall(r'(?:src|href)="(?!/)[^"]*"', shown) == []
    assert re.findall(r"\s(?:style|on\w+)=|<style", shown) == []


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([], id="text"),
        pytest.param([{"type": "section", "text": {"type": "mrkdwn", "text": HOSTILE}}], id="mrkdwn"),
        pytest.param([{"type": "header", "text": {"type": "plain_text", "text": HOSTILE}}], id="plain text"),
        pytest.param([{"type": "markdown", "text": HOSTILE}], id="markdown"),
        pytest.param([{"type": "image", "image_url": "https://x.example/a.png", "alt_text": HOSTILE}], id="image"),
        pytest.param(
            [{"type": "actions", "elements": [BUTTON | {"value": HOSTILE, "action_id": HOSTILE}]}], id="button"
        ),
    ],
)
async def test_words_of_a_message_are_never_markup(served: Served, blocks: list[Json]) -> None:
    await served.app.post(HOSTILE, blocks=blocks)
    assert "<script>" not in await read(served)


async def test_a_ping_is_seen_as_one(served: Served) -> None:
    await served.app.post("<!channel> and &lt;!here&gt;")
    shown = await read(served)
    assert "This rings everyone" in shown
    assert "&lt;!here&gt;" in shown


async def test_a_link_of_another_kind_is_only_text(served: Served) -> None:
    await served.app.post("x", blocks=[{"type": "actions", "elements": [BUTTON | {"url": "javascript:alert(1)"}]}])
    assert "javascript:" not in await read(served)


async def test_the_channel_shows_roots_and_the_thread_its_replies(served: Served) -> None:
    root = await served.app.post("the root")
    reply = await served.app.post("the reply", thread_ts=root)
    channel, thread = await read(served), await read(served, address(reply))
    assert ("the root" in channel, "the reply" in channel, "1 reply" in channel) == (True, False, True)
    assert "the reply" in thread
    assert "pointed-at" in thread


@pytest.mark.parametrize("path", ["/archives/C0", f"/archives/{INCIDENTS}/p1000000000000001", "/archives/C0/p1000001"])
async def test_what_is_not_there_is_not_found(served: Served, path: str) -> None:
    assert (await fetch(served, "GET", path))[0] == 404


async def test_what_is_told_to_one_person_is_shown_to_them_until_dismissed(served: Served) -> None:
    await served.app.call("chat.postEphemeral", channel=INCIDENTS, user=ON_CALL, text="psst")
    assert "psst" not in await read(served, person=DEVELOPER)
    shown = await read(served)
    assert "Only visible to you" in shown
    [dismiss] = re.findall(r'action="(/private/[\d.]+/dismiss)"', shown)
    assert (await submit(served, dismiss, {}, person=DEVELOPER))[0] == 409
    assert (await submit(served, dismiss, {}))[0] == 303
    assert "psst" not in await read(served)


async def test_a_press_reaches_the_app_as_the_person_who_pressed(served: Served) -> None:
    await served.app.connect()
    ts = await served.app.post("hi", blocks=[GO])
    press = press_value(GO, BUTTON, "7")
    assert press in unescape(await read(served))
    status, _ = await submit(served, f"{address(ts)}/press", {"press": press}, person=DEVELOPER)
    payload = served.app.envelopes[0]["payload"]
    assert (status, payload["user"]["id"], payload["actions"][0]["value"]) == (303, DEVELOPER, "7")


async def test_a_button_that_was_edited_away_is_not_pressed(served: Served) -> None:
    await served.app.connect()
    ts = await served.app.post("hi", blocks=[GO])
    await served.app.call("chat.update", channel=INCIDENTS, ts=ts, text="done", blocks=[])
    status, told = await submit(served, f"{address(ts)}/press", {"press": press_value(GO, BUTTON, "7")})
    assert (status, "not possible any more" in told, served.app.envelopes) == (409, True, [])


@pytest.mark.parametrize(
    "press", ["", "x", "7", "[1, 2]", "[" * 5000, '["b"]'], ids=["", "x", "7", "ids", "deep", "half"]
)
async def test_nonsense_presses_nothing(served: Served, press: str) -> None:
    ts = await served.app.post("hi", blocks=[GO])
    assert (await submit(served, f"{address(ts)}/press", {"press": press}))[0] == 409


async def test_an_app_that_does_not_answer_is_told_in_place(served: Served) -> None:
    ts = await served.app.post("hi", blocks=[GO])
    await submit(served, f"{address(ts)}/press", {"press": press_value(GO, BUTTON, "7")})
    assert "“Go” failed with the error “dispatch_failed”" in await read(served)
    assert "dispatch_failed" not in await read(served, person=DEVELOPER)


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        pytest.param("/gitops why  shop", "slash_commands", "why  shop", id="command"),
        pytest.param("@gitops why?", "events_api", "<@U0BOT> why?", id="mention"),
        pytest.param("@GitOps a<b & c", "events_api", "<@U0BOT> a&lt;b &amp; c", id="escaped"),
    ],
)
async def test_a_line_is_sent_as_slack_would_send_it(served: Served, typed: str, kind: str, text: str) -> None:
    await served.app.connect()
    assert (await submit(served, f"/archives/{INCIDENTS}/say", {"text": typed}))[0] == 303
    async with asyncio.timeout(5):
        await served.app.told.wait()
    payload = served.app.envelopes[0]["payload"]
    assert (served.app.envelopes[0]["type"], payload.get("event", payload)["text"]) == (kind, text)


async def test_ordinary_words_are_said_and_not_told_to_the_app(served: Served) -> None:
    await served.app.connect()
    await submit(served, f"/archives/{INCIDENTS}/say", {"text": "is/this ok? user@gitops.example"})
    assert "is/this ok? user@gitops.example" in await read(served)
    assert served.app.envelopes == []


async def test_a_command_in_a_thread_is_answered_as_slack_does(served: Served) -> None:
    await served.app.connect()
    root = await served.app.post("root")
    await submit(served, f"/archives/{INCIDENTS}/say", {"text": "/gitops status", "thread_ts": root})
    assert "/gitops is not supported in threads" in await read(served, address(root))
    assert served.app.envelopes == []


async def modal(app: App, **more: object) -> Json:
    """Let the app open a modal for whoever is on call."""
    await app.connect()
    trigger = (await app.control("command", command="/gitops"))["trigger_id"]
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("old", "older")]
    target = {
        "type": "input",
        "block_id": "target",
        "dispatch_action": True,
        "label": {"type": "plain_text", "text": "Target"},
        "element": {"type": "static_select", "action_id": "pick", "options": options},
    }
    title = {"type": "plain_text", "text": "The plan"}
    view = {"type": "modal", "title": title, "submit": title, "blocks": [target], **more}
    answer = await app.call("views.open", trigger_id=trigger, view=view)
    assert answer["ok"], answer
    shown: Json = answer["view"]
    return shown


async def test_a_modal_is_shown_to_its_person_only_with_what_was_chosen(served: Served) -> None:
    shown = await modal(served.app)
    block = shown["blocks"][0]
    name = field_name(block, block["element"])
    assert "The plan" not in await read(served, person=DEVELOPER)
    status, _ = await submit(served, f"/views/{shown['id']}/press", {"press": name, name: "older"})
    assert (status, served.app.envelopes[-1]["payload"]["actions"][0]["selected_option"]["value"]) == (303, "older")
    assert re.search(r'value="older" selected', await read(served))


async def test_a_modal_says_what_is_missing_beside_the_field(served: Served) -> None:
    shown = await modal(served.app)
    await submit(served, f"/views/{shown['id']}/submit", {})
    page = await read(served)
    assert 'aria-invalid="true"' in page
    assert "Please complete this required field." in page


async def test_a_modal_is_submitted_and_closed(served: Served) -> None:
    shown = await modal(served.app)
    block = shown["blocks"][0]
    await submit(served, f"/views/{shown['id']}/submit", {field_name(block, block["element"]): "old"})
    assert served.app.envelopes[-1]["payload"]["type"] == "view_submission"
    assert "The plan" not in await read(served)
    assert (await submit(served, f"/views/{shown['id']}/close", {}))[0] == 409


async def test_another_persons_modal_cannot_be_pressed(served: Served) -> None:
    shown = await modal(served.app)
    block = shown["blocks"][0]
    name = field_name(block, block["element"])
    for act in ("press", "submit", "close"):
        status, _ = await submit(served, f"/views/{shown['id']}/{act}", {"press": name, name: "old"}, person=DEVELOPER)
        assert status == 409
    assert [each["type"] for each in served.app.envelopes] == ["slash_commands"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no origin"),
        pytest.param({"Origin": "https://evil.example"}, id="another site"),
        pytest.param({"Origin": "null"}, id="a hidden site"),
    ],
)
@pytest.mark.parametrize("path", [f"/archives/{INCIDENTS}/say", "/person", "/scenarios"])
async def test_a_form_of_another_site_does_nothing(served: Served, path: str, headers: dict[str, str]) -> None:
    data = {"text": "hello", "person": DEVELOPER, "name": "crd"}
    status, _ = await fetch(served, "POST", path, data=data, headers=headers)
    assert status == 403
    assert served.fake.workspace.messages.in_channel(INCIDENTS) == []


async def test_one_becomes_another_person_but_never_the_app(served: Served) -> None:
    headers = {"Origin": served.page, "Referer": "https://evil.example/archives/../elsewhere"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(f"{served.page}/person", data={"person": DEVELOPER}, allow_redirects=False) as became:
            cookie = became.headers["Set-Cookie"]
            assert (became.status, became.headers["Location"].startswith("/archives/")) == (303, True)
            assert f"person={DEVELOPER}" in cookie
            assert "HttpOnly" in cookie
        async with session.post(f"{served.page}/person", data={"person": "U0BOT"}) as refused:
            assert refused.status == 400


async def test_scenarios_are_offered_and_started(served: Served) -> None:
    started: list[str] = []

    async def start(name: str) -> None:
        started.append(name)

    assert "Make something fail" not in await read(served)
    served.fake.set_scenarios([("crd", "A CRD is missing")], start)
    assert "A CRD is missing" in await read(served)
    assert (await submit(served, "/scenarios", {"name": "crd"}))[0] == 303
    assert (await submit(served, "/scenarios", {"name": "other"}))[0] == 409
    assert started == ["crd"]


async def test_the_page_says_whether_the_app_is_connected(served: Served) -> None:
    assert "not connected" in await read(served)
    await served.app.connect()
    assert "connected: Socket Mode" in await read(served)


async def test_open_pages_are_told_of_every_change_and_let_go_at_the_end(served: Served) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{served.page}/live?since=0") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        await served.app.post("hi")
        told = b""
        async with asyncio.timeout(5):
            while b"data: " not in told:
                told += await stream.content.readline()
            await served.fake.close()
            await stream.content.read()
        assert told.endswith(b"data: 1\n")
