"""What Slack refuses in blocks, with the pointer to it; and that what is taken can always be shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.block_kit import check_message_blocks, check_view, input_state, with_defaults
from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.page.rendering import environment

Json = dict[str, Any]


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def button(**more: object) -> Json:
    return {"type": "button", "action_id": "go", "text": plain(), **more}


def actions(*elements: Json, **more: object) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def options(count: int) -> list[Json]:
    return [{"text": plain(), "value": f"{number}"} for number in range(count)]


def rich(part: object) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [part]}]}


@pytest.mark.parametrize(
    ("block", "pointer"),
    [
        pytest.param({"type": "carousel"}, "/blocks/0/type", id="unknown block"),
        pytest.param({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text", id="header too long"),
        pytest.param(
            {"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "/blocks/0/text/type", id="header in mrkdwn"
        ),
        pytest.param({"type": "section"}, "/blocks/0", id="empty section"),
        pytest.param({"type": "section", "text": plain("")}, "/blocks/0/text/text", id="empty text"),
        pytest.param({"type": "section", "text": plain("x" * 3001)}, "/blocks/0/text/text", id="section too long"),
        pytest.param({"type": "section", "fields": [plain()] * 11}, "/blocks/0/fields", id="too many fields"),
        pytest.param({"type": "section", "text": plain(), "colour": "red"}, "/blocks/0", id="unknown property"),
        pytest.param({"type": "context", "elements": [plain()] * 11}, "/blocks/0/elements", id="context too long"),
        pytest.param(actions(), "/blocks/0/elements", id="no buttons"),
        pytest.param(actions(button(text=plain("x" * 76))), "/blocks/0/elements/0/text/text", id="long label"),
        pytest.param(actions(button(value="x" * 2001)), "/blocks/0/elements/0/value", id="long value"),
        pytest.param(actions(button(style="loud")), "/blocks/0/elements/0/style", id="unknown style"),
        pytest.param(actions(button(style=["primary"])), "/blocks/0/elements/0/style", id="style is a list"),
        pytest.param(actions(button(), button()), "/blocks/0/elements/1/action_id", id="action id twice"),
        pytest.param(
            actions({"type": "static_select", "options": options(101)}), "/blocks/0/elements/0/options", id="choices"
        ),
        pytest.param(
            actions({"type": "overflow", "options": options(6)}), "/blocks/0/elements/0/options", id="overflow"
        ),
        pytest.param(actions(button(confirm={"title": plain()})), "/blocks/0/elements/0/confirm", id="half a confirm"),
        pytest.param(rich({"type": "text", "text": 1}), "/blocks/0/elements/0/elements/0/text", id="rich text"),
        pytest.param(
            rich({"type": "text", "text": "x", "style": "bold"}),
            "/blocks/0/elements/0/elements/0/style",
            id="rich style is a word",
        ),
        pytest.param(
            rich({"type": "date", "timestamp": "now", "format": "{date}"}),
            "/blocks/0/elements/0/elements/0/timestamp",
            id="date is a word",
        ),
    ],
)
def test_a_wrong_block_is_refused_where_it_is_wrong(block: Json, pointer: str) -> None:
    with pytest.raises(SlackError) as refusal:
        check_message_blocks([block])
    answer = refusal.value.to_json()
    assert answer["error"] == "invalid_blocks"
    assert f"[json-pointer:{pointer}]" in answer["errors"][0]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {text}" for text in answer["errors"]]


def test_a_block_id_stands_once() -> None:
    with pytest.raises(SlackError) as refusal:
        check_message_blocks([{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}])
    assert refusal.value.problems[0].pointer == "/blocks/1/block_id"


@pytest.mark.parametrize(
    ("view", "error"),
    [
        pytest.param([], "invalid_arguments", id="no object"),
        pytest.param({"type": "modal", "title": plain("x" * 25), "blocks": []}, "invalid_arguments", id="long title"),
        pytest.param({"type": "home", "title": plain(), "blocks": []}, "invalid_arguments", id="no modal"),
        pytest.param(
            {"type": "modal", "title": plain(), "blocks": [{"type": "divider"}] * 101}, "invalid_arguments", id="blocks"
        ),
        pytest.param(
            {
                "type": "modal",
                "title": plain(),
                "blocks": [{"type": "input", "label": plain(), "element": {"type": "plain_text_input"}}],
            },
            "invalid_arguments",
            id="input without submit",
        ),
        pytest.param(
            {"type": "modal", "title": plain(), "blocks": [], "private_metadata": "x" * 3001},
            "invalid_arguments",
            id="long metadata",
        ),
        pytest.param(
            {"type": "modal", "title": plain(), "blocks": [], "note": {"text": "x" * 250_001}},
            "view_too_large",
            id="too large",
        ),
    ],
)
def test_a_wrong_modal_is_refused(view: object, error: str) -> None:
    with pytest.raises(SlackError) as refusal:
        check_view(view)
    assert refusal.value.error == error


def test_ids_nobody_gave_are_filled_in() -> None:
    block = with_defaults([actions({"type": "button", "text": plain()})])[0]
    assert block["block_id"]
    assert block["elements"][0]["action_id"]


# --- anything at all -------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["x", "<!channel>", "<@U0ONCALL>", "```a```", "*b*", "<script>alert(1)</script>", "javascript:alert(1)", "\x00"]
) | st.text(min_size=1, max_size=20)
TYPES = st.sampled_from(
    (
        "header", "section", "context", "divider", "actions", "image", "rich_text", "input", "markdown", "plain_text",
        "mrkdwn", "button", "static_select", "multi_static_select", "overflow", "checkboxes", "radio_buttons",
        "plain_text_input", "rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote", "text",
        "link", "user", "usergroup", "channel", "emoji", "broadcast", "date", "color",
    )
)  # fmt: skip
NAMES = st.sampled_from(
    (
        "text", "elements", "fields", "accessory", "label", "element", "title", "image_url", "alt_text", "action_id",
        "block_id", "value", "style", "confirm", "deny", "options", "placeholder", "initial_option", "initial_options",
        "description", "optional", "hint", "dispatch_action", "url", "user_id", "name", "range", "timestamp", "format",
        "indent", "emoji", "verbatim", "multiline",
    )
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2_000_000_000) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(lambda kind, rest: {"type": kind} | rest, TYPES, st.dictionaries(NAMES, inner, max_size=5))
    ),
    max_leaves=12,
)
TEXT = st.builds(lambda kind, text: {"type": kind, "text": text}, st.sampled_from(["plain_text", "mrkdwn"]), WORDS)
PLAIN = st.builds(lambda text: {"type": "plain_text", "text": text}, WORDS)
OPTION = st.builds(lambda text, value: {"text": text, "value": value}, PLAIN, WORDS)
MORE: st.SearchStrategy[Json] = st.just({}) | st.dictionaries(NAMES, VALUES, max_size=2)
CONFIRM = st.builds(lambda text, more: dict.fromkeys(("title", "text", "confirm", "deny"), text) | more, PLAIN, MORE)
ELEMENTS = st.one_of(
    st.builds(lambda text, more: {"type": "button", "text": text} | more, PLAIN, MORE),
    st.builds(lambda text, confirm: {"type": "button", "text": text, "confirm": confirm}, PLAIN, CONFIRM),
    st.builds(
        lambda kind, given, more: {"type": kind, "options": given} | more,
        st.sampled_from(["static_select", "multi_static_select", "overflow", "checkboxes", "radio_buttons"]),
        st.lists(OPTION, min_size=1, max_size=3),
        MORE,
    ),
    st.builds(lambda more: {"type": "plain_text_input"} | more, MORE),
)
STYLE: st.SearchStrategy[Json] = (
    st.just({}) | st.just({"style": {"bold": True, "code": True}}) | st.builds(lambda style: {"style": style}, VALUES)
)
INLINE = st.one_of(
    st.builds(lambda text, style: {"type": "text", "text": text} | style, WORDS, STYLE),
    st.builds(lambda text, url: {"type": "link", "text": text, "url": url}, WORDS, WORDS),
    st.builds(lambda user: {"type": "user", "user_id": user}, WORDS | VALUES),
    st.builds(lambda at, form: {"type": "date", "timestamp": at, "format": form}, st.integers() | VALUES, WORDS),
    st.builds(lambda name: {"type": "emoji", "name": name}, WORDS),
    VALUES,
)
BLOCKS = st.one_of(
    VALUES,
    st.builds(lambda text: {"type": "header", "text": text}, PLAIN),
    st.builds(lambda each: {"type": "actions", "elements": each}, st.lists(ELEMENTS, min_size=1, max_size=3)),
    st.builds(lambda text, each: {"type": "section", "text": text, "accessory": each}, TEXT, ELEMENTS),
    st.builds(lambda text, each, more: {"type": "input", "label": text, "element": each} | more, PLAIN, ELEMENTS, MORE),
    st.builds(lambda each: {"type": "context", "elements": each}, st.lists(TEXT | VALUES, min_size=1, max_size=3)),
    st.builds(lambda text: {"type": "markdown", "text": text}, WORDS),
    st.builds(rich, INLINE),
)
MESSAGE = environment(Directory()).from_string(
    """{% import "blocks.html" as kit %}
    {{ kit.blocks(blocks, {"pane": "p", "action": "/a", "state": state, "errors": {}}) }}"""
)


@given(st.lists(BLOCKS, max_size=2))
def test_blocks_are_refused_or_can_be_shown_and_never_bring_markup(blocks: list[Any]) -> None:
    try:
        taken = with_defaults(check_message_blocks(blocks))
    except SlackError:
        return
    shown = MESSAGE.render(blocks=taken, state=input_state(taken, {})).lower()
    assert "<script" not in shown
    assert 'href="javascript' not in shown
