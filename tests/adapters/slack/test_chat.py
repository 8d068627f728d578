"""The chat port against the sandbox's Slack, and against a Slack that fails in every way it can."""

import asyncio
import dataclasses
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from bot.adapters.slack import SlackChat, calls, chat
from bot.adapters.slack.calls import web_client
from bot.core.cards import Button, Note, PlanCard, StatusCard, phrase
from bot.sandbox.slack import FakeSlack
from bot.sandbox.slack.directory import DEVELOPER, GENERAL, INCIDENTS, ON_CALL
from bot.service.ports import NotFound, PortError, Refused, Unreachable
from tests.adapters.slack.cards import PLAIN
from tests.adapters.slack.conftest import World

NOTE = Note(headline=phrase("**Synced** `{{app}}`", app="shop"))


def message(world: World, ts: str) -> dict[str, object]:
    found: dict[str, object] = world.fake.workspace.messages.get(INCIDENTS, ts)
    return found


async def test_a_thread_is_posted_edited_linked_and_found_again(world: World) -> None:
    chat = world.chat()
    root = await chat.post_card(PLAIN, key="incident:inc-1")
    details = await chat.post_details(root, PLAIN, key="details:inc-1")
    note = await chat.post_note(root, NOTE, key="note:1")
    await chat.edit_card(root, dataclasses.replace(PLAIN, state="resolved"))
    await chat.edit_details(details, dataclasses.replace(PLAIN, fixes=()))
    await chat.edit_note(note, Note(headline=phrase("Done.")))
    assert "RESOLVED" in str(message(world, root)["text"])
    assert "Fix 1" not in str(message(world, details)["blocks"])
    assert message(world, note)["text"] == "Done."
    assert await chat.find("incident:inc-1") == root
    assert await chat.find("details:inc-1", thread=root) == details
    assert await chat.find("note:1", thread=root) == note
    assert await chat.find("note:1") is None
    assert await chat.find("incident:inc-2") is None
    assert root.replace(".", "") in await chat.permalink(root)
    assert not any(each["arguments"].get("unfurl_links") for each in world.fake.workspace.calls)


async def test_a_message_is_looked_for_page_by_page_and_not_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "PAGE", 2)
    monkeypatch.setattr(chat, "PAGES", 3)
    speaking = world.chat()
    posted = [await speaking.post_card(PLAIN, key=f"incident:{number}") for number in range(8)]
    replies = [await speaking.post_note(posted[0], NOTE, key=f"note:{number}") for number in range(5)]
    assert await speaking.find("incident:2") == posted[2]
    assert await speaking.find("incident:1") is None
    assert await speaking.find("note:4", thread=posted[0]) == replies[4]


async def test_a_whisper_is_for_one_person(world: World) -> None:
    root = await world.chat().post_card(PLAIN, key="x")
    await world.chat().whisper(INCIDENTS, ON_CALL, NOTE, thread=root)
    (whispered,) = world.fake.workspace.messages.ephemerals
    assert (whispered["to"], whispered["thread_ts"], whispered["text"]) == (ON_CALL, root, "Synced shop")


async def response_url(world: World) -> str:
    """An address to answer to, as a slash command gives one."""
    token = world.fake.workspace.responses.issue(user=ON_CALL, channel=INCIDENTS)
    return f"{world.address}/response/{token}"


async def test_an_answer_is_private_or_public(world: World) -> None:
    status = StatusCard(headline=phrase("No open incidents."), lines=())
    url = await response_url(world)
    await world.chat().answer(url, [status], public=False)
    assert world.whispered() == ["No open incidents."]
    await world.chat().answer(url, [PLAIN], public=True)
    assert "grafana-dashboards" in str(list(world.fake.workspace.messages.in_channel(INCIDENTS))[-1]["text"])


async def test_many_cards_are_one_answer_of_few_messages(world: World) -> None:
    share = Note(headline=phrase("Only you see this."), buttons=(Button(action="share", label="Share", value="x"),))
    cards = [dataclasses.replace(PLAIN, title=phrase("Failure {{n}}", n=n)) for n in range(30)]
    await world.chat().answer(await response_url(world), [*cards, share], public=False)
    shown = world.fake.workspace.messages.ephemerals
    assert 1 < len(shown) <= 4
    everything = str(shown)
    assert all(f"Failure {n}" in everything for n in range(30))
    assert '"share"' in everything.replace("'", '"')


async def test_a_response_url_that_is_used_up_says_so(world: World) -> None:
    url = await response_url(world)
    for _ in range(5):
        await world.chat().answer(url, [NOTE], public=False)
    with pytest.raises(Refused, match="five at most"):
        await world.chat().answer(url, [NOTE], public=False)


async def test_an_answer_where_people_spoke(world: World) -> None:
    ts = world.fake.interactions.say(user=ON_CALL, channel=GENERAL, text="why shop")
    await world.chat().say_here(GENERAL, ts, [NOTE, NOTE])
    replies = world.fake.workspace.messages.thread(GENERAL, ts)[1:]
    assert [reply["text"] for reply in replies] == ["Synced shop\nSynced shop"]


async def test_a_modal_is_opened_once_and_in_time(world: World) -> None:
    speaking = world.chat()
    trigger = world.fake.workspace.triggers.issue(ON_CALL)
    view = await speaking.open_plan(trigger, title="Roll back")
    assert view is not None
    assert "nothing has been done yet" in str(world.modal().view["blocks"])
    assert await speaking.open_plan(trigger, title="Roll back") is None
    world.fake.mishaps.expired_triggers = 1
    assert await speaking.open_plan(world.fake.workspace.triggers.issue(ON_CALL), title="x") is None
    refused = PlanCard(title="Roll back", refusal=phrase("A window is closed"), choices=(("1", "one"),), chosen="1")
    await speaking.show_plan(view, refused)
    assert "A window is closed" in str(world.modal().view["blocks"])
    world.fake.workspace.views.clear(ON_CALL)
    with pytest.raises(NotFound, match="window was closed"):
        await speaking.show_plan(view, refused)


async def test_who_the_bot_is(world: World) -> None:
    assert await world.chat().check() == f"@gitops in Sandbox, channel {INCIDENTS}"


async def test_a_wrong_channel_says_what_to_do(world: World) -> None:
    speaking = world.chat(channel="C0NOWHERE")
    with pytest.raises(Refused, match="GITOPS_BOT_SLACK__CHANNEL") as refused:
        await speaking.check()
    assert "/invite @gitops" in str(refused.value)
    with pytest.raises(Refused):
        await speaking.post_card(PLAIN, key="x")


async def test_a_person_who_is_not_in_the_channel(world: World) -> None:
    outside = next(c for c in world.fake.workspace.directory.channels.values() if c.id == INCIDENTS)
    assert DEVELOPER in outside.members
    with pytest.raises(Refused, match="not in the channel"):
        await world.chat().whisper(INCIDENTS, "U0NOBODY", NOTE)


async def test_a_missing_scope_is_named() -> None:
    fake = FakeSlack(scopes=["chat:write"])
    server = TestServer(fake.application())
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        speaking = speaker(session, str(server.make_url("/api/")), bot=fake.bot_token)
        with pytest.raises(Refused, match="lacks the scope `channels:history`"):
            await speaking.find("x")
    await fake.close()
    await server.close()


async def test_a_message_that_was_deleted(world: World) -> None:
    with pytest.raises(NotFound, match="isn't there any more"):
        await world.chat().edit_note("1.000001", NOTE)


# -- a Slack that fails

Reply = Callable[[], web.Response]


def speaker(session: aiohttp.ClientSession, url: str, *, bot: str = "xoxb-1") -> SlackChat:
    return SlackChat(client=web_client(token=bot, base_url=url, session=session), channel=INCIDENTS)


class Failing:
    """Answers every request with the next of some answers, the last one again and again."""

    def __init__(self, *answers: Reply) -> None:
        self.answers = deque(answers)
        self.asked: list[dict[str, object]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json() if request.content_type == "application/json" else {})
        return self.answers.popleft()() if len(self.answers) > 1 else self.answers[0]()


Serve = Callable[..., Awaitable[tuple[SlackChat, Failing, str]]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[TestServer] = []
    sessions: list[aiohttp.ClientSession] = []

    async def start(*answers: Reply) -> tuple[SlackChat, Failing, str]:
        failing = Failing(*answers)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", failing.handle)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        sessions.append(aiohttp.ClientSession())
        address = str(server.make_url("/api/"))
        return speaker(sessions[-1], address), failing, address

    yield start
    for session in sessions:
        await session.close()
    for server in servers:
        await server.close()


def says(error: str, **more: object) -> Reply:
    return lambda: web.json_response({"ok": False, "error": error, **more})


def limited(seconds: str) -> Reply:
    headers = {"Retry-After": seconds}
    return lambda: web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


def fine() -> web.Response:
    return web.json_response({"ok": True, "ts": "1.000001"})


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        pytest.param(limited("600"), Unreachable, "asked again in 600 s", id="long-rate-limit"),
        pytest.param(says("internal_error"), Unreachable, "internal_error", id="internal-error"),
        pytest.param(lambda: web.Response(status=503, text="no"), Unreachable, "HTTP 503", id="503-text"),
        pytest.param(lambda: web.json_response({}, status=500), Unreachable, "HTTP 500", id="500-json"),
        pytest.param(
            lambda: web.Response(text="<html>", content_type="text/html"), Unreachable, "no usable", id="a-page"
        ),
        pytest.param(lambda: web.Response(text="hello"), Unreachable, "in Slack's place", id="plain-text"),
        pytest.param(
            lambda: web.Response(text="{", content_type="application/json"), Unreachable, "no usable", id="no-json"
        ),
        pytest.param(lambda: web.json_response(["x"]), Unreachable, "in Slack's place", id="another-shape"),
        pytest.param(says("not_in_channel"), Refused, "/invite @gitops", id="not-in-channel"),
        pytest.param(says("is_archived"), Refused, "unarchive", id="archived"),
        pytest.param(says("invalid_auth"), Refused, "GITOPS_BOT_SLACK__BOT_TOKEN", id="wrong-token"),
        pytest.param(says("missing_scope", needed="chat:write"), Refused, "chat:write", id="missing-scope"),
        pytest.param(says("message_not_found"), NotFound, "isn't there", id="deleted"),
        pytest.param(
            says("odd", response_metadata={"messages": ["[ERROR] because"]}), Refused, "because", id="unheard-of"
        ),
    ],
)
async def test_every_failure_has_its_kind_and_sentence(
    serve: Serve, reply: Reply, kind: type[PortError], said: str
) -> None:
    speaking, failing, _ = await serve(reply)
    with pytest.raises(kind) as raised:
        await speaking.post_card(PLAIN, key="x")
    assert said.lower() in str(raised.value).lower()
    assert type(raised.value) is kind
    assert len(failing.asked) == 1, "a post has no key that would make it safe to repeat"
    if isinstance(raised.value, Unreachable) and "600" in said:
        assert raised.value.retry_after == 600


async def test_a_short_rate_limit_is_waited_out(serve: Serve) -> None:
    speaking, failing, _ = await serve(limited("0"), limited("0"), fine)
    assert await speaking.post_card(PLAIN, key="x") == "1.000001"
    assert len(failing.asked) == 3


async def test_a_rate_limit_that_stays_is_handed_on(serve: Serve) -> None:
    speaking, failing, _ = await serve(limited("0"))
    with pytest.raises(Unreachable):
        await speaking.post_card(PLAIN, key="x")
    assert len(failing.asked) == 3


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long", "invalid_blocks_format"])
async def test_a_refused_layout_is_sent_as_plain_text_once(serve: Serve, error: str) -> None:
    speaking, failing, _ = await serve(says(error), fine)
    assert await speaking.post_card(PLAIN, key="x") == "1.000001"
    first, second = failing.asked
    assert "blocks" in first
    assert "blocks" not in second
    assert second["text"] == first["text"]
    assert second["metadata"] == first["metadata"]
    edited, failing, _ = await serve(says(error))
    with pytest.raises(Refused, match=error):
        await edited.edit_card("1.000001", PLAIN)
    assert [bool(each["blocks"]) for each in failing.asked] == [True, False]


async def test_a_refused_plan_is_told_in_its_modal(serve: Serve) -> None:
    speaking, failing, _ = await serve(says("invalid_arguments"), fine)
    await speaking.show_plan("V1", PlanCard(title="Sync", confirm="Sync", value="x"))
    assert "can't be confirmed here" in str(failing.asked[1]["view"])


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(lambda: web.Response(status=500), Unreachable, id="500"),
        pytest.param(limited("600"), Unreachable, id="rate-limit"),
        pytest.param(lambda: web.Response(status=404, text="expired_url"), Refused, id="expired"),
        pytest.param(lambda: web.json_response({"ok": False, "error": "used_url"}, status=404), Refused, id="used"),
        pytest.param(lambda: web.json_response({"ok": False, "error": "odd"}), Refused, id="no-with-200"),
    ],
)
async def test_an_answer_fails_in_words_too(serve: Serve, reply: Reply, kind: type[PortError]) -> None:
    speaking, _, address = await serve(reply)
    with pytest.raises(kind) as raised:
        await speaking.answer(f"{address}response/secret-ticket", [NOTE], public=False)
    assert "secret-ticket" not in str(raised.value)


async def test_an_answer_with_a_refused_layout_is_plain(serve: Serve) -> None:
    speaking, failing, address = await serve(
        lambda: web.Response(status=400, text="invalid_blocks"), lambda: web.Response(text="ok")
    )
    await speaking.answer(f"{address}response/x", [NOTE], public=False)
    assert [("blocks" in each) for each in failing.asked] == [True, False]


async def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{unused_port()}/"
    async with aiohttp.ClientSession() as session:
        speaking = speaker(session, f"{url}api/")
        with pytest.raises(Unreachable, match="can't be reached"):
            await speaking.check()
        with pytest.raises(Unreachable) as raised:
            await speaking.answer(f"{url}response/secret-ticket", [NOTE], public=False)
    assert "secret-ticket" not in str(raised.value)


async def test_a_slack_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "DEADLINE", 0.05)

    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    app = web.Application()
    app.router.add_post("/api/{method}", hang)
    server = TestServer(app)
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(Unreachable, match="did not answer in time"):
            await speaker(session, str(server.make_url("/api/"))).post_card(PLAIN, key="x")
    await server.close()


async def test_a_proxy_of_the_environment_is_left_to_the_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{unused_port()}")
    assert await world.chat().check()
    await world.chat().answer(await response_url(world), [NOTE], public=False)


async def test_who_is_in_a_group_and_how_somebody_is_reached(world: World) -> None:
    speaking = world.chat()
    assert await speaking.members("S0ONCALL") == {ON_CALL}
    assert await speaking.email(DEVELOPER) == "bob@sandbox.example"
    with pytest.raises(Refused):
        await speaking.members("S0NOBODY")
