"""`db` and `audit`: the durable state."""

import asyncio

import typer

from bot.cli.common import settings_or_exit

db_app = typer.Typer(help="The database: bring it up to date, copy it.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit log: who did or was refused what, in an unbroken chain.", no_args_is_help=True)


@db_app.command("upgrade")
def upgrade() -> None:
    """Create the tables, or bring them up to date."""
    from bot.app import database_url, open_store

    settings = settings_or_exit()

    async def work() -> None:
        store = await open_store(settings)
        await store.close()

    asyncio.run(work())
    typer.echo(f"The database is up to date: {database_url(settings, hide=True)}")
