"""What people do in Slack becomes one stored command each, and is acknowledged, whatever happens around it."""

import asyncio

import pytest

from bot.adapters.slack import SlackListeners, intake
from bot.adapters.slack.plan import CHOOSE
from bot.core.cards import Button, Note, PlanCard, phrase
from bot.sandbox.slack.directory import INCIDENTS, ON_CALL
from bot.sandbox.slack.interactions import Press
from bot.service.ports import Unreachable
from tests.adapters.slack.cards import NOW, PLAIN
from tests.adapters.slack.conftest import Connect, World, until

PLAN = PlanCard(
    title="Roll back",
    will=(phrase("Deploy it again"),),
    confirm="Roll back",
    value="argocd.rollback|default|argocd|shop|inc-1|abc|7|",
    choices=(("7", "7 · 1234567"), ("6", "6 · 7654321")),
    chosen="7",
)


async def open_plan(world: World) -> str:
    """Click a card's button and show its plan, as the service does; returns the view."""
    ts = await world.chat().post_card(PLAIN, key="incident:inc-1")
    await world.click(ts, "plan#2")
    await until(lambda: world.started)
    view = await world.chat().open_plan(world.started[-1].get("trigger_id"), title="Roll back")
    assert view is not None
    await world.chat().show_plan(view, PLAN)
    return view


async def test_a_slash_command(world: World, listening: SlackListeners) -> None:
    outcome = await world.command("why grafana-prod")
    assert outcome.error is None
    (command,) = world.started
    assert (command.kind, command.user, command.received_at) == ("slash", ON_CALL, NOW)
    assert command.get("text") == "why grafana-prod"
    assert command.get("channel") == INCIDENTS
    assert command.get("response_url").startswith(world.address)
    assert command.get("trigger_id") == outcome.trigger_id
    assert list(world.inbox.stored.values()) == [command]
    assert world.whispered() == []


async def test_typed_secrets_are_not_stored(world: World, listening: SlackListeners) -> None:
    await world.command("why shop --password=hunter2hunter2 &amp; more")
    assert "hunter2" not in world.started[0].get("text")
    assert "& more" in world.started[0].get("text")


async def test_a_click_on_a_root_message(world: World, listening: SlackListeners) -> None:
    ts = await world.chat().post_card(PLAIN, key="incident:inc-1")
    outcome = await world.click(ts, "plan#2")
    assert outcome.error is None
    (command,) = world.started
    assert command.kind == "click"
    assert (command.get("action"), command.get("value")) == ("plan", "rollback:inc-1")
    assert (command.get("channel"), command.get("thread"), command.get("message")) == (INCIDENTS, ts, ts)


async def test_a_click_in_a_thread_and_one_on_a_private_answer(world: World, listening: SlackListeners) -> None:
    root = await world.chat().post_card(PLAIN, key="a")
    note = Note(headline=phrase("Again?"), buttons=(Button(action="plan", label="Review plan", value="x"),))
    reply = await world.chat().post_note(root, note, key="b")
    await world.click(reply, "plan")
    await world.chat().whisper(INCIDENTS, ON_CALL, note)
    await world.click(world.fake.workspace.messages.ephemerals[-1]["ts"], "plan")
    assert [command.get("thread") for command in world.started] == [root, ""]


async def test_a_private_answer_is_shared_once_however_often_it_is_pressed(
    world: World, listening: SlackListeners
) -> None:
    share = Note(headline=phrase("Only you see this."), buttons=(Button(action="share", label="Share", value="shop"),))
    await world.chat().whisper(INCIDENTS, ON_CALL, share)
    ts = world.fake.workspace.messages.ephemerals[-1]["ts"]
    for _ in range(3):
        await world.click(ts, "share")
    assert [command.get("action") for command in world.started] == ["share"]


async def test_a_confirmation_is_accepted_at_once_and_taken_once(world: World, listening: SlackListeners) -> None:
    view = await open_plan(world)
    world.fake.mishaps.duplicates = 1
    outcome = await world.fake.interactions.submit(user=ON_CALL, view_id=view, values={})
    assert outcome.error is None
    command = world.started[-1]
    assert (command.kind, command.get("value"), command.get("view")) == ("submit", PLAN.value, view)
    assert command.get("choice") == "7"
    assert [each.kind for each in world.started] == ["click", "submit"]
    assert "Accepted" in str(world.modal().view["blocks"])
    assert world.modal().view["submit"] is None


async def test_another_target_chosen_in_the_modal(world: World, listening: SlackListeners) -> None:
    view = await open_plan(world)
    press = Press(action_id=CHOOSE, value="6")
    outcome = await world.fake.interactions.click_in_view(user=ON_CALL, view_id=view, press=press)
    assert outcome.error is None
    command = world.started[-1]
    assert (command.kind, command.get("choice"), command.get("value")) == ("choose", "6", PLAN.value)
    assert command.get("view") == view


async def test_a_mention_is_answered_in_its_thread(world: World, listening: SlackListeners) -> None:
    ts = world.fake.interactions.say(user=ON_CALL, channel=INCIDENTS, text="<@U0BOT> why shop")
    await until(lambda: world.started)
    (command,) = world.started
    assert (command.kind, command.get("text"), command.user) == ("mention", "why shop", ON_CALL)
    assert (command.get("channel"), command.get("thread")) == (INCIDENTS, ts)


async def test_what_is_delivered_twice_is_taken_once(world: World, listening: SlackListeners) -> None:
    ts = await world.chat().post_card(PLAIN, key="incident:inc-1")
    world.fake.mishaps.duplicates = 3
    assert (await world.click(ts, "plan")).error is None
    assert (await world.command("status")).error is None
    world.fake.interactions.say(user=ON_CALL, channel=INCIDENTS, text="<@U0BOT> status")
    await until(lambda: world.fake.mishaps.duplicates == 0 and len(world.started) >= 3)
    await until(lambda: len(world.fake._postman.log) == 6)
    assert [command.kind for command in world.started] == ["click", "slash", "mention"]
    assert all(delivery["error"] is None for delivery in world.fake._postman.log)


@pytest.mark.parametrize(
    "error", [pytest.param(Unreachable("the disk is full"), id="down"), pytest.param(KeyError("bug"), id="broken")]
)
async def test_what_cannot_be_stored_is_told(world: World, listening: SlackListeners, error: Exception) -> None:
    view = await open_plan(world)
    world.started.clear()
    world.inbox.error = error
    ts = await world.chat().post_card(PLAIN, key="x")
    assert (await world.command("status")).error is None
    assert (await world.click(ts, "plan")).error is None
    world.fake.interactions.say(user=ON_CALL, channel=INCIDENTS, text="<@U0BOT> status")
    assert (await world.fake.interactions.submit(user=ON_CALL, view_id=view, values={})).error is None
    await until(lambda: len(world.whispered()) == 3)
    assert all("Nothing was done" in text for text in world.whispered())
    assert "Nothing was done" in str(world.modal().view["blocks"])
    assert world.started == []


async def test_a_choice_that_cannot_be_stored_is_told_in_the_modal(world: World, listening: SlackListeners) -> None:
    view = await open_plan(world)
    world.inbox.error = Unreachable("the disk is full")
    press = Press(action_id=CHOOSE, value="6")
    assert (await world.fake.interactions.click_in_view(user=ON_CALL, view_id=view, press=press)).error is None
    await until(lambda: "the disk is full" in str(world.modal().view["blocks"]))


async def test_a_slow_store_is_told_and_the_command_is_done_when_it_is_stored(
    world: World, listening: SlackListeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "STORE_WITHIN", 0.05)
    world.inbox.gate = asyncio.Event()
    assert (await world.command("status")).error is None
    assert ["slow" in text for text in world.whispered()] == [True]
    assert world.started == []
    world.inbox.gate.set()
    await until(lambda: world.started)


async def test_a_slow_store_that_fails_in_the_end_is_told_too(
    world: World, listening: SlackListeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "STORE_WITHIN", 0.05)
    world.inbox.gate = asyncio.Event()
    world.inbox.error = Unreachable("the disk is full")
    await world.command("status")
    world.inbox.gate.set()
    await until(lambda: len(world.whispered()) == 2)
    assert "Nothing was done" in world.whispered()[1]


async def test_stopping_finishes_what_is_being_stored(
    world: World, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "STORE_WITHIN", 0.05)
    listeners = await connect("socket")
    world.inbox.gate = asyncio.Event()
    await world.command("status")
    stopping = asyncio.create_task(listeners.stop())
    world.inbox.gate.set()
    await stopping
    assert [command.kind for command in world.started] == ["slash"]
    assert world.fake.socket_mode.connected == 0
