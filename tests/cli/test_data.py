"""`db` and `audit` from the command line: what they print, and the exit status scripts rely on."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.adapters.store import SqlStore, open_store
from bot.cli.data import audit_app, db_app
from bot.core.incidents import AuditRow

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

app = typer.Typer()
app.add_typer(db_app, name="db")
app.add_typer(audit_app, name="audit")


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database of the settings; it isn't there yet."""
    monkeypatch.chdir(tmp_path)  # where no .env is
    path = tmp_path / "state.db"
    monkeypatch.setenv("GITOPS_BOT_DATABASE__URL", f"sqlite:///{path}")
    return path


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == status, result.output
    return result


def write(path: Path, *results: str) -> None:
    """Write audit rows with these results."""

    async def work(store: SqlStore) -> None:
        for result in results:
            await store.audit(
                AuditRow(at=AT, actor="U1", action="rollback", subject="default/argocd/shop", result=result)
            )

    with_store(path, work)


def with_store(path: Path, work: Callable[[SqlStore], Awaitable[None]]) -> None:
    async def whole() -> None:
        store = await open_store(f"sqlite:///{path}", retention=timedelta(days=1), clock=lambda: AT)
        await work(store)
        await store.close()

    asyncio.run(whole())


def tamper(path: Path) -> None:
    """Change the second row as the file's owner could."""
    connection = sqlite3.connect(path)
    connection.executescript("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'U9' WHERE sequence = 2")
    connection.close()


def test_upgrade_makes_the_database_and_says_where(database: Path) -> None:
    assert f"SQLite at {database} is up to date: SQLite" in run("db", "upgrade").stdout
    assert database.is_file()
    assert json.loads(run("db", "upgrade", "--json").stdout)["database"] == f"SQLite at {database}"


def test_upgrade_tells_what_the_database_refuses(database: Path) -> None:
    database.write_text("not a database " * 100)
    assert "is not an SQLite database" in run("db", "upgrade", status=1).stderr


@pytest.mark.parametrize("arguments", [("audit", "verify"), ("audit", "show"), ("audit", "export")], ids=" ".join)
def test_without_a_database_nothing_is_made_and_nothing_is_proven(database: Path, arguments: tuple[str, ...]) -> None:
    assert "There is no database yet" in run(*arguments, status=1).stderr
    assert not database.exists()


def test_a_whole_chain(database: Path) -> None:
    write(database, "begun", "succeeded")
    told = run("audit", "verify").stdout
    assert "The chain of 2 rows is whole. Its head is 2:" in told
    assert run("audit", "verify", "--expect", told.split()[-1]).stdout == told
    found = json.loads(run("audit", "verify", "--json").stdout)
    assert found == {"rows": 2, "head": told.split(":")[-1].strip(), "broken": None, "why": ""}


def test_a_broken_chain_names_the_row_and_fails(database: Path) -> None:
    write(database, "begun", "sent", "succeeded")
    tamper(database)
    assert run("audit", "verify", status=1).stdout == "The audit chain is broken: row 2 was changed.\n"
    found = json.loads(run("audit", "verify", "--json", status=1).stdout)
    assert (found["rows"], found["broken"], found["why"]) == (1, 2, "row 2 was changed")


def test_a_head_noted_elsewhere_finds_what_was_cut(database: Path) -> None:
    write(database, "begun")
    assert "had 9 rows" in run("audit", "verify", "--expect", f"9:{'a' * 64}", status=1).stdout


def test_a_head_that_is_none_is_wrong_use(database: Path) -> None:
    assert "NUMBER:HASH" in run("audit", "verify", "--expect", "abc", status=2).stderr


def test_show_prints_the_last_rows_oldest_first(database: Path) -> None:
    write(database, "begun", "sent", "bad\x1b[2J\nresult")
    lines = run("audit", "show", "-n", "2").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "3"]
    assert "2026-11-24 03:00:00Z  U1  rollback default/argocd/shop  sent" in lines[0]
    assert "\x1b" not in lines[1], "nobody steers the terminal"
    rows = json.loads(run("audit", "show", "--json").stdout)
    assert [row["result"] for row in rows] == ["begun", "sent", "bad\x1b[2J\nresult"]


def test_show_says_when_there_is_nothing(database: Path) -> None:
    run("db", "upgrade")
    assert run("audit", "show").stdout == "The audit log is empty.\n"
    assert json.loads(run("audit", "show", "--json").stdout) == []


def test_export_prints_a_line_for_each_row(database: Path) -> None:
    write(database, *(str(number) for number in range(5)))
    rows = [json.loads(line) for line in run("audit", "export").stdout.splitlines()]
    assert [row["result"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert [row["previous"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]
    assert rows[0]["at"] == "2026-11-24T03:00:00.000000+00:00"
    assert [json.loads(line) for line in run("audit", "export", "--after", "3").stdout.splitlines()] == rows[3:]


def test_copy_moves_everything_into_an_empty_database(database: Path, tmp_path: Path) -> None:
    write(database, "begun", "succeeded")
    target = f"sqlite:///{tmp_path}/new/state.db"
    told = run("db", "copy", target).stdout
    assert f"Copied to SQLite at {tmp_path}/new/state.db: audit 2. The audit chain arrived whole" in told
    assert "isn't empty (it has audit)" in run("db", "copy", target, status=1).stderr
    other = f"sqlite:///{tmp_path}/other/state.db"
    copied = json.loads(run("db", "copy", other, "--from", target, "--json").stdout)
    assert copied["rows"]["audit"] == 2
    assert len(copied["audit_head"]) == 64


def test_a_broken_chain_is_not_copied(database: Path, tmp_path: Path) -> None:
    write(database, "begun", "succeeded")
    tamper(database)
    assert "row 2 was changed. Nothing was copied" in run("db", "copy", f"sqlite:///{tmp_path}/n.db", status=1).stderr


def test_a_password_is_never_told(tmp_path: Path, database: Path) -> None:
    run("db", "upgrade")
    told = run("db", "copy", "mysql://bot:hunter2@db/bot", status=1)
    assert "a database address is sqlite:///path" in told.stderr
    assert "hunter2" not in told.output
