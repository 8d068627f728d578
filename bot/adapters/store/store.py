"""`ports.Store` on SQLite or PostgreSQL: every method is one transaction, whole or not at all."""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import text

from bot.adapters.store import (
    audit_log,
    command_rows,
    debt_rows,
    incident_rows,
    outbox_rows,
    revision_rows,
    schema,
    template_rows,
)
from bot.adapters.store.address import parse_address
from bot.adapters.store.audit_chain import AuditVerdict, StoredAudit
from bot.adapters.store.database import Database
from bot.adapters.store.lease_rows import Leases
from bot.adapters.store.uninterrupted import to_its_end
from bot.core.debts import Debt
from bot.core.incidents import AuditRow, Changes, Command, OutboxRow, Snapshot, Thread
from bot.core.templates import Template

Clock = Callable[[], datetime]
Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")


async def open_store(url: str, *, retention: timedelta, clock: Clock, upgrade: bool = True) -> "SqlStore":
    """Open the database, creating it (SQLite: folder 0700, file 0600) and bringing its schema up to date.

    Without `upgrade` nothing is created or changed: a database that is absent or older is refused. Raises
    `Unreachable` or `Refused` with a sentence for the person who can act.
    """
    database = Database(parse_address(url))
    try:
        prepare = schema.bring_up_to_date(database) if upgrade else schema.require_current(database)
        await (prepare if database.on_postgres else to_its_end(prepare))
    except BaseException:
        await database.close()
        raise
    return SqlStore(database, retention=retention, clock=clock)


def transaction(
    method: Callable[Concatenate["SqlStore", Arguments], Coroutine[Any, Any, Outcome]],
) -> Callable[Concatenate["SqlStore", Arguments], Coroutine[Any, Any, Outcome]]:
    """A method whose transaction a cancellation doesn't cut short on SQLite.

    On PostgreSQL it does: a server that hangs must not keep a replica from noticing that its lease ran out.
    """

    @wraps(method)
    async def run(store: "SqlStore", /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Outcome:
        work = method(store, *arguments, **named)
        return await (work if store.database.on_postgres else to_its_end(work))

    return run


class SqlStore:
    """Durable state. Every method may raise `Unreachable` or `Refused`."""

    def __init__(self, database: Database, *, retention: timedelta, clock: Clock) -> None:
        self.database = database
        self._retention = retention
        self._clock = clock
        self._leases = Leases(database, clock)

    async def close(self) -> None:
        """Give the connections back."""
        await self.database.close()

    @transaction
    async def check(self) -> str:
        """The server's version and the schema's, or raises."""
        question = "SHOW server_version" if self.database.on_postgres else "SELECT sqlite_version()"
        async with self.database.reading() as connection:
            version = (await connection.execute(text(question))).scalar_one()
        name = "PostgreSQL" if self.database.on_postgres else "SQLite"
        return f"{name} {version}, schema {await self.schema_version()}"

    @transaction
    async def schema_version(self) -> str:
        """The schema's version in the database."""
        return await schema.version(self.database)

    # -- decisions

    @transaction
    async def load(self) -> Snapshot:
        """Incidents with their evidence, signals, and deployments seen healthy, as they were last committed."""
        async with self.database.reading() as connection:
            snapshot = await incident_rows.load(connection)
            return replace(snapshot, healthy=await revision_rows.load(connection))

    @transaction
    async def commit(self, changes: Changes) -> None:
        """Write one decision: state, wishes to speak and audit rows together."""
        async with self.database.writing() as connection:
            await incident_rows.write_incidents(connection, changes.incidents)
            await incident_rows.write_signals(self.database, connection, changes.standings, changes.dropped)
            await outbox_rows.queue(self.database, connection, changes.effects, at=changes.at or self._clock())
            await revision_rows.write(self.database, connection, changes.healthy)
            await audit_log.append(self.database, connection, changes.audit)  # last: others wait for its lock

    @transaction
    async def prune(self) -> None:
        """Forget what is over and older than the retention: incidents, signals that went, finished commands, and
        healthy deployments that a newer one followed.

        What lives stays, however old, and the audit log stays for ever.
        """
        before = self._clock() - self._retention
        async with self.database.writing() as connection:
            await incident_rows.prune(connection, before=before)
            await command_rows.prune(connection, before=before)
            await revision_rows.prune(connection, before=before)

    # -- what is to be said

    @transaction
    async def outbox(self, *, now: datetime, limit: int = 100) -> Sequence[OutboxRow]:
        """Rows due, oldest first."""
        async with self.database.reading() as connection:
            return await outbox_rows.due(connection, now=now, limit=limit)

    @transaction
    async def outbox_done(self, row: OutboxRow) -> None:
        """Forget a sent row, unless it was queued again (newer `version`) meanwhile."""
        async with self.database.writing() as connection:
            await outbox_rows.done(connection, row)

    @transaction
    async def outbox_retry(self, row: OutboxRow, *, due: datetime, error: str) -> None:
        """Note a failed attempt and when to try again."""
        async with self.database.writing() as connection:
            await outbox_rows.retry(connection, row, due_at=due, error=error)

    @transaction
    async def save_thread(self, thread: Thread) -> None:
        """Keep where an incident is told."""
        async with self.database.writing() as connection:
            await outbox_rows.save_thread(self.database, connection, thread)

    @transaction
    async def thread(self, incident: str) -> Thread | None:
        """Where an incident is told, if it is."""
        async with self.database.reading() as connection:
            return await outbox_rows.find_thread(connection, incident)

    # -- commands

    @transaction
    async def receive(self, command: Command) -> bool:
        """Store a command; False when its dedupe key was seen before."""
        async with self.database.writing() as connection:
            return await command_rows.receive(self.database, connection, command)

    @transaction
    async def commands(self) -> Sequence[Command]:
        """Commands not finished yet, oldest first."""
        async with self.database.reading() as connection:
            return await command_rows.unfinished(connection)

    @transaction
    async def journal(self, command: str, step: str, data: Mapping[str, object]) -> None:
        """Note a step of a command. One noted before keeps what it said first."""
        async with self.database.writing() as connection:
            await command_rows.note(self.database, connection, command, step, data, at=self._clock())

    @transaction
    async def journaled(self, command: str) -> Mapping[str, Mapping[str, object]]:
        """The steps noted for a command, with their data."""
        async with self.database.reading() as connection:
            return await command_rows.noted(connection, command)

    @transaction
    async def finish(self, command: str, *, result: str) -> None:
        """Note a command's end."""
        async with self.database.writing() as connection:
            await command_rows.finish(connection, command, result=result, at=self._clock())

    # -- debts

    @transaction
    async def debts(self) -> Sequence[Debt]:
        """Debts that aren't settled, oldest first."""
        async with self.database.reading() as connection:
            return await debt_rows.standing(connection)

    @transaction
    async def save_debt(self, debt: Debt) -> None:
        """Keep a debt as it is now."""
        async with self.database.writing() as connection:
            await debt_rows.save(connection, debt)

    # -- unknown messages

    @transaction
    async def templates(self) -> Sequence[Template]:
        """Templates of messages that no entry explained, the most frequent first."""
        async with self.database.reading() as connection:
            return await template_rows.load(connection)

    @transaction
    async def save_templates(self, changed: Sequence[Template], dropped: Collection[str]) -> None:
        """Keep these as they are now, and forget the dropped ones."""
        async with self.database.writing() as connection:
            await template_rows.save(connection, changed, dropped)

    # -- audit

    @transaction
    async def audit(self, row: AuditRow) -> None:
        """Add a row to the chain."""
        async with self.database.writing() as connection:
            await audit_log.append(self.database, connection, [row])

    @transaction
    async def audit_rows(self, *, limit: int | None = None, after: int = 0) -> Sequence[StoredAudit]:
        """Rows of the audit log behind the one numbered `after`, in order."""
        async with self.database.reading() as connection:
            return await audit_log.page(connection, limit=limit, after=after)

    @transaction
    async def verify_audit(self, *, noted: tuple[int, str] | None = None) -> AuditVerdict:
        """Walk the whole chain; the verdict names the first broken row. A head `noted` earlier must be on the way."""
        async with self.database.reading() as connection:
            return await audit_log.verify(connection, noted=noted)

    @transaction
    async def audit_head(self) -> tuple[int, str]:
        """Number and hash of the last row, to be noted outside the database."""
        async with self.database.reading() as connection:
            return await audit_log.head(connection)

    # -- one active replica

    @transaction
    async def acquire_lease(self, name: str, holder: str, *, for_seconds: float) -> bool:
        """Take a lease that is free or ran out; False while another holds it."""
        async with self.database.writing() as connection:
            return await self._leases.acquire(connection, name, holder, for_seconds=for_seconds)

    @transaction
    async def renew_lease(self, name: str, holder: str, *, for_seconds: float) -> bool:
        """Keep a lease; False when it is no longer this holder's: stop acting at once."""
        async with self.database.writing() as connection:
            return await self._leases.renew(connection, name, holder, for_seconds=for_seconds)

    @transaction
    async def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back at a clean stop."""
        async with self.database.writing() as connection:
            await self._leases.release(connection, name, holder)
