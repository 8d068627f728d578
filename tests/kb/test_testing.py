"""`kb test`: who wins each example in the whole base, and which rules nothing needs."""

from pathlib import Path
from typing import Any

import pytest

from bot.kb.issues import Issue
from bot.kb.loader import load
from bot.kb.testing import Tried, try_examples
from tests.kb.bases import event, front, other, pasted, write

QUOTA = other("quota-exceeded", "exceeded quota: compute", "exceeded quota: compute")


def tried(root: Path) -> Tried:
    return try_examples(load([root]))


def checks(issues: list[Issue]) -> list[str]:
    return sorted(issue.check for issue in issues)


def test_a_good_base_has_no_findings(tmp_path: Path) -> None:
    result = tried(write(tmp_path, front(), QUOTA))
    assert (result.count, result.issues) == (6, [])


def test_a_greedy_entry_fails_by_name(tmp_path: Path) -> None:
    greedy = other("greedy", "exceeded quota: compute|from Vault: it is sealed", "exceeded quota: compute, greedily")
    greedy["yields_to"] = []
    loser = QUOTA | {"yields_to": ["greedy"]}
    issues = tried(write(tmp_path, front(), loser, greedy)).issues
    (named,) = [issue for issue in issues if issue.check == "greedy"]
    assert named.path.name == "greedy.md"
    assert "greedy is greedy: it claims quota-exceeded's examples.match[0]" in named.message
    lost = [issue for issue in issues if issue.check == "example"]
    assert {issue.path.name for issue in lost} == {"quota-exceeded.md"}
    assert "won by greedy" in lost[0].message


@pytest.mark.parametrize(
    ("examples", "check", "says"),
    [
        pytest.param(
            {"match": [{"signal": event("Vault is sealed, code 503", "UpdateFailed"), "captures": {"secret": "x"}}]},
            "captures",
            "secret='a secret', not 'x'",
            id="other captures",
        ),
        pytest.param(
            {"match": [{"signal": event("Vault is sealed, code 503", "Another")}]},
            "example",
            "unknown",
            id="filtered out",
        ),
        pytest.param(
            {"no_match": [{"belongs": "unknown", "signal": pasted("exceeded quota: compute")}]},
            "negative",
            "belongs to unknown, but is won by quota-exceeded",
            id="unknown stays unknown",
        ),
        pytest.param(
            {"no_match": [{"belongs": "quota-exceeded", "signal": pasted("no quota")}]},
            "negative",
            "belongs to quota-exceeded, but is unknown",
            id="nobody there",
        ),
        pytest.param(
            {"no_match": [{"belongs": "unknown", "signal": pasted("all is well")}]},
            "negative",
            "noise (calm)",
            id="a failure isn't noise",
        ),
    ],
)
def test_wrong_examples_are_told(tmp_path: Path, examples: dict[str, Any], check: str, says: str) -> None:
    (tmp_path / "noise.yaml").write_text(
        "noise: [{id: calm, message: 'all is well', examples: [{source: cli, message: 'all is well'}]}]"
    )
    good = front()["examples"]
    changed = front(examples={key: [*good[key], *examples.get(key, [])] for key in good})
    issues = [issue for issue in tried(write(tmp_path, changed, QUOTA)).issues if issue.check != "greedy"]
    assert checks(issues) == [check]
    assert says in issues[0].message
    assert issues[0].fix


def test_no_failure_may_be_noise_or_unknown_but_nobodys(tmp_path: Path) -> None:
    (tmp_path / "noise.yaml").write_text(
        "noise: [{id: calm, message: 'all is well', examples: [{source: cli, message: 'all is well'}]}]"
    )
    good = front()["examples"]
    negatives = [{"belongs": "none", "signal": pasted(text)} for text in ("all is well", "nothing known")]
    assert tried(write(tmp_path, front(examples=good | {"no_match": negatives}))).issues == []


def test_a_tie_is_told_unless_one_yields(tmp_path: Path) -> None:
    first = other("first", "alpha beta gamma", "alpha beta gamma")
    second = other("second", "alpha beta gamm[a]", "alpha beta gamma!", yields_to=["first"])
    second["examples"]["match"] = [{"signal": pasted("alpha beta gamma")}]
    assert "tie" not in checks(tried(write(tmp_path, first, second)).issues)
    assert "tie" in checks(tried(write(tmp_path, first, second | {"yields_to": []})).issues)


def test_rules_that_no_example_needs(tmp_path: Path) -> None:
    match = front()["match"]
    unneeded = front(
        match={
            "any": [*match["any"], {"message": "Vault is sealed for good"}],
            "none": [{"message": "seal of approval"}, {"message": "Vault is sealed, says the test"}],
        }
    )
    unneeded["examples"]["no_match"].append(
        {"belongs": "unknown", "signal": event("Vault is sealed, says the test, Vault is sealed, code 503")}
    )
    unneeded["examples"]["no_match"][-1]["signal"]["reason"] = "UpdateFailed"
    issues = tried(write(tmp_path, unneeded)).issues
    assert [(issue.severity, issue.message) for issue in issues] == [
        ("error", "no example needs match.any[2]"),
        ("warning", "no example needs match.none[0]"),
    ]


def test_drafts_name_the_stable_entry_that_wins(tmp_path: Path) -> None:
    draft = other("draft-quota", "exceeded quota", "exceeded quota: compute", status="draft")
    issues = tried(write(tmp_path, QUOTA, draft)).issues
    assert "is won by quota-exceeded" in issues[0].message
    assert tried(write(tmp_path, QUOTA, draft | {"overlaps": ["quota-exceeded"]})).issues == []


def test_noise_that_is_claimed_is_told(tmp_path: Path) -> None:
    (tmp_path / "noise.yaml").write_text(
        "noise: [{id: calm, message: 'exceeded quota', examples: [{source: cli, message: 'exceeded quota: compute'}]}]"
    )
    (issue,) = tried(write(tmp_path, QUOTA)).issues
    assert (issue.check, issue.path.name, issue.line) == ("noise", "noise.yaml", 1)
    assert "won by quota-exceeded" in issue.message
