"""A program that is killed in the middle of a decision: `python -m tests.adapters.store.crashing URL STATEMENT`."""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from sqlalchemy import event

from bot.adapters.store import open_store
from bot.core.incidents import Changes
from tests.adapters.store.samples import START, audit_row, card, incident, standing

FIRST = Changes(
    incidents=(incident("first", subject="a"),), standings=(standing("first"),), effects=(card("first"),), at=START
)
SECOND = Changes(
    incidents=(incident("second", subject="b"),),
    standings=(standing("second"),),
    dropped=((standing().subject, "first"),),
    effects=(card("second"),),
    audit=(audit_row(),),
    at=START,
)


async def commit_and_die(url: str, die_at: int) -> None:
    """Commit the second decision; be killed behind the statement with this number, or after the commit."""
    store = await open_store(url, retention=timedelta(days=1), clock=lambda: START, upgrade=False)
    statements = 0

    @event.listens_for(store.database.engine.sync_engine, "after_cursor_execute")
    def count(*_: object) -> None:
        nonlocal statements
        statements += 1
        if statements == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    await store.commit(SECOND)
    sys.stdout.write(f"{statements}\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(commit_and_die(sys.argv[1], int(sys.argv[2])))
