"""The schema's version: brought up to date by Alembic's steps, or refused with the way out."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bot.adapters.store.database import Database
from bot.adapters.store.tables import metadata
from bot.service.ports import Refused

VERSION_TABLE = "schema_version"
MIGRATION_LOCK = 4_705_202_601
"""PostgreSQL advisory lock: replicas that start together migrate one after the other."""

_SCRIPTS = Path(__file__).parent / "migrations"

_in_turn: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
"""Alembic keeps its context in module globals, so one event loop runs one migration at a time."""


async def bring_up_to_date(database: Database) -> None:
    """Create the tables, or run the steps that are missing. `Refused` for a schema or tables that aren't ours."""
    if database.address.path is not None:
        _create_file(database.address.path)
    async with database.reading() as connection:
        current = await connection.run_sync(_current)
    if current == newest():
        return
    async with _in_turn.setdefault(asyncio.get_running_loop(), asyncio.Lock()), database.writing() as connection:
        if database.on_postgres:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        await connection.run_sync(_upgrade, database.described)


async def require_current(database: Database) -> None:
    """Refuse a database that is absent, or whose schema isn't this version's."""
    path = database.address.path
    if path is not None and not path.is_file():
        raise Refused(f"There is no database yet ({database.described}). `db upgrade` makes one.", reason="absent")
    found = await version(database)
    if found == newest():
        return
    _known(found or None, database.described)
    raise Refused(
        f"The database ({database.described}) has schema {found or 'none'}, this version needs {newest()}. "
        "Run `db upgrade`.",
        reason="older",
    )


async def version(database: Database) -> str:
    """The schema's version in the database; empty when it has none."""
    async with database.reading() as connection:
        return await connection.run_sync(_current) or ""


def newest() -> str:
    """The version that this program's steps lead to."""
    return ScriptDirectory(str(_SCRIPTS)).get_current_head() or ""


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _upgrade(connection: Connection, described: str) -> None:
    current = _current(connection)
    if current == newest():
        return  # another replica was quicker
    _known(current, described)
    if current is None:
        taken = sorted(set(metadata.tables) & set(inspect(connection).get_table_names()))
        if taken:
            raise Refused(
                f"The database ({described}) already has tables of someone else ({', '.join(taken)}). "
                "Give the bot a database of its own.",
                reason="foreign",
            )
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    command.upgrade(config, "head")


def _known(found: str | None, described: str) -> None:
    steps: Sequence[str] = [step.revision for step in ScriptDirectory(str(_SCRIPTS)).walk_revisions()]
    if found is not None and found not in steps:
        raise Refused(
            f"The database ({described}) has schema {found}, which this version doesn't know: a newer one wrote it. "
            "Run that version, or restore the backup made before it.",
            reason="newer",
        )


def _create_file(path: Path) -> None:
    """Make the file readable by its owner alone; SQLite gives its side files the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise Refused(
            f"The database's file {path} can't be made or written: {error.strerror}. "
            "Name another place with GITOPS_BOT_DATABASE__URL, or give the bot's user the right to write there.",
            reason="path",
        ) from error
