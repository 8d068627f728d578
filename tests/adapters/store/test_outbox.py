"""The outbox keeps one row for each key, and threads are found again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.adapters.store import SqlStore
from bot.core.incidents import Changes, OutboxRow, Thread
from tests.adapters.store.samples import HOSTILE, START, card, incident, note

LATER = START + timedelta(minutes=5)


async def _due(store: SqlStore) -> Sequence[OutboxRow]:
    return await store.outbox(now=LATER)


async def test_an_effect_waits_until_it_is_done(store: SqlStore) -> None:
    wish = note(why=HOSTILE)
    await store.commit(Changes(incidents=(incident(),), effects=(wish,), at=START))
    assert await _due(store) == [OutboxRow(effect=wish, version=1, due=START)]
    await store.outbox_done((await _due(store))[0])
    assert await _due(store) == []


async def test_oldest_first_in_the_order_they_were_wished(store: SqlStore) -> None:
    await store.commit(Changes(effects=(card("b"), note("b"), card("a")), at=START))
    await store.commit(Changes(effects=(card("0"),), at=START))
    await store.commit(Changes(effects=(card("early"),), at=START - timedelta(seconds=1)))
    keys = [row.effect.key for row in await _due(store)]
    assert keys == ["card:early", "card:b", "note:b:resolved", "card:a", "card:0"]
    assert [row.effect.key for row in await store.outbox(now=LATER, limit=2)] == keys[:2]


async def test_what_is_not_due_waits(store: SqlStore) -> None:
    await store.commit(Changes(effects=(card(),), at=START))
    assert await store.outbox(now=START - timedelta(microseconds=1)) == []
    assert len(await store.outbox(now=START)) == 1


async def test_without_a_time_the_clock_decides(store: SqlStore) -> None:
    await store.commit(Changes(effects=(card(),)))
    assert [row.due for row in await _due(store)] == [START]


async def test_the_same_key_again_keeps_one_row_with_the_newer_wish(store: SqlStore) -> None:
    await store.commit(Changes(effects=(note(why="first"), note(why="second")), at=START))
    await store.commit(Changes(effects=(note(why="third"),), at=START + timedelta(seconds=1)))
    assert await _due(store) == [OutboxRow(effect=note(why="third"), version=3, due=START)]


async def test_one_queued_again_while_it_was_sent_is_sent_again(store: SqlStore) -> None:
    await store.commit(Changes(effects=(card(),), at=START))
    sent = (await _due(store))[0]
    await store.outbox_retry(sent, due=START, error="slow")
    await store.commit(Changes(effects=(card(),), at=START))
    await store.outbox_done(sent)
    assert await _due(store) == [OutboxRow(effect=card(), version=2, due=START)]
    await store.outbox_done((await _due(store))[0])
    assert await _due(store) == []


async def test_a_failed_attempt_is_counted_and_waits(store: SqlStore) -> None:
    await store.commit(Changes(effects=(card(),), at=START))
    again = START + timedelta(seconds=30)
    await store.outbox_retry((await _due(store))[0], due=again, error=HOSTILE)
    assert await store.outbox(now=START) == []
    assert await _due(store) == [OutboxRow(effect=card(), version=1, due=again, attempts=1, error=HOSTILE)]


async def test_a_newer_wish_keeps_the_failures_and_the_pause(store: SqlStore) -> None:
    await store.commit(Changes(effects=(card(),), at=START))
    again = START + timedelta(seconds=30)
    await store.outbox_retry((await _due(store))[0], due=again, error="ratelimited")
    await store.commit(Changes(effects=(card(),), at=START + timedelta(seconds=1)))
    assert await _due(store) == [OutboxRow(effect=card(), version=2, due=again, attempts=1, error="ratelimited")]


async def test_a_thread_is_found_and_completed(store: SqlStore) -> None:
    thread = Thread(incident="i1", channel="C1", ts="1.1")
    assert await store.thread("i1") is None
    await store.save_thread(thread)
    assert await store.thread("i1") == thread
    whole = replace(thread, details_ts="1.2", permalink="https://x/" + HOSTILE)
    await store.save_thread(whole)
    assert await store.thread("i1") == whole
