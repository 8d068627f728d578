"""A draft begun from a message lints clean and matches that message."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.kb.drafting import BadDraft, draft, rule_for
from bot.kb.lint import lint
from bot.kb.loader import load
from bot.kb.testing import try_examples


def put(root: Path, text: str) -> Path:
    path = root / "secrets" / "new-one.md"
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    return root


def test_names_addresses_and_numbers_become_captures() -> None:
    message = 'fetching secret "prod/db" and secret "x" from https://vault.example.com:8200: sealed (code 503)'
    pattern, captures = rule_for(message)
    assert captures == {
        "secret": "prod/db",
        "secret_2": "x",
        "url": "https://vault.example.com:8200",
        "number": "503",
    }
    assert pattern.startswith('fetching secret "(?P<secret>[^"]+)" and secret "(?P<secret_2>[^"]+)" from (?P<url>')


@pytest.mark.parametrize(
    "message",
    [
        'rpc error: code = Unknown desc = fetching secret "prod/db" from Vault failed: sealed (code 503)',
        "first line of an error\nsecond line",
        "it's a 'quoted' thing: {{braces}} and [brackets] (and more) $5 \\d 100% # - : ! ü “odd”",
        "token: ghp_abcdefghijklmnopqrstuvwxyz0123456789 was refused by the server",
        "the message goes on " * 200,
    ],
    ids=["wrapped", "two lines", "special characters", "with a secret", "long"],
)
def test_a_draft_is_accepted_as_it_is(tmp_path: Path, message: str) -> None:
    text = draft("new-one", area="secrets", message=message)
    assert "ghp_" not in text
    knowledge = load([put(tmp_path, text)])
    assert [str(issue) for issue in lint(knowledge, today=date(2026, 1, 1))] == []
    assert [str(issue) for issue in try_examples(knowledge).issues] == []


@pytest.mark.parametrize(
    ("entry", "area", "message", "says"),
    [
        ("New One", "secrets", "a message that is long", "kebab-case"),
        ("new-one", "../etc", "a message that is long", "isn't an area"),
        ("new-one", "secrets", "  ", "empty"),
        ("new-one", "secrets", '"a" 12', "fixed characters"),
    ],
)
def test_refused_with_a_reason(entry: str, area: str, message: str, says: str) -> None:
    with pytest.raises(BadDraft, match=says):
        draft(entry, area=area, message=message)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=120))
def test_any_message_is_drafted_or_refused(tmp_path: Path, message: str) -> None:
    try:
        text = draft("new-one", area="secrets", message=message)
    except BadDraft:
        return
    knowledge = load([put(tmp_path, text)])
    assert knowledge.issues == ()
    assert try_examples(knowledge).issues == []
