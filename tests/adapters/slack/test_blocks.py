"""What each card looks like in Slack, and that no card can break Slack's limits or ping anybody."""

import dataclasses
import json
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from slack_sdk.models.blocks import Block as SdkBlock
from slack_sdk.models.views import View

from bot.adapters.slack import limits
from bot.adapters.slack.elements import action_name, actions
from bot.adapters.slack.incident import details_message, root_message, whole_message
from bot.adapters.slack.limits import Block, Message, fitted, problems, weight
from bot.adapters.slack.note import note_message
from bot.adapters.slack.plan import CHOOSE, message_view, plan_view, reading_view
from bot.adapters.slack.status import status_message
from bot.core.cards import Button, IncidentCard, Note, PlanCard, Quote, StatusCard, Tone, Verdict, phrase
from tests.adapters.slack.cards import HOSTILE_WORDS, NOW, PLAIN, buttons, cards, notes, plans, statuses

OURS = re.compile(
    r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[0-9: -]+ UTC>|<https?://[^<>|\s]+\|[^<>|]+>", re.IGNORECASE
)
# no deadline: what is tested is Slack's limits, and the machine may be busy
thorough = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def texts(blocks: Sequence[Block], kind: str) -> list[str]:
    """Every text of one kind (mrkdwn, plain_text, text) anywhere in the blocks."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if value.get("type") == kind and isinstance(value.get("text"), str):
                found.append(value["text"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner)

    walk(list(blocks))
    return found


def everything(message: Message) -> str:
    return json.dumps([message.text, list(message.blocks)], ensure_ascii=False)


def assert_taken(message: Message) -> None:
    """Slack would take it: by our limits, by the SDK's own validation, and as UTF-8; and nothing in it pings."""
    assert problems(message.blocks) == []
    assert 1 <= len(message.text) <= limits.FALLBACK_TEXT
    for block in SdkBlock.parse_all(list(message.blocks)):
        block.to_dict()
    for said in (message.text, *texts(message.blocks, "mrkdwn")):
        assert "<" not in OURS.sub("", said)
    everything(message).encode("utf-8")


def test_root_message_is_short_and_says_what_why_and_what_to_do() -> None:
    message = root_message(PLAIN)
    assert [block["type"] for block in message.blocks] == [
        "header",
        "context",
        "section",
        "context",
        "rich_text",
        "context",
        "actions",
    ]
    assert message.blocks[0]["text"]["text"] == (
        "🟠 HIGH · ConfigMap/grafana-dashboards is defined by two Applications"
    )
    standing = message.blocks[1]["elements"][0]["text"]
    assert standing.startswith("*Open* · `argocd/grafana-prod`, `argocd/monitoring-secrets-prod` · cluster `default`")
    assert "reported 14 times" in standing
    assert message.blocks[2]["text"]["text"].startswith("*Cause, confirmed:* `argocd/grafana-prod` and")
    assert "part of applications" in texts(message.blocks, "text")[0]
    assert "1 other symptom" in message.blocks[5]["elements"][0]["text"]
    assert [(item["action_id"], item["text"]["text"], item.get("style")) for item in message.blocks[6]["elements"]] == [
        ("plan", "Sync grafana-prod", "primary"),
        ("plan#2", "Roll back", "danger"),
    ]
    assert "each sync overwrites the other" in message.text


@pytest.mark.parametrize(
    ("changes", "headline", "standing"),
    [
        pytest.param(
            {"state": "resolved", "resolved_at": NOW + timedelta(hours=1, minutes=5)},
            "✅ RESOLVED ·",
            "after 1 h 5 min",
            id="resolved",
        ),
        pytest.param(
            {"state": "merged", "explained_by": "https://x.slack.com/p1"}, "EXPLAINED ·", "was high", id="merged"
        ),
        pytest.param({"returned": 1}, "HIGH ·", "came back", id="returned"),
        pytest.param({"severity": "low"}, "LOW ·", "*Open*", id="low"),
        pytest.param({"severity": "odd"}, "ODD ·", "*Open*", id="unheard-of-severity"),
        pytest.param({"apps": tuple(f"argocd/a{n}" for n in range(9))}, "HIGH ·", "5 more", id="many-apps"),
        pytest.param({"apps": ()}, "HIGH ·", "*Open* · cluster", id="no-apps"),
    ],
)
def test_states_are_told_in_words(changes: dict[str, Any], headline: str, standing: str) -> None:
    message = root_message(dataclasses.replace(PLAIN, **changes))
    assert headline in message.blocks[0]["text"]["text"]
    assert standing in message.blocks[1]["elements"][0]["text"]
    assert_taken(message)


def test_a_merged_incident_links_to_the_one_that_explains_it() -> None:
    message = root_message(dataclasses.replace(PLAIN, state="merged", explained_by="https://x.slack.com/p1"))
    assert "<https://x.slack.com/p1|another incident>" in everything(message)
    assert "part of applications" not in "".join(texts(message.blocks, "text"))


@pytest.mark.parametrize(
    ("verdict", "label"),
    [
        (Verdict.CONFIRMED, "Cause, confirmed"),
        (Verdict.LIKELY, "Cause, likely"),
        (Verdict.RULED_OUT, "Ruled out"),
        (Verdict.UNKNOWN, "Cause not known"),
    ],
)
def test_how_sure_it_is_stands_beside_the_cause(verdict: Verdict, label: str) -> None:
    card = dataclasses.replace(PLAIN, verdict=verdict)
    for message in (root_message(card), details_message(card), whole_message(card)):
        assert label in everything(message)
        assert label in message.text


def test_details_hold_everything_else() -> None:
    message = details_message(PLAIN)
    shown = everything(message)
    for part in (
        "Fix 1, recommended",
        "Fix 2",
        "Impact",
        "Risk of the fix",
        "Ruled out",
        "did not answer within 5 s",
        "Similar",
        "Open in Argo CD",
    ):
        assert part in shown
    quoted = texts(message.blocks, "text")
    assert "argocd app get grafana-prod" in quoted
    assert quoted[-1].splitlines() == [
        "ConfigMap/grafana-dashboards is defined by two Applications",
        "        ↓",
        "argocd/grafana-prod is out of sync  (since 12:00 UTC)",
    ]
    assert not [block for block in message.blocks if block["type"] == "actions"]


def test_words_of_a_cluster_are_quoted_exactly() -> None:
    words = "`x` <!channel> & *y* <@U1>"
    message = root_message(dataclasses.replace(PLAIN, proof=(Quote(label="said", text=words),)))
    assert texts(message.blocks, "text") == [words]


def test_what_is_left_out_is_said() -> None:
    proof = tuple(Quote(label=f"source {number}", text="word " * 1000) for number in range(40))
    message = details_message(dataclasses.replace(PLAIN, proof=proof))
    assert_taken(message)
    assert re.search(r"… \d+ parts of this message were left out", everything(message))


def test_buttons_that_slack_refuses_are_named_and_not_drawn() -> None:
    blocks = actions(
        [
            Button(action="plan", label="Good", value="1"),
            Button(action="plan", label="Too long", value="v" * 2001),
            Button(action="plan", label="  ", value="1"),
        ]
    )
    assert [element["text"]["text"] for element in blocks[0]["elements"]] == ["Good"]
    assert "Too long, a button without a label" in blocks[1]["elements"][0]["text"]


def test_no_buttons_no_block() -> None:
    assert actions([]) == ()


def test_an_action_is_known_by_its_name_however_often_it_is_drawn() -> None:
    assert [action_name(name) for name in ("plan", "plan#2", "refresh#13")] == ["plan", "plan", "refresh"]


def test_a_note() -> None:
    note = Note(
        headline=phrase("**Rolled back** `{{app}}`", app="argocd/x"),
        lines=(phrase("Healthy since {{at}}", at="12:00"), phrase("Auto-sync stays paused")),
        quotes=(Quote(label="Argo CD", text="successfully synced", at=NOW),),
        buttons=(Button(action="restore", label="Restore auto-sync", value="x"),),
        tone=Tone.DANGER,
    )
    message = note_message(note)
    assert message.text == "⚠️ Rolled back argocd/x · Healthy since 12:00 · Auto-sync stays paused"
    assert [block["type"] for block in message.blocks] == ["section", "section", "context", "rich_text", "actions"]
    assert message.blocks[1]["text"]["text"] == "Healthy since 12:00\nAuto-sync stays paused"


def test_status_says_first_what_is_not_seen() -> None:
    message = status_message(
        StatusCard(
            headline=phrase("2 open incidents"),
            lines=(phrase("**HIGH** `a`"), phrase("**LOW** `b`")),
            troubles=(phrase("Argo CD does not answer"),),
        )
    )
    assert [block["type"] for block in message.blocks] == ["header", "section", "section"]
    assert "Not seen right now" in message.blocks[1]["text"]["text"]
    assert_taken(message)


PLAN = PlanCard(
    title="Roll back",
    will=(phrase("Deploy `{{revision}}`", revision="1234567"),),
    will_not=(phrase("Run hooks"),),
    warnings=(phrase("Auto-sync stays paused"),),
    commands=(phrase("argocd app rollback {{app}} {{id}}", app="grafana-prod", id=7),),
    confirm="Roll back",
    value="rollback:7",
    tone=Tone.DANGER,
    choices=(("7", "#7 · 1234567 · alice"), ("6", "#6 · 7654321 · bob")),
    chosen="7",
)


def test_a_plan_as_a_modal() -> None:
    view = plan_view(PLAN)
    assert view["submit"]["text"] == "Roll back"
    assert view["private_metadata"] == "rollback:7"
    assert view["title"]["text"] == "Roll back"
    (choose,) = [block["accessory"] for block in view["blocks"] if "accessory" in block]
    assert choose["action_id"] == CHOOSE
    assert choose["initial_option"]["value"] == "7"
    shown = json.dumps(view)
    for part in (
        "This will",
        "This will not",
        "Know before",
        "argocd app rollback grafana-prod 7",
        "changes what runs",
    ):
        assert part in shown
    View(**view).to_dict()


def test_a_refused_plan_cannot_be_confirmed_and_says_the_way_that_works() -> None:
    view = plan_view(dataclasses.replace(PLAN, refusal=phrase("A sync window is closed; revert the commit instead")))
    assert "submit" not in view
    assert "revert the commit instead" in json.dumps(view)


def test_what_became_of_a_plan_takes_its_place() -> None:
    view = plan_view(dataclasses.replace(PLAN, outcome=phrase("`{{app}}`: done", app="shop")))
    assert texts(view["blocks"], "mrkdwn") == ["`shop`: done"]
    assert not {"submit", "private_metadata"} & view.keys()


@pytest.mark.parametrize("value", [pytest.param("v" * 3001, id="too-long"), pytest.param("\ud800", id="no-utf-8")])
def test_a_plan_that_cannot_be_carried_cannot_be_confirmed(value: str) -> None:
    view = plan_view(dataclasses.replace(PLAN, value=value))
    assert "submit" not in view
    assert "private_metadata" not in view


def test_targets_slack_cannot_list_are_counted() -> None:
    view = plan_view(dataclasses.replace(PLAN, choices=(("v" * 151, "long"), ("1", "one"))))
    assert "1 targets are not listed" in json.dumps(view)


def check_view(view: Block) -> None:
    assert problems(view["blocks"], most=limits.MODAL_BLOCKS, budget=50_000) == []
    assert len(view.get("private_metadata", "")) <= limits.MODAL_METADATA
    View(**view).to_dict()
    json.dumps(view, ensure_ascii=False).encode("utf-8")
    for said in texts(view["blocks"], "mrkdwn"):
        assert "<" not in OURS.sub("", said)


@pytest.mark.parametrize("title", HOSTILE_WORDS)
def test_modals_that_only_tell(title: str) -> None:
    check_view(reading_view(title))
    check_view(message_view(title, title))


@thorough
@given(cards)
def test_any_incident_is_taken(card: IncidentCard) -> None:
    for render in (root_message, details_message, whole_message):
        assert_taken(render(card))


@thorough
@given(notes)
def test_any_note_is_taken(note: Note) -> None:
    assert_taken(note_message(note))


@thorough
@given(statuses)
def test_any_status_is_taken(status: StatusCard) -> None:
    assert_taken(status_message(status))


@thorough
@given(plans)
def test_any_plan_is_taken(plan: PlanCard) -> None:
    view = plan_view(plan)
    check_view(view)
    if "submit" in view:
        assert (plan.refusal, plan.outcome) == (None, None)
        assert view["private_metadata"] == plan.value


@given(buttons)
def test_a_button_keeps_its_value_or_is_not_drawn(button: Button) -> None:
    for block in actions([button]):
        for element in block["elements"] if block["type"] == "actions" else ():
            assert element["value"] == button.value
            assert element["text"]["text"].strip()


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        pytest.param({"type": "section", "text": {"text": "x" * 3001}}, "text of 3001", id="long-section"),
        pytest.param({"type": "header", "text": {"text": " "}}, "header is empty", id="empty-header"),
        pytest.param({"type": "actions", "elements": []}, "0 elements", id="no-buttons"),
        pytest.param({"type": "video"}, "unexpected type", id="unknown-type"),
    ],
)
def test_the_check_finds_what_slack_refuses(block: Block, problem: str) -> None:
    assert problem in problems([block])[0]


def test_the_check_finds_too_many_and_too_much() -> None:
    small: Callable[[str], Block] = lambda text: {"type": "section", "text": {"text": text}}  # noqa: E731 a one-off
    assert "51 blocks" in problems([small("x")] * 51)[0]
    assert "bytes in all" in problems([small("x" * 2900)] * 5)[0]


def test_the_body_is_cut_and_head_and_tail_stay() -> None:
    def part(text: str) -> Block:
        return {"type": "section", "text": {"type": "mrkdwn", "text": text}}

    blocks = fitted(head=[part("head")], body=[part("x" * 2900)] * 9, tail=[part("tail")])
    assert weight(blocks) <= limits.MESSAGE_BYTES
    assert blocks[0] == part("head")
    assert blocks[-1] == part("tail")
    assert "5 parts of this message" in blocks[-2]["elements"][0]["text"]
