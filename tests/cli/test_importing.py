"""`kb import` writes drafts, lists what is missing, and overwrites nothing."""

from pathlib import Path

from typer.testing import CliRunner

from bot.cli import app

REPORT = '## Issue 1: Seats\n### Error Message\n```\nThe quota of tenant "blue" is used up: 40 of 40 seats\n```\n'


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["kb", "import", *arguments])
    return result.exit_code, result.output


def test_drafts_are_written_once(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    report.write_text(REPORT)
    status, said = run(str(report), "--path", str(tmp_path / "own"), "--area", "tenants")
    file = tmp_path / "own" / "tenants" / "seats.md"
    assert status == 0
    assert str(file) in said
    assert "missing in the report: the files involved, why it happens" in said
    file.write_text(file.read_text().replace("severity: medium", "severity: low   "))
    before = file.read_text()
    status, said = run(str(report), "--path", str(tmp_path / "own"), "--area", "tenants")
    assert status == 0
    assert "the draft seats is there already" in said
    assert file.read_text() == before


def test_what_can_t_be_imported_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty.md"
    empty.write_text("# It was slow\n")
    status, said = run(str(empty), "--path", str(tmp_path / "own"))
    assert status == 1
    assert "no error message was found" in said
    assert run(str(tmp_path / "absent.md"))[0] == 2
    assert run(str(empty), "--area", "../etc")[0] == 2
