"""Untrusted text stays text, wherever a template puts it."""

import re

import pytest
from hypothesis import given

from bot.adapters.slack.mrkdwn import cut, cut_middle, escape_cut, link, size, to_mrkdwn, to_plain
from bot.core.cards import Phrase, phrase
from bot.core.visible import clean
from tests.adapters.slack.cards import hostile_text, phrases

LINK_WE_MAKE = re.compile(r"<https?://[^<>|\s]+\|[^<>|]+>", re.IGNORECASE)


@pytest.mark.parametrize(
    ("given_phrase", "expected"),
    [
        pytest.param(phrase("**{{a}}** is `{{b}}`", a="x", b="y"), "*x* is `y`", id="bold-and-code"),
        pytest.param(phrase("see {{a}}", a="<!channel>"), "see &lt;!channel&gt;", id="mention-of-all"),
        pytest.param(phrase("`{{a}}`", a="<@U1>"), "`&lt;@U1&gt;`", id="mention-in-code"),
        pytest.param(phrase("`{{a}}`", a="a`b"), "`aˋb`", id="backtick-in-code"),  # noqa: RUF001 look-alike is meant
        pytest.param(phrase("`{{a}}` x", a="one\ntwo"), "`one two` x", id="newline-in-code"),
        pytest.param(phrase("{{a}}", a="*b* _c_ a_b ~d~"), "∗b∗ ＿c＿ a_b ∼d∼", id="formatting"),  # noqa: RUF001 look-alikes are meant
        pytest.param(phrase("{{a}}", a=":fire: a:b"), "꞉fire: a:b", id="emoji"),  # noqa: RUF001 look-alike is meant
        pytest.param(
            phrase("[docs]({{u}})", u="https://x.example/a?b=1&c=<2>"),
            "<https://x.example/a?b=1&amp;c=%3C2%3E|docs>",
            id="link",
        ),
        pytest.param(phrase("[{{a}}]({{u}})", a="here", u="javascript:alert(1)"), "here", id="no-web-address"),
        pytest.param(phrase("a < b & `c > d`"), "a &lt; b &amp; `c &gt; d`", id="template-text-is-escaped-too"),
        pytest.param(phrase("- one\n- two"), "• one\n• two", id="list"),
        pytest.param(phrase("`{{a}}` and `{{missing}}`", a=""), " and `{{missing}}`", id="empty-and-missing"),
        pytest.param(phrase("{{a}}", a="{{b}}", b="no"), "{{b}}", id="values-are-not-templates"),
    ],
)
def test_a_phrase_in_slack_syntax(given_phrase: Phrase, expected: str) -> None:
    assert to_mrkdwn(given_phrase) == expected


def test_a_phrase_without_syntax() -> None:
    said = phrase("**Cause:** `{{a}}` [docs](https://x.example)", a="<!channel>\x00")
    assert to_plain(said) == "Cause: <!channel>\\x00 docs"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("a\x00b", "a\\x00b", id="nul"),
        pytest.param("\x1b[1;31mred\x1b[0m", "red", id="terminal-colours"),
        pytest.param("\u202eevil", "\\u{202e}evil", id="bidi-override"),
        pytest.param("\ud800", "\N{REPLACEMENT CHARACTER}", id="lone-surrogate"),
        pytest.param("a\r\nb\u2028c\td", "a\nb\nc\td", id="line-ends"),
        pytest.param("a\u00a0b", "a b", id="other-blanks"),
    ],
)
def test_nothing_invisible_is_left(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_a_long_text_keeps_its_last_words() -> None:
    shown = cut_middle("start " + "x" * 5000 + " the cause", 200)
    assert size(shown) <= 200
    assert shown.startswith("start ")
    assert shown.endswith("the cause")
    assert "5,016 characters" in shown


@given(phrases)
def test_no_phrase_can_ping_link_or_break_its_place(said: Phrase) -> None:
    shown = to_mrkdwn(said)
    assert size(shown) <= 3000
    assert "<" not in LINK_WE_MAKE.sub("", shown)
    assert not any("\ud800" <= char <= "\udfff" or char in "\x00\u202e" for char in shown)
    shown.encode("utf-8")


@given(hostile_text)
def test_a_value_cannot_leave_its_code_span(value: str) -> None:
    shown = to_mrkdwn(phrase("`{{a}}`|after", a=value))
    assert shown.count("`") in (0, 2)
    assert shown.endswith("|after")
    assert "\n" not in shown


@given(hostile_text, hostile_text)
def test_a_link_goes_to_the_web_or_is_no_link(url: str, label: str) -> None:
    shown = link(url, label)
    assert "<" not in LINK_WE_MAKE.sub("", shown)


@given(hostile_text)
def test_cuts_keep_their_limit(text: str) -> None:
    for limit in (1, 2, 60, 3000):
        assert size(cut(text, limit)) <= limit
        assert size(cut_middle(text, limit)) <= limit
        assert size(escape_cut(text, limit)) <= limit
        assert not re.search(r"&[a-z]*$|&[a-z]*…", escape_cut(text, limit))
