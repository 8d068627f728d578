"""Commands are taken once and come back until they are finished; the journal keeps what was true first."""

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings

from bot.adapters.store import SqlStore, open_store
from bot.core.incidents import Command
from tests.adapters.store.anything import any_of
from tests.adapters.store.conftest import RETENTION, Clock
from tests.adapters.store.samples import HOSTILE, START, command

_numbers = itertools.count()


async def test_a_repeated_delivery_is_known(store: SqlStore) -> None:
    assert await store.receive(command("c1", dedupe="trigger"))
    assert not await store.receive(command("c2", dedupe="trigger"))
    assert [item.id for item in await store.commands()] == ["c1"]


async def test_a_repeated_delivery_is_known_after_the_end_too(store: SqlStore) -> None:
    await store.receive(command("c1", dedupe="trigger"))
    await store.finish("c1", result="succeeded")
    assert not await store.receive(command("c2", dedupe="trigger"))
    assert await store.commands() == []


async def test_of_deliveries_at_once_one_is_taken(url: str, clock: Clock) -> None:
    stores = [await open_store(url, retention=RETENTION, clock=clock) for _ in range(2)]
    taken = await asyncio.gather(
        *(
            store.receive(command(f"c{number}-{index}", dedupe=f"t{number}"))
            for number in range(10)
            for index, store in enumerate(stores * 2)
        )
    )
    assert taken.count(True) == 10
    for store in stores:
        await store.close()


async def test_unfinished_ones_come_back_oldest_first(url: str, clock: Clock) -> None:
    store = await open_store(url, retention=RETENTION, clock=clock)
    newer, older = command("a", at=START + timedelta(microseconds=1)), command("b")
    for item in (newer, older, command("c")):
        await store.receive(item)
    await store.finish("c", result="answered")
    await store.close()
    store = await open_store(url, retention=RETENTION, clock=clock)
    assert await store.commands() == [older, newer]
    await store.close()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_of(Command))
async def test_every_field_of_a_command_survives(store: SqlStore, received: Command) -> None:
    number = next(_numbers)
    received = replace(received, id=f"{number}{received.id}", dedupe=f"{number}{received.dedupe}")
    assert await store.receive(received)
    assert await store.commands() == [received]
    await store.finish(received.id, result=received.kind)


async def test_the_journal_keeps_steps_in_order_and_their_first_data(store: SqlStore, clock: Clock) -> None:
    for step in ("sent", "begun", "accepted"):
        await store.journal("c1", step, {"auto_sync": True, "said": HOSTILE, "nothing": None})
        clock.pass_(timedelta(microseconds=1))
    await store.journal("c1", "begun", {"auto_sync": False})
    await store.journal("c2", "begun", {})
    noted = await store.journaled("c1")
    assert list(noted) == ["sent", "begun", "accepted"]
    assert noted["begun"] == {"auto_sync": True, "said": HOSTILE, "nothing": None}
    assert await store.journaled("c2") == {"begun": {}}
    assert await store.journaled("never") == {}


async def test_pruning_forgets_finished_commands_and_their_journal(store: SqlStore, clock: Clock) -> None:
    for name in ("finished", "unfinished"):
        await store.receive(command(name))
        await store.journal(name, "begun", {})
    await store.finish("finished", result="succeeded")
    clock.pass_(RETENTION)
    await store.prune()
    assert not await store.receive(command("again", dedupe="finished")), "kept for the whole retention"
    clock.pass_(timedelta(seconds=1))
    await store.prune()
    assert [item.id for item in await store.commands()] == ["unfinished"]
    assert await store.journaled("finished") == {}
    assert await store.journaled("unfinished") == {"begun": {}}
