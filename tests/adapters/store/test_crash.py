"""A process killed in the middle of a decision leaves all of it or nothing, and the next one goes on."""

import signal
import subprocess
import sys

import pytest

from bot.adapters.store import open_store
from tests.adapters.store.conftest import RETENTION, Clock, NewDatabase
from tests.adapters.store.crashing import FIRST, SECOND
from tests.adapters.store.samples import START


def _killed(url: str, die_at: int) -> str:
    """Run the program until it is killed; returns what it printed."""
    ran = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "tests.adapters.store.crashing", url, str(die_at)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    return ran.stdout.strip()


@pytest.mark.parametrize("die_at", [3, 6])
async def test_killed_between_statements_nothing_is_kept(new_database: NewDatabase, clock: Clock, die_at: int) -> None:
    url = await new_database()
    store = await open_store(url, retention=RETENTION, clock=clock)
    await store.commit(FIRST)
    before = await store.load()
    await store.close()
    assert _killed(url, die_at) == "", "it died before its end"
    store = await open_store(url, retention=RETENTION, clock=clock)
    assert await store.load() == before
    assert [row.effect for row in await store.outbox(now=START)] == list(FIRST.effects)
    assert (await store.audit_head())[0] == 0
    await store.commit(SECOND)
    assert (await store.verify_audit()).rows == 1
    await store.close()


async def test_killed_after_the_commit_all_is_kept(new_database: NewDatabase, clock: Clock) -> None:
    url = await new_database()
    store = await open_store(url, retention=RETENTION, clock=clock)
    await store.commit(FIRST)
    await store.close()
    assert int(_killed(url, 0)) > 6, "the statements above are within the transaction"
    store = await open_store(url, retention=RETENTION, clock=clock)
    loaded = await store.load()
    assert loaded.incidents == (*FIRST.incidents, *SECOND.incidents)
    assert loaded.standings == SECOND.standings
    assert [row.effect for row in await store.outbox(now=START)] == [*FIRST.effects, *SECOND.effects]
    assert (await store.verify_audit()).rows == 1
    await store.close()
