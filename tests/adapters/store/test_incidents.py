"""What was committed is what is loaded: incidents, evidence, signals."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.store import SqlStore, open_store
from bot.core.cards import Quote
from bot.core.incidents import Changes, Evidence, HealthyRevision, Incident, Snapshot, Standing, State, Thread
from bot.core.signals import AppRef
from bot.service.ports import Refused
from tests.adapters.store.anything import any_of
from tests.adapters.store.conftest import RETENTION, Clock
from tests.adapters.store.samples import HOSTILE, START, audit_row, card, incident, standing

_numbers = itertools.count()

ANSWER = Evidence(
    question="does the kind exist?",
    ask="kubernetes.kind_served",
    answer="no",
    weight="proves",
    quote=Quote(label="Kubernetes", text=HOSTILE, at=START),
    exports=(("group", HOSTILE),),
    asked_at=START,
)


def _distinct(changed: list[Incident]) -> tuple[Incident, ...]:
    """Any incidents, each with an id and a key of its own."""
    return tuple(
        replace(item, id=f"{number}{item.id}", key=replace(item.key, subject=f"{number}{item.key.subject}"))
        for item, number in zip(changed, _numbers, strict=False)
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(any_of(Incident), max_size=2).map(_distinct), st.lists(any_of(Standing), max_size=2))
async def test_every_field_survives(store: SqlStore, changed: tuple[Incident, ...], standings: list[Standing]) -> None:
    await store.commit(Changes(incidents=changed, standings=tuple(standings), effects=(card(),)))
    loaded = await store.load()
    kept = {item.id: item for item in loaded.incidents}
    assert [kept[item.id] for item in changed] == list(changed)
    # Of two with the same name the last one stands.
    newest = {(item.subject, item.id): item for item in standings}
    found = {(item.subject, item.id): item for item in loaded.standings}
    assert {name: found[name] for name in newest} == newest


async def test_a_fresh_database_is_empty(store: SqlStore) -> None:
    assert await store.load() == Snapshot()


async def test_it_survives_a_restart(url: str, clock: Clock) -> None:
    first = await open_store(url, retention=RETENTION, clock=clock)
    written = replace(incident(), evidence=(ANSWER, replace(ANSWER, answer="yes")))
    await first.commit(Changes(incidents=(written,), standings=(standing(message=HOSTILE),)))
    await first.close()
    second = await open_store(url, retention=RETENTION, clock=clock)
    assert await second.load() == Snapshot(incidents=(written,), standings=(standing(message=HOSTILE),))
    await second.close()


async def test_a_later_commit_replaces(store: SqlStore) -> None:
    await store.commit(Changes(incidents=(replace(incident(), evidence=(ANSWER, ANSWER)),), standings=(standing(),)))
    later = replace(incident(), state=State.RESOLVED, evidence=(ANSWER,), count=7)
    gone = standing(gone_at=START + timedelta(minutes=1))
    await store.commit(Changes(incidents=(later,), standings=(gone,)))
    assert await store.load() == Snapshot(incidents=(later,), standings=(gone,))


async def test_what_is_dropped_is_forgotten(store: SqlStore) -> None:
    await store.commit(Changes(standings=(standing("s1"), standing("s2"))))
    await store.commit(Changes(dropped=((standing().subject, "s1"), ("never", "there"))))
    assert await store.load() == Snapshot(standings=(standing("s2"),))


async def test_one_live_incident_for_each_key(store: SqlStore) -> None:
    await store.commit(Changes(incidents=(incident("i1"),)))
    with pytest.raises(Refused, match="refused a row"):
        await store.commit(Changes(incidents=(incident("i2"),), audit=(audit_row(),)))
    assert await store.load() == Snapshot(incidents=(incident("i1"),))
    assert await store.audit_head() == (0, "0" * 64), "nothing of a refused decision is kept"


async def test_a_key_is_free_again_once_its_incident_is_over(store: SqlStore) -> None:
    await store.commit(Changes(incidents=(incident("i1", state=State.RESOLVED), incident("i2", state=State.MERGED))))
    await store.commit(Changes(incidents=(incident("i3", state=State.HELD),)))
    assert len((await store.load()).incidents) == 3


async def test_keys_may_change_hands_in_one_decision(store: SqlStore) -> None:
    await store.commit(Changes(incidents=(incident("i1", subject="a"), incident("i2", subject="b"))))
    swapped = (incident("i1", subject="b"), incident("i2", subject="a"))
    await store.commit(Changes(incidents=swapped))
    assert (await store.load()).incidents == swapped


async def test_a_subject_may_be_longer_than_an_index_allows(store: SqlStore) -> None:
    long = incident(subject="".join(chr(0x4E00 + number % 20_000) for number in range(20_000)))
    await store.commit(Changes(incidents=(long,)))
    assert (await store.load()).incidents == (long,)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param(incident(state=State.RESOLVED), False, id="resolved long ago"),
        pytest.param(incident(state=State.MERGED), False, id="merged long ago"),
        pytest.param(incident(state=State.OPEN), True, id="open for long"),
        pytest.param(
            incident(state=State.RESOLVED, at=START + timedelta(seconds=2)), True, id="resolved within the retention"
        ),
    ],
)
async def test_pruning_forgets_what_is_over(store: SqlStore, clock: Clock, written: Incident, kept: bool) -> None:
    written = replace(written, evidence=(ANSWER,))
    thread = Thread(incident=written.id, channel="C1", ts="1.1")
    await store.commit(Changes(incidents=(written,), audit=(audit_row(),)))
    await store.save_thread(thread)
    clock.pass_(RETENTION + timedelta(seconds=1))
    await store.prune()
    assert await store.load() == (Snapshot(incidents=(written,)) if kept else Snapshot())
    assert await store.thread(written.id) == (thread if kept else None)
    assert (await store.audit_head())[0] == 1, "the audit log is kept for ever"


async def test_pruning_forgets_signals_that_went(store: SqlStore, clock: Clock) -> None:
    await store.commit(Changes(standings=(standing("gone", gone_at=START), standing("stands"))))
    clock.pass_(RETENTION + timedelta(seconds=1))
    await store.prune()
    assert await store.load() == Snapshot(standings=(standing("stands"),))


def _healthy(app: str, history_id: int, *, until: datetime = START) -> HealthyRevision:
    return HealthyRevision(app=AppRef(name=app), history_id=history_id, revision="abc", since=START, until=until)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(any_of(HealthyRevision), max_size=3))
async def test_every_field_of_a_healthy_deployment_survives(store: SqlStore, seen: list[HealthyRevision]) -> None:
    await store.commit(Changes(healthy=tuple(seen)))
    found = {(item.app, item.history_id): item for item in (await store.load()).healthy}
    newest = {(item.app, item.history_id): item for item in seen}
    assert {name: found[name] for name in newest} == newest


async def test_a_deployment_seen_again_is_noted_once(store: SqlStore) -> None:
    later = START + timedelta(hours=1)
    await store.commit(Changes(healthy=(_healthy("shop", 1), _healthy("shop", 2))))
    await store.commit(Changes(healthy=(_healthy("shop", 2, until=later),)))
    assert (await store.load()).healthy == (_healthy("shop", 1), _healthy("shop", 2, until=later))


async def test_pruning_keeps_the_newest_healthy_deployment(store: SqlStore, clock: Clock) -> None:
    kept = (_healthy("cart", 1), _healthy("shop", 3))
    await store.commit(Changes(healthy=(*kept, _healthy("shop", 1), _healthy("shop", 2))))
    clock.pass_(RETENTION + timedelta(seconds=1))
    await store.prune()
    assert (await store.load()).healthy == kept


async def test_a_row_of_another_version_is_named(store: SqlStore) -> None:
    await store.commit(Changes(incidents=(incident("i7"),)))
    async with store.database.writing() as connection:
        await connection.exec_driver_sql('UPDATE incidents SET document = \'{"state":"exploded"}\'')
    with pytest.raises(Refused, match="incident i7 can't be read"):
        await store.load()


async def test_fields_of_a_newer_version_are_passed_over_and_absent_ones_have_their_default(store: SqlStore) -> None:
    await store.commit(Changes(incidents=(incident("i7"),)))
    async with store.database.writing() as connection:
        await connection.exec_driver_sql(
            "UPDATE incidents SET document = replace(document, '\"count\":1', '\"counted\":2')"
        )
    assert await store.load() == Snapshot(incidents=(incident("i7"),))
