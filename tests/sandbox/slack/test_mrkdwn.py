"""Mrkdwn as HTML: what Slack would show, and nothing a message could smuggle in."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.mrkdwn import pings, unescaped
from bot.sandbox.slack.page.dates import formatted_date
from bot.sandbox.slack.page.mrkdwn import Html

HTML = Html(Directory(), zone=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("*bold* _slanted_ ~gone~", "<strong>bold</strong> <em>slanted</em> <s>gone</s>", id="styles"),
        pytest.param("snake_case_name 2*3*4 a~b~c", "snake_case_name 2*3*4 a~b~c", id="not styles"),
        pytest.param("`*raw*`", "<code>*raw*</code>", id="code"),
        pytest.param("```\na\n  b\n```", "<pre>a\n  b</pre>", id="fence"),
        pytest.param("a\n&gt; b\n&gt; c\nd", "a<blockquote>b<br>c</blockquote>d", id="quote"),
        pytest.param("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;", id="escaped once"),
        pytest.param("<b>", "&lt;b&gt;", id="no tag of ours"),
        pytest.param("<@U0ONCALL>", '<span class="mention">@Alice Moreau</span>', id="person"),
        pytest.param("<#C0INCIDENTS>", '<span class="mention">#incidents</span>', id="channel"),
        pytest.param("<@U0WHO|who>", '<span class="mention">@who</span>', id="a stranger"),
        pytest.param("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;", id="another scheme"),
        pytest.param(":nothing: 10:30:00", ":nothing: 10:30:00", id="no emoji"),
    ],
)
def test_it_reads_as_in_slack(text: str, shown: str) -> None:
    assert HTML.mrkdwn(text) == shown


def test_a_link_leads_out_in_a_window_of_its_own() -> None:
    shown = HTML.mrkdwn('<https://x.example/?a=1&amp;b="|see>')
    assert 'href="https://x.example/?a=1&amp;b=&#34;"' in shown
    assert 'rel="noopener noreferrer"' in shown


def test_bare_addresses_are_links_unless_the_text_is_verbatim() -> None:
    text = "see https://x.example/a."
    assert "<a href" in HTML.mrkdwn(text)
    assert HTML.mrkdwn(text, verbatim=True) == text


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{date_num} {time_secs}", "2023-11-14 22:13:20"),
        ("{date}", "November 14th, 2023"),
        ("{date_short} at {time}", "Nov 14, 2023 at 22:13"),
        ("{date_long}", "Tuesday, November 14th, 2023"),
        ("{date_short_pretty}", "Nov 14, 2023"),
        ("{nonsense}", "{nonsense}"),
    ],
)
def test_a_date_is_shown_in_the_readers_zone(template: str, shown: str) -> None:
    assert formatted_date("1700000000", template, UTC) == shown


def test_today_is_called_today() -> None:
    now = int(datetime.now(UTC).timestamp())
    assert formatted_date(f"{now}", "{date_pretty}", UTC) == "Today"
    assert formatted_date(f"{now}", "at {date_pretty}", UTC) == "at today"


def test_a_broken_date_is_shown_by_its_fallback() -> None:
    assert HTML.mrkdwn("<!date^soon^{date}|some day>") == "some day"


@given(st.text(alphabet="ab *_~`<>&;:|!@#^/.\"'\n" + "\u2028\U0001f534", max_size=80))
def test_no_text_brings_markup_of_its_own(text: str) -> None:
    shown = HTML.mrkdwn(text)
    tags = set(re.findall(r"</?([a-zA-Z!][\w-]*)", shown))
    assert tags <= {"strong", "em", "s", "code", "pre", "blockquote", "br", "span", "a", "time"}
    assert re.findall(r"<(?![/a-z])", shown) == []


@given(st.text(max_size=60))
def test_escaped_text_rings_nobody_and_is_read_as_it_was(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert pings({"text": escaped}) == []
    assert unescaped(escaped) == text


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    [" _a" * 13_000, "*a " * 13_000, "`" * 40_000, "<" * 40_000, " _*~" * 10_000],
    ids=lambda text: repr(text[:3]),
)
def test_a_long_hostile_text_is_shown_before_anyone_grows_tired(text: str) -> None:
    assert len(HTML.mrkdwn(text)) >= len(text) // 2
