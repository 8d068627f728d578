"""Reports become drafts that can be used as they are; what a report lacks is said."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.haystack import text_of
from bot.core.pasted import recognise
from bot.kb.importing import Imported, drafts, read_report
from bot.kb.lint import lint
from bot.kb.loader import Knowledge, load
from bot.kb.testing import try_examples

SIX_FAILURES = (Path(__file__).parent / "reports" / "six-failures.md").read_text(encoding="utf-8")
NO_MANIFEST = "no matching manifest for linux/arm64 in the manifest list entries"
TODAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def base() -> Knowledge:
    return load()


def imported(report: str, base: Knowledge) -> list[Imported]:
    return drafts(read_report(report), base.compile(), taken=base.documents)


def put(root: Path, made: list[Imported]) -> Path:
    (root / "imported").mkdir()
    for item in made:
        if item.text:
            (root / "imported" / f"{item.id}.md").write_text(item.text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def six(base: Knowledge) -> list[Imported]:
    return imported(SIX_FAILURES, base)


def test_each_draft_names_the_entry_that_wins_already(six: list[Imported]) -> None:
    assert [item.overlaps for item in six] == [
        "shared-resource",
        "resource-missing",
        "resource-missing",
        "pod-security-violation",
        "image-platform-mismatch",
        "out-of-sync-cascade",
    ]
    assert [item.missing for item in six] == [(), (), (), (), (), ("the files involved",)]


def test_the_drafts_lint_clean_and_match_their_own_messages(tmp_path: Path, six: list[Imported]) -> None:
    folder = put(tmp_path, six)
    knowledge = load([folder])
    assert len(knowledge.documents) == 6
    assert [str(issue) for issue in lint(knowledge, today=TODAY)] == []
    assert [str(issue) for issue in try_examples(knowledge).issues] == []
    matcher = knowledge.compile()
    for item in six:
        best = recognise(matcher, text_of(item.finding.message))[0].best
        assert best is not None
        assert best.entry.id == item.id


def test_beside_the_shipped_entries_they_claim_nothing(tmp_path: Path, six: list[Imported], base: Knowledge) -> None:
    knowledge = load([*base.paths, put(tmp_path, six)])
    matcher = knowledge.compile()
    for item in six:
        best = recognise(matcher, text_of(item.finding.message))[0].best
        assert best is not None
        assert best.entry.id == item.overlaps


def test_a_second_import_leaves_the_drafts_alone(tmp_path: Path, six: list[Imported], base: Knowledge) -> None:
    again = imported(SIX_FAILURES, load([*base.paths, put(tmp_path, six)]))
    assert [item.known for item in again] == [item.id for item in six]
    assert {item.text for item in again} == {""}


def test_what_the_report_says_is_carried_over(tmp_path: Path, six: list[Imported]) -> None:
    entries = load([put(tmp_path, six)]).entries
    shared, image = entries["shared-resource-warning"], entries["image-pull-failure"]
    assert shared.severity == "high"
    assert shared.fixes[0].text.startswith("Option 1 (Recommended)")
    assert shared.risk is not None
    assert (shared.risk.level, shared.risk.blast_radius, shared.risk.rollback) == ("medium", "Monitoring only", "low")
    assert "`environments/prod/apps/grafana.yaml` (Lines 1-48)" in six[0].text
    assert "argocd app rollback prometheus-prod <previous-revision>" in six[0].text
    commands = [command for fix in image.fixes for command in fix.commands]
    assert [command.split(" -t ")[0] for command in commands] == [
        "docker buildx build --platform linux/amd64,linux/arm64"
    ]
    assert "create: true" in six[1].text


def test_a_rule_finds_the_same_failure_of_others(tmp_path: Path, six: list[Imported]) -> None:
    matcher = load([put(tmp_path, six)]).compile()
    for message, entry in (
        ("ConfigMap/flags is part of applications argocd/shop and billing", "shared-resource-warning"),
        ("Resource not found in cluster: v1/ServiceAccount:shop", "missing-resource"),
        (f"Back-off pulling image acme/shop:v2: ErrImagePull: {NO_MANIFEST}", "image-pull-failure"),
    ):
        best = recognise(matcher, text_of(message))[0].best
        assert best is not None, message
        assert best.entry.id == entry


MESSAGE = "The quota of tenant blue is used up: 40 of 40 seats"
SHAPES = {
    "fenced": f"## Incident 1: Seats\n\n### Symptom\n```\n{MESSAGE}\n```\n",
    "quoted": f"# Post mortem: seats\n\n## What happened\n\n### Error message\n> {MESSAGE}\n",
    "labelled": f"# Seats\n\n**Error:** {MESSAGE}\n\n**Fix:** Buy seats.\n",
    "indented": f"# Seats\n\nError message\n---\n\n**Message:**\n\n    {MESSAGE}\n",
    "inline": f"# Seats\n\nError: {MESSAGE}\n\nImpact: nobody can log in\n",
    "table": f"# Week 7\n\n| Service | Error | Fix |\n|---|---|---|\n| seats | {MESSAGE} | Buy seats |\n",
    "only a block": f"Something broke today.\n\n```text\nerror: {MESSAGE}\n```\n",
    "carriage returns": f"## Issue 1 - Seats\r\n### Error Message\r\n```\r\n{MESSAGE}\r\n```\r\n",
    "fence left open": f"## Issue 1: Seats\n### Error Message\n```\n{MESSAGE}\n",
}


@pytest.mark.parametrize("report", SHAPES.values(), ids=SHAPES.keys())
def test_other_shapes_give_what_they_have_and_say_what_is_missing(tmp_path: Path, base: Knowledge, report: str) -> None:
    made = imported(report, base)
    assert len(made) == 1
    assert MESSAGE in made[0].finding.message
    assert "the risk" in made[0].missing
    knowledge = load([put(tmp_path, made)])
    assert [str(issue) for issue in lint(knowledge, today=TODAY)] == []
    assert [str(issue) for issue in try_examples(knowledge).issues] == []


def test_a_report_without_a_message_gives_no_draft(base: Knowledge) -> None:
    made = imported("# Everything was slow\n\nWe restarted it.\n", base)
    assert [item.text for item in made] == [""]
    assert "the error message" in made[0].missing


def test_secrets_and_placeholders_of_a_report_do_no_harm(tmp_path: Path, base: Knowledge) -> None:
    made = imported(
        "## Issue 1: Login\n### Error Message\n```\nlogin failed with token ghp_abcdefghijklmnopqrstuvwxyz0123456789\n"
        "```\n**Impact:** {{nothing}} works\n\n**Fix:** Use password: hunter2hunter2 and {{signal.app}}\n",
        base,
    )
    assert "ghp_" not in made[0].text
    assert "{{nothing}}" not in made[0].text
    knowledge = load([put(tmp_path, made)])
    assert [str(issue) for issue in lint(knowledge, today=TODAY)] == []


def test_ids_in_use_are_left_alone(base: Knowledge) -> None:
    report = "## Issue 1: Shared Resource\n### Error Message\n```\nno seats are left for tenants\n```\n"
    assert [item.id for item in imported(report, base)] == ["shared-resource-2"]
    assert [item.id for item in imported(report + report.replace("1", "2"), base)] == [
        "shared-resource-2",
        "shared-resource-3",
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*SIX_FAILURES.split("\n"), "```", "| a | b |", "|---|---|", "**Error:** x", "\t- "])))
def test_no_report_breaks_it(lines: list[str]) -> None:
    for finding in read_report("\n".join(lines)):
        assert isinstance(finding.missing, tuple)
