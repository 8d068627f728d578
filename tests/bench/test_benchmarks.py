"""The benchmarks run and say something beside something; how fast is for `make bench` to tell."""

import pytest
from typer.testing import CliRunner

from bot.bench import latency, placement, questions, storm
from bot.cli import app


def test_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "APPLICATIONS", 2)
    monkeypatch.setattr(questions, "ROUNDS", 1)
    (figure,) = questions.questions()
    assert figure.value > 0
    assert figure.baseline > 0


def test_placement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "OPEN", 20)
    monkeypatch.setattr(placement, "MORE", 5)
    (figure,) = placement.placement()
    assert "20 open signals in 20 incidents" in figure.what


async def test_storm() -> None:
    figures = await storm.measured(events=2_000, applications=5)
    told = {figure.what: figure.value for figure in figures}
    assert told["threads"] == 5
    assert told["2,000 events decided"] > 0
    assert told["first post"] > 0


async def test_latency() -> None:
    mean, within = await latency.measured(("shared-resource",))
    assert mean.value > 0
    assert within.baseline == 1


def test_an_unknown_benchmark_is_wrong_use() -> None:
    result = CliRunner().invoke(app, ["bench", "luck"])
    assert result.exit_code == 2
    assert "luck" in result.output
