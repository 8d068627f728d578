"""`kb`: what it prints, and its exit status."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from tests.kb.bases import front, other, pasted, write

QUOTA = other("quota-exceeded", "exceeded quota: ", "exceeded quota: x")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["kb", *arguments])


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write(tmp_path / "kb", front(), QUOTA)


@pytest.fixture
def only(base: Path) -> tuple[str, ...]:
    return ("--path", str(base), "--alone")


def test_a_clean_base_is_status_0(only: tuple[str, ...]) -> None:
    linted, tried = run("lint", *only), run("test", *only)
    assert (linted.exit_code, linted.output) == (0, "2 entries linted: 0 errors, 0 warnings.\n")
    assert tried.exit_code == 0
    assert tried.output == "6 examples tried; no corpus given, so examples only: 0 errors, 0 warnings.\n"


def test_errors_are_printed_in_order_with_status_1(base: Path, only: tuple[str, ...]) -> None:
    write(base, front(references=[], severity="loud"), QUOTA | {"references": []})
    result = run("lint", *only)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert [line.partition(": error ")[2].partition("]")[0] for line in lines[:-1]] == ["[reference", "[schema"]
    assert lines[-1] == "1 entry linted: 2 errors, 0 warnings."


def test_findings_as_json(base: Path, only: tuple[str, ...]) -> None:
    write(base, front(references=[]))
    result = run("lint", *only, "--json")
    assert result.exit_code == 1
    found = json.loads(result.output)
    assert (found["errors"], found["warnings"]) == (1, 0)
    assert found["issues"][0] == {
        "file": str(base / "secrets" / "vault-sealed.md"),
        "line": 2,
        "severity": "error",
        "check": "reference",
        "message": "there is no reference",
        "fix": "Add the documentation or source that says so.",
    }


def test_warnings_alone_are_status_0(base: Path, only: tuple[str, ...]) -> None:
    rules = front()["match"]["any"]
    write(base, front(match={"any": [*rules, {"message": "sealed since (?P<since>today)"}]}))
    result = run("lint", *only)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "2 entries linted: 0 errors, 1 warning.")


def test_a_corpus_is_measured_and_its_floor_kept(base: Path, only: tuple[str, ...]) -> None:
    corpus = base.parent / "corpus.jsonl"
    corpus.write_text('{"id": 1, "source": "cli", "message": "exceeded quota: x", "label": "quota-exceeded"}\n')
    first = run("test", *only, "--corpus", str(corpus), "--raise-floor")
    assert (first.exit_code, "precision 100.0%" in first.output) == (0, True)
    corpus.write_text('{"id": 1, "source": "cli", "message": "nobody knows", "label": "quota-exceeded"}\n')
    second = run("test", *only, "--corpus", str(corpus))
    assert second.exit_code == 1
    assert "recall fell to 0.0000; the floor is 1.0000" in second.output


def test_list_and_search(only: tuple[str, ...]) -> None:
    listed = run("list", *only)
    assert listed.output.splitlines()[0] == "secrets"
    assert "vault-sealed    stable   high" in listed.output
    assert [row["id"] for row in json.loads(run("list", *only, "--json").output)] == ["quota-exceeded", "vault-sealed"]
    assert run("search", "sealed", "vault", *only).output.startswith("vault-sealed: ")
    assert "Nothing found" in run("search", "zebra", *only).output
    assert json.loads(run("search", "sealed", *only, "--json").output)[0]["id"] == "vault-sealed"


def test_show(only: tuple[str, ...]) -> None:
    shown = run("show", "vault-sealed", *only)
    assert shown.exit_code == 0
    assert "Matches any of:" in shown.output
    assert "## Check by hand" in shown.output
    assert json.loads(run("show", "vault-sealed", *only, "--json").output)["id"] == "vault-sealed"


def test_show_of_a_wrong_name_suggests(only: tuple[str, ...]) -> None:
    result = run("show", "vault-seeled", *only)
    assert result.exit_code == 2
    assert "Did you mean vault-sealed?" in result.output


def test_new_writes_a_draft_once_and_never_over_another(tmp_path: Path) -> None:
    given = (
        "new",
        "disk-slow",
        "--area",
        "storage",
        "--message",
        'volume "data" answers too slowly',
        "--path",
        str(tmp_path),
    )
    first = run(*given)
    assert first.exit_code == 0
    file = tmp_path / "storage" / "disk-slow.md"
    assert str(file) in first.output
    written = file.read_text()
    assert run("lint", "--path", str(tmp_path), "--alone").exit_code == 0
    assert run("test", "--path", str(tmp_path), "--alone").exit_code == 0
    again = run(*given)
    assert (again.exit_code, file.read_text()) == (2, written)
    assert "exists already" in again.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("new", "Bad Id", "--area", "x", "--message", "something that is long enough"),
        ("new", "good-id", "--area", "../x", "--message", "something that is long enough"),
        ("lint", "--alone"),
        ("lint", "--path", "/nowhere"),
        ("test", "--corpus", "/nowhere.jsonl"),
        ("test", "--raise-floor"),
    ],
)
def test_wrong_use_is_status_2_with_a_sentence(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.output.strip()
    assert "Traceback" not in result.output


def test_the_folders_of_the_settings_are_read(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = write(base.parent / "mine", other("only-mine", "only in my folder", "only in my folder"))
    monkeypatch.setenv("GITOPS_BOT_KNOWLEDGE__PATHS", str(mine))
    listed = [row["id"] for row in json.loads(run("list", "--json").output)]
    assert "only-mine" in listed
    assert "shared-resource" in listed


def test_a_newcomers_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/knowledge.md's ten minutes: unknown, new, lint, test, known."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    message = 'Error: error fetching secret "prod/db" from https://vault.example.com:8200: Vault is sealed (code 503)'
    path = ("--path", str(tmp_path), "--alone")
    runner = CliRunner()
    assert runner.invoke(app, ["match", message, *path]).output.startswith("Unknown")
    assert run("new", "vault-sealed", "--area", "secrets", "--message", message, "--path", str(tmp_path)).exit_code == 0
    assert run("lint", *path).exit_code == run("test", *path).exit_code == 0
    assert "a draft" in runner.invoke(app, ["match", message, *path]).output
    write(tmp_path, front(), QUOTA | {"examples": {"match": [{"signal": pasted("exceeded quota: x")}]}})
    assert run("lint", *path).exit_code == 1
