from pathlib import Path

from typer.testing import CliRunner

from bot.cli import app


def test_a_folder_without_stories_is_wrong_use(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["replay", str(tmp_path)])
    assert result.exit_code == 2
    assert "has no stories" in result.output
