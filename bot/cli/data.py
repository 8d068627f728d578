"""`db` and `audit`: the durable state."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.cli.common import settings_or_exit

if TYPE_CHECKING:
    from bot.adapters.store import SqlStore, StoredAudit

db_app = typer.Typer(help="The database: bring it up to date, copy it.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit log: who did or was refused what, in an unbroken chain.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Outcome = TypeVar("Outcome")

PAGE = 500
URL_HELP = "sqlite:///path or postgresql://user@host/name; the password is better given as PGPASSWORD or in ~/.pgpass."


@db_app.command("upgrade")
def upgrade(as_json: AsJson = False) -> None:
    """Create the tables, or bring them up to date."""
    from bot.adapters.store import describe

    url = settings_or_exit().database_url

    async def work() -> str:
        async with opened(url, upgrade=True) as store:
            return await store.check()

    state = done(work)
    _say({"database": describe(url), "state": state}, f"{describe(url)} is up to date: {state}.", as_json)


@db_app.command("copy")
def copy(
    target: Annotated[str, typer.Argument(help=f"Where to: {URL_HELP}", metavar="URL")],
    source: Annotated[
        str, typer.Option("--from", help="Where from; the database of the settings, if not given.", metavar="URL")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Copy everything into an empty database, SQLite to PostgreSQL or back. Stop the bot first."""
    from bot.adapters.store import Copied, copy_store, describe

    origin = source or settings_or_exit().database_url

    async def work() -> Copied:
        async with opened(origin, upgrade=False) as old, opened(target, upgrade=True) as new:
            return await copy_store(old, new)

    copied = done(work)
    counts = ", ".join(f"{name} {count}" for name, count in copied.rows.items() if count) or "no rows"
    _say(
        {"rows": dict(copied.rows), "audit_head": copied.audit_head},
        f"Copied to {describe(target)}: {counts}. The audit chain arrived whole; its head is {copied.audit_head}.",
        as_json,
    )


@audit_app.command("verify")
def verify(
    expect: Annotated[
        str,
        typer.Option(
            "--expect",
            help="A head noted earlier (the bot logs each new one), as NUMBER:HASH: finds rows cut from the end.",
            metavar="HEAD",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Walk the chain; exit status 1 when it is broken, naming the first row that doesn't fit."""
    from bot.adapters.store import AuditVerdict

    noted = _head(expect)
    url = settings_or_exit().database_url

    async def work() -> AuditVerdict:
        async with opened(url, upgrade=False) as store:
            return await store.verify_audit(noted=noted)

    verdict = done(work)
    found = {"rows": verdict.rows, "head": verdict.head, "broken": verdict.broken, "why": verdict.why}
    if verdict.whole:
        _say(found, f"The chain of {verdict.rows} rows is whole. Its head is {verdict.rows}:{verdict.head}", as_json)
        return
    _say(found, f"The audit chain is broken: {verdict.why}.", as_json)
    raise typer.Exit(1)


@audit_app.command("show")
def show(
    limit: Annotated[int, typer.Option("--limit", "-n", help="How many of the last rows.", min=1, max=10_000)] = 20,
    as_json: AsJson = False,
) -> None:
    """Print the last rows, oldest first."""
    from bot.core.redaction import clean

    url = settings_or_exit().database_url

    async def work() -> "list[StoredAudit]":
        async with opened(url, upgrade=False) as store:
            last, _ = await store.audit_head()
            return list(await store.audit_rows(limit=limit, after=max(last - limit, 0)))

    rows = done(work)
    if as_json:
        typer.echo(json.dumps([_as_json(stored) for stored in rows], indent=2))
        return
    for stored in rows:
        row = stored.row
        detail = " ".join(f"{name}={value}" for name, value in row.detail if value)
        line = f"{stored.sequence:>6}  {row.at:%Y-%m-%d %H:%M:%S}Z  {row.actor}  {row.action} {row.subject}"
        # What people and servers named must not steer the terminal.
        typer.echo(clean(f"{line}  {row.result}  {detail}").replace("\n", " ").rstrip())
    if not rows:
        typer.echo("The audit log is empty.")


@audit_app.command("export")
def export(after: Annotated[int, typer.Option("--after", help="Only rows behind this number.", min=0)] = 0) -> None:
    """Print rows as JSON lines with their hashes, oldest first, for keeping elsewhere."""
    url = settings_or_exit().database_url

    async def work() -> None:
        last = after
        async with opened(url, upgrade=False) as store:
            while rows := await store.audit_rows(limit=PAGE, after=last):
                for stored in rows:
                    typer.echo(json.dumps(_as_json(stored)))
                last = rows[-1].sequence

    done(work)


@asynccontextmanager
async def opened(url: str, *, upgrade: bool) -> "AsyncIterator[SqlStore]":
    from bot.adapters.store import open_store

    retention = settings_or_exit().timing.retention
    store = await open_store(url, retention=retention, clock=lambda: datetime.now(UTC), upgrade=upgrade)
    try:
        yield store
    finally:
        await store.close()


def done(work: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Do the work; what the database refuses is told in its sentence, with exit status 1."""
    from bot.service.ports import PortError

    async def whole() -> Outcome:
        return await work()

    try:
        return asyncio.run(whole())
    except PortError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _head(text: str) -> tuple[int, str] | None:
    """A noted head: number and hash."""
    if not text:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise typer.BadParameter("a head is NUMBER:HASH, as `audit verify` and the log print it", param_hint="--expect")
    return int(number), digest.lower()


def _as_json(stored: "StoredAudit") -> dict[str, Any]:
    row = stored.row
    return {
        "sequence": stored.sequence,
        "at": row.at.isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "result": row.result,
        "detail": [list(pair) for pair in row.detail],
        "previous": stored.previous,
        "hash": stored.hash,
    }


def _say(found: dict[str, Any], sentence: str, as_json: bool) -> None:
    typer.echo(json.dumps(found) if as_json else sentence)
