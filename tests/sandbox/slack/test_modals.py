"""Modals: trigger ids, views that change, what is put in, and what becomes of a submission."""

from typing import Any

import pytest

from bot.sandbox.slack.directory import DEVELOPER, ON_CALL
from tests.sandbox.slack.app import App, Json
from tests.sandbox.slack.conftest import Clock, Serve, Served


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


OPTIONS = [{"text": plain("one"), "value": "1"}, {"text": plain("two"), "value": "2"}]
TARGET = {
    "type": "input",
    "block_id": "target",
    "dispatch_action": True,
    "label": plain("Target"),
    "element": {"type": "static_select", "action_id": "pick", "options": OPTIONS},
}
READING: Json = {"type": "modal", "title": plain("Plan"), "blocks": [{"type": "section", "text": plain("Reading…")}]}
PLAN: Json = {
    "type": "modal",
    "title": plain("Plan"),
    "submit": plain("Roll back"),
    "private_metadata": "hash",
    "blocks": [TARGET],
}


async def triggered(app: App) -> str:
    """Connect, type a command, and return its trigger id."""
    await app.connect()
    return str((await app.control("command", command="/gitops"))["trigger_id"])


async def opened(app: App, view: Json = PLAN) -> Json:
    answer = await app.call("views.open", trigger_id=await triggered(app), view=view)
    assert answer["ok"], answer
    shown: Json = answer["view"]
    return shown


async def test_a_trigger_opens_one_modal_once(app: App) -> None:
    trigger = await triggered(app)
    first = await app.call("views.open", trigger_id=trigger, view=READING)
    second = await app.call("views.open", trigger_id=trigger, view=READING)
    assert (first["ok"], second["error"]) == (True, "exchanged_trigger_id")


async def test_a_trigger_lives_for_three_seconds(serve: Serve, clock: Clock) -> None:
    app = (await serve(clock=clock)).app
    trigger = await triggered(app)
    clock.pass_seconds(3.1)
    assert (await app.call("views.open", trigger_id=trigger, view=READING))["error"] == "expired_trigger_id"


async def test_a_trigger_of_just_under_three_seconds_still_works(serve: Serve, clock: Clock) -> None:
    app = (await serve(clock=clock)).app
    trigger = await triggered(app)
    clock.pass_seconds(2.9)
    assert (await app.call("views.open", trigger_id=trigger, view=READING))["ok"]


async def test_a_trigger_can_be_late_on_demand(served: Served) -> None:
    trigger = await triggered(served.app)
    served.fake.mishaps.expired_triggers = 1
    assert (await served.app.call("views.open", trigger_id=trigger, view=READING))["error"] == "expired_trigger_id"


@pytest.mark.parametrize("trigger", [None, "", "guess", "1.2.abc", 7], ids=str)
async def test_an_invented_trigger_opens_nothing(app: App, trigger: object) -> None:
    assert (await app.call("views.open", trigger_id=trigger, view=READING))["error"] == "invalid_trigger_id"


async def test_a_modal_is_filled_later(app: App) -> None:
    shown = await opened(app, READING)
    answer = await app.call("views.update", view_id=shown["id"], hash=shown["hash"], view=PLAN)
    assert (answer["view"]["id"], answer["view"]["hash"] != shown["hash"]) == (shown["id"], True)
    assert [view["submit"]["text"] for view in await app.look("views")] == ["Roll back"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({"view_id": "V0", "view": PLAN}, "not_found", id="no such view"),
        pytest.param({"view": PLAN}, "invalid_arguments", id="no id"),
        pytest.param({"hash": "1.old", "view": PLAN}, "hash_conflict", id="changed since"),
        pytest.param({"view": READING | {"title": plain("x" * 25)}}, "invalid_arguments", id="title too long"),
    ],
)
async def test_an_update_is_refused(app: App, arguments: dict[str, Any], error: str) -> None:
    shown = await opened(app)
    view_id = {} if error == "invalid_arguments" and arguments["view"] is PLAN else {"view_id": shown["id"]}
    assert (await app.call("views.update", **(view_id | arguments)))["error"] == error


async def test_a_choice_is_told_at_once_and_kept_over_an_update(app: App) -> None:
    shown = await opened(app)
    assert (await app.control("click", view_id=shown["id"], action_id="pick", value="2"))["ok"]
    payload = app.envelopes[-1]["payload"]
    assert (payload["type"], payload["actions"][0]["selected_option"]["value"]) == ("block_actions", "2")
    updated = await app.call("views.update", view_id=shown["id"], view=PLAN)
    assert updated["view"]["state"]["values"]["target"]["pick"]["selected_option"]["value"] == "2"


async def test_a_submission_needs_what_is_required(app: App) -> None:
    shown = await opened(app)
    outcome = await app.control("submit", view_id=shown["id"])
    assert outcome["errors"] == {"target": "Please complete this required field."}
    assert [each["type"] for each in app.envelopes] == ["slash_commands"]


async def test_a_submission_closes_the_modal_and_carries_its_state(app: App) -> None:
    shown = await opened(app)
    outcome = await app.control("submit", view_id=shown["id"], values={"target": {"pick": "1"}})
    payload = app.envelopes[-1]["payload"]
    assert (outcome["ok"], payload["type"], payload["view"]["private_metadata"]) == (True, "view_submission", "hash")
    assert payload["view"]["state"]["values"]["target"]["pick"]["selected_option"]["value"] == "1"
    assert await app.look("views") == []


@pytest.mark.parametrize(
    ("action", "left"),
    [
        pytest.param({"response_action": "update", "view": READING}, ["Plan"], id="update"),
        pytest.param({"response_action": "push", "view": READING}, ["Plan", "Plan"], id="push"),
        pytest.param({"response_action": "clear"}, [], id="clear"),
        pytest.param({"response_action": "errors", "errors": {"target": "moved"}}, ["Plan"], id="errors"),
    ],
)
async def test_the_acknowledgement_says_what_becomes_of_the_modal(app: App, action: Json, left: list[str]) -> None:
    shown = await opened(app)
    app.answer = lambda _envelope: action
    outcome = await app.control("submit", view_id=shown["id"], values={"target": {"pick": "1"}})
    views = await app.look("views")
    assert [view["title"]["text"] for view in views] == left
    assert outcome.get("errors") == action.get("errors")


async def test_a_wrong_response_action_is_trouble_for_the_person(app: App) -> None:
    shown = await opened(app)
    app.answer = lambda _envelope: {"response_action": "errors", "errors": {"elsewhere": "x"}}
    outcome = await app.control("submit", view_id=shown["id"], values={"target": {"pick": "1"}})
    assert outcome["error"] == "invalid_response_action"
    assert [view["errors"] for view in await app.look("views")] == [{"": "We had some trouble connecting. Try again?"}]


@pytest.mark.parametrize(("notify", "told"), [(True, ["slash_commands", "interactive"]), (False, ["slash_commands"])])
async def test_closing_is_told_only_where_asked_for(app: App, notify: bool, told: list[str]) -> None:
    await opened(app, PLAN | {"notify_on_close": notify})
    assert (await app.control("close"))["ok"]
    assert [each["type"] for each in app.envelopes] == told


async def test_at_most_three_modals_lie_on_each_other(app: App) -> None:
    await opened(app)
    errors = []
    for _ in range(3):
        views = await app.look("views")
        outcome = await app.control("click", view_id=views[-1]["id"], action_id="pick", value="1")
        pushed = await app.call("views.push", trigger_id=outcome["trigger_id"], view=PLAN)
        errors.append(pushed.get("error"))
    assert errors == [None, None, "push_limit_reached"]


async def test_nobody_submits_another_persons_modal(app: App) -> None:
    shown = await opened(app)
    outcome = await app.control("submit", user=DEVELOPER, view_id=shown["id"], values={"target": {"pick": "1"}})
    assert (outcome["error"], [view["user"] for view in await app.look("views")]) == ("impossible", [ON_CALL])
