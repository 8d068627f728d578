"""`kb unknowns`, `kb new --from` and `kb stats`."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.adapters.store import open_store
from bot.cli import app
from bot.core.templates import Template

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SEALED = Template(
    id="4b1c0a9d2e77",
    text="reading <*> from Vault: sealed",
    count=212,
    first_seen=AT,
    last_seen=AT + timedelta(hours=1),
    example='reading "prod/db" from Vault:\x1b[31m sealed',
    source="k8s-event",
    reason="UpdateFailed",
)
RARE = Template(id="aa", text="rare", count=1, first_seen=AT, last_seen=AT, example="a rare one")


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'state.db'}"
    monkeypatch.setenv("GITOPS_BOT_DATABASE__URL", url)
    return url


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["kb", *arguments])
    assert result.exit_code == status, result.output
    return result.output


def keep(url: str, *templates: Template) -> None:
    async def work() -> None:
        store = await open_store(url, retention=timedelta(days=30), clock=lambda: AT)
        await store.save_templates(templates, ())
        await store.close()

    asyncio.run(work())


def test_the_most_frequent_come_first_with_how_to_begin(database: str) -> None:
    keep(database, RARE, SEALED)
    said = run("unknowns")
    assert said.index("212×") < said.index("1×")
    assert "2026-11-24 03:00 to 2026-11-24 04:00 UTC (k8s-event, UpdateFailed)" in said
    assert "gitops-bot kb new NAME --area AREA --from 4b1c0a9d2e77" in said
    assert "\x1b" not in said
    assert [row["id"] for row in json.loads(run("unknowns", "--limit", "1", "--json"))] == ["4b1c0a9d2e77"]


def test_nothing_unknown_is_said_too(database: str) -> None:
    keep(database)
    assert "no message that no entry explains" in run("unknowns")


def test_an_entry_is_begun_from_a_template(database: str, tmp_path: Path) -> None:
    keep(database, SEALED)
    run("new", "vault-sealed", "--area", "secrets", "--from", SEALED.id, "--path", str(tmp_path / "own"))
    assert "from Vault:" in (tmp_path / "own" / "secrets" / "vault-sealed.md").read_text()
    assert "no template ff" in run("new", "x-y", "--area", "secrets", "--from", "ff", status=2)
    assert "either --message or --from" in run("new", "x-y", "--area", "secrets", status=2)


def test_stats_count_the_base() -> None:
    found = json.loads(run("stats", "--json"))
    assert found["entries"] >= 98
    assert found["rules"] > found["entries"]
    assert sum(found["area"].values()) == found["entries"]
    assert f"entries: {found['entries']}" in run("stats")
