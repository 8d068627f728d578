"""`match`: the answer for people and for programs, its exit status, and that it starts without the heavy modules."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from tests.kb.bases import front, other, write

SEALED = 'rpc error: code = Unknown desc = fetching secret "prod/db" from Vault: it is sealed'
HEAVY = ("aiohttp", "alembic", "kubernetes_asyncio", "msgspec", "pydantic_settings", "rich", "slack_bolt", "sqlalchemy")


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "noise.yaml").write_text(
        "noise: [{id: calm, message: 'all is well', examples: [{source: cli, message: 'all is well'}]}]"
    )
    draft = other("team-draft", "a draft of something", "a draft of something", status="draft")
    return write(tmp_path / "kb", front(), other("quota-exceeded", "exceeded quota: ", "exceeded quota: x"), draft)


def run(base: Path, *arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["match", *arguments, "--path", str(base), "--alone"], input=stdin)


def test_people_see_cause_reason_captures_and_fix(base: Path) -> None:
    result = run(base, SEALED + "; exceeded quota: pods")
    assert result.exit_code == 0
    text = result.output
    assert text.startswith("vault-sealed (high, confidence 0.9)\n  Vault is sealed: prod/db can't be read\n")
    assert 'the words “fetching secret "prod/db" from Vault: it is sealed”' in text
    assert "secret=prod/db" in text
    assert "of – can't be read" in text
    assert "Unseal it." in text
    assert "$ vault operator unseal" in text
    assert "quota-exceeded (0.7)" in text
    assert "{{" not in text


def test_programs_get_json(base: Path) -> None:
    found = json.loads(run(base, SEALED, "--json").output)
    assert (found["verdict"], found["entry"], found["confidence"]) == ("known", "vault-sealed", 0.9)
    assert (found["captures"], found["title"]) == ({"secret": "prod/db"}, "Vault is sealed: prod/db can't be read")
    assert found["candidates"] == [{"entry": "vault-sealed", "confidence": 0.9}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("nobody has seen this", "Unknown: no entry explains this message.", id="unknown"),
        pytest.param("all is well", "Noise: no failure, by the rule calm", id="noise"),
        pytest.param("a draft of something", "a draft: logged, never posted", id="draft"),
        pytest.param("the Vault server is sealed", "Similar, not proven:\n  vault-sealed: ", id="similar"),
        pytest.param("Name: web\nNamespace: shop\nNode: n/1\nContainers:\n", "kind=Pod namespace=shop", id="pasted"),
    ],
)
def test_whatever_comes_is_answered_with_status_0(base: Path, text: str, says: str) -> None:
    result = run(base, text)
    assert result.exit_code == 0
    assert says in result.output


def test_a_second_match_answers_the_same_from_what_was_kept(base: Path) -> None:
    first, second = run(base, SEALED, "--json"), run(base, SEALED, "--json")
    assert first.output == second.output
    assert list((base.parent / "cache" / "gitops-bot").iterdir())


def test_a_message_is_read_from_standard_input(base: Path) -> None:
    assert run(base, "-", stdin=SEALED).output.startswith("vault-sealed")


def test_hostile_text_is_shown_as_text(base: Path) -> None:
    result = run(base, 'fetching secret "\x1b[31m<!channel>\u202e{{app}}" from Vault: it is sealed')
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "secret=<!channel>{{app}}" in result.output
    assert "\u202e" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [(), ("x", "--jsonl", "-"), ("  ",), ("--jsonl", "absent.jsonl"), ("x", "--path", "absent")],
    ids=["nothing", "both", "blank", "no file", "no folder"],
)
def test_wrong_use_is_status_2_with_a_sentence(base: Path, arguments: tuple[str, ...]) -> None:
    result = run(base, *arguments)
    assert result.exit_code == 2
    assert result.output.strip()


def test_a_broken_knowledge_base_is_status_2_with_file_and_line(base: Path) -> None:
    write(base, front(severity="loud"))
    result = run(base, "x")
    assert result.exit_code == 2
    assert "vault-sealed.md:5: error [schema]" in result.output


def test_rows(base: Path, tmp_path: Path) -> None:
    rows = [{"id": 1, "message": SEALED}, {"id": 2, "source": "k8s-event", "message": "all is well"}]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    result = run(base, "--jsonl", str(file))
    assert result.exit_code == 0
    assert [(row["id"], row["verdict"]) for row in map(json.loads, result.output.splitlines())] == [
        (1, "known"),
        (2, "noise"),
    ]


def test_a_bad_row_is_status_1_at_the_end(base: Path) -> None:
    result = run(base, "--jsonl", "-", stdin='{"id": 1, "message": 3}\n{"id": 2, "message": "exceeded quota: x"}\n')
    assert result.exit_code == 1
    assert [json.loads(line).get("entry") for line in result.stdout.splitlines()] == [None, "quota-exceeded"]
    assert "1 bad row" in result.stderr


def test_the_command_answers_without_the_heavy_modules(base: Path) -> None:
    """What makes it start fast: nothing of the servers and clients is imported."""
    command = [sys.executable, "-X", "importtime", "-m", "bot", "match", SEALED, "--path", str(base), "--alone"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)  # noqa: S603  # our own command
    assert done.stdout.startswith("vault-sealed")
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert imported.isdisjoint(HEAVY)
    assert "pydantic" in imported
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert modules.isdisjoint({"bot.settings", "bot.app", "bot.service", "bot.adapters"})
