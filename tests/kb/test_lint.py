"""What lint refuses, and that each finding names file, line, check and how to mend it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.core.patterns import compile_pattern
from bot.kb.issues import Issue
from bot.kb.lint import lint
from bot.kb.lint.hostile import worst_milliseconds
from bot.kb.loader import load
from tests.kb.bases import BODY, event, front, other, pasted, write

TODAY = date(2026, 11, 24)
PATTERN = 'fetching secret "(?P<secret>[^"]+)" from Vault: it is sealed'
CONFIRM = {"id": "sealed", "ask": "argocd.auto_sync", "with": {"app": "{{signal.app}}"}, "weight": "confirm"}
SYNC = {
    "id": "sync",
    "verb": "argocd.sync",
    "with": {"app": "{{signal.app}}"},
    "label": "Sync",
    "risk": "medium",
    "validate": {
        "within": "5m",
        "all": [{"ask": "argocd.app_sync", "with": {"app": "{{signal.app}}"}, "expect": {"equals": "Synced"}}],
    },
    "undo": "none",
    "undo_reason": "to the state in Git",
}


def found(root: Path, today: date = TODAY) -> list[Issue]:
    return lint(load([root]), today=today)


def rules(*patterns: str, **more: object) -> dict[str, Any]:
    return {"any": [{"message": PATTERN}, *({"message": pattern} for pattern in patterns)], **more}


def test_a_good_entry_has_no_findings(tmp_path: Path) -> None:
    good = front(evidence=[CONFIRM], actions=[SYNC])
    assert found(write(tmp_path, good)) == []


@pytest.mark.parametrize(
    ("changes", "check", "says"),
    [
        ({"references": []}, "reference", "no reference"),
        ({"references": ["http://example.com"]}, "reference", "isn't https"),
        ({"overlaps": ["other-one"]}, "identity", "overlaps belongs to drafts"),
        ({"match": rules("x{0,3}")}, "pattern", "matches the empty text"),
        ({"match": rules("sealed")}, "pattern", "only 6 fixed characters"),
        ({"match": rules(r"[ab]{1,900}c[de]{1,900}fghijklmn")}, "pattern", "instructions"),
        ({"match": rules(r"a[ab]{200} is sealed")}, "pattern", "hostile"),
        ({"match": rules("a (?P<Big>capital) letter")}, "pattern", "group 'Big'"),
        ({"match": rules(r"ab\dcd\def\dgh\dij")}, "pattern", "no fixed word of 4"),
        ({"title": "Sealed: {{sekret}}"}, "placeholder", "{{sekret}}"),
        ({"captures": {"secret": "signal.colour"}}, "placeholder", "no field signal.colour"),
        ({"captures": None}, "capture", "match.any[1] doesn't capture it"),
        ({"match": rules("sealed since (?P<since>today)")}, "capture", "captures since, which nothing uses"),
        ({"evidence": [CONFIRM | {"ask": "argocd.autosync"}]}, "evidence", "no question argocd.autosync"),
        ({"evidence": [CONFIRM | {"with": {}}]}, "evidence", "needs app"),
        ({"evidence": [CONFIRM | {"with": {"app": "{{app}}", "apps": "x"}}]}, "evidence", "no argument apps"),
        ({"evidence": [CONFIRM | {"with": {"app": ["{{app}}"]}}]}, "evidence", "not a list"),
        ({"evidence": [CONFIRM | {"expect": {"one_of": ["x"]}}]}, "evidence", "one_of can't judge"),
        ({"evidence": [CONFIRM | {"expect": {"equals": "true"}}]}, "evidence", "true or false"),
        ({"evidence": [CONFIRM | {"ask": "argocd.app_health"}]}, "evidence", "needs an expect"),
        ({"evidence": [CONFIRM | {"export": {"x": "colour"}}]}, "evidence", "no field colour"),
        ({"evidence": [CONFIRM | {"when": {"later": "yes"}}]}, "evidence", "when names later"),
        ({"evidence": [CONFIRM, CONFIRM]}, "evidence", "stands twice"),
        (
            {"evidence": [CONFIRM | {"ask": "argocd.app_health", "expect": {"matches": "(?=x)"}}]},
            "pattern",
            "RE2 refuses expect.matches",
        ),
        ({"actions": [SYNC]}, "evidence", "nothing confirms"),
        ({"actions": [SYNC | {"verb": "argocd.delete"}]}, "action", "no verb argocd.delete"),
        ({"actions": [SYNC | {"with": {"app": "{{secret}}"}}]}, "action", "can be forged"),
        ({"actions": [SYNC | {"with": {"app": "{{signal.app}}", "prune": "true"}}]}, "action", "pruning"),
        ({"actions": [SYNC | {"with": {"app": "{{signal.app}}", "prune": "maybe"}}]}, "action", "must be a flag"),
        ({"actions": [{k: v for k, v in SYNC.items() if k != "validate"}]}, "action", "without validate"),
        ({"actions": [{k: v for k, v in SYNC.items() if k != "undo_reason"}]}, "action", "without a way back"),
        ({"fixes": [{"id": "a", "text": "x", "when": {"asked": "yes"}}]}, "evidence", "when names asked"),
        ({"fixes": [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]}, "fix", "stands twice"),
        ({"causes": [{"entry": "absent", "same": ["app"]}]}, "link", "no entry absent"),
        ({"causes": [{"entry": "vault-sealed", "same": ["app"]}]}, "link", "names itself"),
        ({"yields_to": ["vault-seeled"]}, "link", "no entry vault-seeled"),
        (
            {"examples": {"match": [{"signal": pasted(f'{PATTERN[:16]}"x" from Vault: it is sealed')}]}},
            "example",
            "fewer",
        ),
        ({"impact": "Ask hans.meier@bigcompany.de"}, "privacy", "may be a person's address"),
        ({"impact": "Runs on 8.8.4.4."}, "privacy", "public address"),
        ({"impact": "Runs on 2a00:1450:4001:82a:0:0:0:200e."}, "privacy", "public address"),
        ({"impact": "Set password=hunter2hunter2"}, "privacy", "secret"),
        ({"impact": "From 998877665544.dkr.ecr.eu-central-1.amazonaws.com"}, "privacy", "account"),
        ({"impact": "See wiki.bigcompany.corp"}, "privacy", "internal host"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_check_finds_its_fault(tmp_path: Path, changes: dict[str, Any], check: str, says: str) -> None:
    issues = [issue for issue in found(write(tmp_path, front(**changes))) if issue.check == check]
    assert [issue for issue in issues if says in issue.message], [str(issue) for issue in issues]
    for issue in issues:
        assert issue.fix
        assert issue.path.name == "vault-sealed.md"
        assert 1 < issue.line <= len(issue.path.read_text().split("\n"))


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        pytest.param("kubectl create secret --from-literal=password=$PASSWORD", True, id="a variable"),
        pytest.param("Set `token: <token>` in 10.1.2.3 and mail ops@example.com", True, id="stand-ins"),
        pytest.param("Clone git@github.com:org/repo.git from 123456789012.dkr.ecr.x", True, id="git, an example"),
        pytest.param("version 1.2.3.4-beta of 2001:db8:0:0:1:0:0:1", True, id="a version"),
        pytest.param("token: ghp_abcdefghijklmnopqrstuvwxyz0123456789", False, id="a token"),
    ],
)
def test_privacy_knows_stand_ins(tmp_path: Path, text: str, quiet: bool) -> None:
    issues = found(write(tmp_path, front(), body=f"{BODY}\n\n{text}"))
    assert (issues == []) is quiet


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (BODY.replace("## Fix", "## Mend"), "## Fix is missing"),
        (BODY.replace("## Fix\n\nText.", "## Fix\n"), "nothing stands under ## Fix"),
        (BODY + "\n\n## Fix\n\nAgain.", "## Fix stands twice"),
        ("## Danger\n\nFirst.\n\n" + BODY, "out of order"),
        (BODY + "\n\nSee {{sekret}}.", "{{sekret}}"),
    ],
)
def test_the_text_below(tmp_path: Path, body: str, says: str) -> None:
    assert any(says in issue.message for issue in found(write(tmp_path, front(), body=body)))


def test_fenced_headings_are_no_headings(tmp_path: Path) -> None:
    assert found(write(tmp_path, front(), body=BODY + "\n\n```\n## Not a heading\n```")) == []


def test_the_file_is_named_for_the_id_and_stands_in_an_area(tmp_path: Path) -> None:
    write(tmp_path, front())
    (tmp_path / "secrets" / "vault-sealed.md").rename(tmp_path / "sealed.md")
    assert [issue.check for issue in found(tmp_path)] == ["identity", "identity"]


def test_circles_and_mutual_yielding_are_told(tmp_path: Path) -> None:
    first = other("first", "the first of them", "the first of them", causes=[{"entry": "second", "same": ["app"]}])
    second = other("second", "the second of them", "the second of them", causes=[{"entry": "third", "same": ["app"]}])
    third = other(
        "third",
        "the third of them",
        "the third of them",
        causes=[{"entry": "first", "same": ["app"]}],
        yields_to=["first", "retired-one"],
    )
    retired = front(id="retired-one", status="retired", replaced_by="first")
    messages = [
        issue.message for issue in found(write(tmp_path, first | {"yields_to": ["third"]}, second, third, retired))
    ]
    assert "causes run in a circle: first → second → third → first" in messages
    assert "first and third yield to each other" in messages
    assert "yields_to: retired-one is retired" in messages


def test_drafts_are_spared_what_makes_an_entry_complete(tmp_path: Path) -> None:
    draft = front(
        status="draft",
        references=[],
        captures=None,
        examples={"match": [{"signal": pasted('fetching secret "x" from Vault: it is sealed')}]},
    )
    assert found(write(tmp_path, draft, body="")) == []


def test_a_draft_must_match_its_own_message(tmp_path: Path) -> None:
    draft = front(status="draft", examples={"match": [{"signal": event("something else")}]})
    assert [issue.message for issue in found(write(tmp_path, draft))] == ["no rule matches examples.match[0]"]


@pytest.mark.parametrize(
    ("until", "checks"),
    [
        pytest.param("2027-01-31", [], id="accepted"),
        pytest.param("2026-01-31", ["exception", "reference"], id="ran out"),
    ],
)
def test_exceptions_accept_until_their_day(tmp_path: Path, until: str, checks: list[str]) -> None:
    write(tmp_path, front(references=[]))
    (tmp_path / "exceptions.yaml").write_text(
        f"exceptions:\n  - {{entry: vault-sealed, check: reference, reason: none is public, until: {until}}}\n"
    )
    assert [issue.check for issue in found(tmp_path)] == checks


@pytest.mark.parametrize(
    "text",
    [
        "exceptions:\n  - {entry: vault-sealed, check: yaml, reason: x, until: 2030-01-01}\n",
        "exceptions: [{entry: x}]\n",
        "a: [",
    ],
    ids=["nothing accepted", "incomplete", "not YAML"],
)
def test_bad_exceptions_are_told(tmp_path: Path, text: str) -> None:
    write(tmp_path, front())
    (tmp_path / "exceptions.yaml").write_text(text)
    assert found(tmp_path)
    assert all(issue.path.name == "exceptions.yaml" for issue in found(tmp_path))


def test_noise_rules_are_linted(tmp_path: Path) -> None:
    write(tmp_path, front())
    (tmp_path / "noise.yaml").write_text(
        "noise:\n  - id: greedy\n    message: 'ok'\n    none: [{message: 'x?'}]\n"
        "    examples: [{source: cli, message: 'ok'}]\n"
    )
    assert [(issue.line, issue.check) for issue in found(tmp_path)] == [(3, "pattern"), (4, "pattern")]


def test_ordinary_patterns_are_quick_and_clumsy_ones_are_found_out() -> None:
    clumsy = r"a[ab]{200}c"
    plain = r'pods "(?P<pod>\S+)" is forbidden: .+ in the namespace "(?P<namespace>[^"]+)"'
    assert worst_milliseconds(clumsy, compile_pattern(clumsy)) > 10
    assert worst_milliseconds(plain, compile_pattern(plain)) < 10
