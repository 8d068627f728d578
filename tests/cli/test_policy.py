"""`policy check`: what a file permits, or what is wrong with it."""

from pathlib import Path

from typer.testing import CliRunner

from bot.cli import app

RUNNER = CliRunner()


def test_a_policy_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("rules:\n  - {name: SREs, users: [U0DEV], actions: [sync]}\n")
    result = RUNNER.invoke(app, ["policy", "check", str(path)])
    assert result.exit_code == 0
    assert "SREs: @U0DEV may sync on Applications *" in result.stdout
    assert "second person: prune" in result.stdout


def test_a_mistake_is_status_1_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("rules:\n  - {users: [bob], actions: [sync]}\n")
    result = RUNNER.invoke(app, ["policy", "check", str(path)])
    assert result.exit_code == 1
    assert f"{path}:2: users: got 'bob'" in result.stderr


def test_without_a_file_it_is_wrong_use() -> None:
    assert RUNNER.invoke(app, ["policy", "check"]).exit_code == 2
