"""Plans: what they do, why they are refused, and what makes a confirmation stale (design §6)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.incidents import HealthyRevision
from bot.core.plans import ROLLBACK, Facts, parse_value, rollback_plan, rollback_target, sync_plan
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, HistoryEntry, Operation, RevisionInfo, SyncWindows

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def entry(number: int, revision: str) -> HistoryEntry:
    return HistoryEntry(id=number, revision=revision, deployed_at=NOW)


STATE = AppState(
    ref=AppRef(name="shop"),
    uid="u1",
    resource_version="7",
    project="web",
    sync="Synced",
    revision="c",
    health="Degraded",
    auto_sync=True,
    repositories=("https://git.example.com/shop.git",),
    parent=AppRef(name="root"),
    history=(entry(4, "a"), entry(5, "b"), entry(6, "c")),
    operation=Operation(phase="Succeeded", message="", revision="c", started_at=NOW, finished_at=NOW),
)
FACTS = Facts(
    state=STATE,
    windows=SyncWindows(can_sync=True),
    revisions={5: RevisionInfo(revision="b", author="ada", date=NOW, message="Last good\n\nmore")},
    may_sync=True,
    may_rollback=True,
    may_update=False,
)
FAILED = Operation(phase="Failed", message="no", revision="d", started_at=NOW, finished_at=NOW)


def words(plan_text: object) -> str:
    return str(plan_text)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(STATE, 5, id="the newest other revision"),
        pytest.param(replace(STATE, operation=FAILED), 6, id="a failed sync: what was deployed last is good"),
        pytest.param(
            replace(STATE, history=(entry(4, "a"), entry(5, "c"), entry(6, "c"))), 4, id="same revision twice"
        ),
        pytest.param(replace(STATE, history=(entry(0, "a"), entry(1, "c"))), 0, id="id 0 is valid"),
        pytest.param(replace(STATE, history=(entry(6, "c"),)), None, id="nothing else"),
        pytest.param(replace(STATE, history=()), None, id="no history"),
    ],
)
def test_which_history_entry_a_rollback_takes(state: AppState, expected: int | None) -> None:
    target = rollback_target(state, {})
    assert (target.id if target else None) == expected


def test_a_rollback_prefers_what_was_seen_healthy_and_says_so() -> None:
    seen = HealthyRevision(app=STATE.ref, history_id=4, revision="a", since=NOW, until=NOW)
    plan = rollback_plan(replace(FACTS, seen_healthy={4: seen}), incident="i1")
    assert plan.history_id == 4
    assert "seen Healthy, last at {{at}}" in words(plan.card.warnings)


def test_health_seen_of_another_revision_with_the_same_id_counts_for_nothing() -> None:
    seen = HealthyRevision(app=STATE.ref, history_id=4, revision="other", since=NOW, until=NOW)
    plan = rollback_plan(replace(FACTS, seen_healthy={4: seen}), incident="i1")
    assert plan.history_id == 5
    assert "not observed" in words(plan.card.warnings)


def test_a_rollback_says_what_it_does_and_what_stays() -> None:
    plan = rollback_plan(FACTS, incident="i1")
    assert not plan.refused
    assert plan.pause
    assert (plan.history_id, plan.revision) == (5, "b")
    told = words(plan.card)
    for part in ("It stays paused", "Last good", "ada", "git revert", "Hooks don't run", "not observed"):
        assert part in told
    assert "more" not in dict(plan.card.will[1].values)["message"]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        pytest.param(
            replace(FACTS, windows=SyncWindows(can_sync=False, description="deny 22-6")), "deny 22-6", id="window"
        ),
        pytest.param(replace(FACTS, may_rollback=False), "may not", id="no right"),
        pytest.param(replace(FACTS, may_sync=False), "may not", id="no sync right"),
        pytest.param(
            replace(FACTS, state=replace(STATE, operation_pending=True)), "in progress", id="operation pending"
        ),
        pytest.param(
            replace(FACTS, state=replace(STATE, operation=replace(FAILED, phase="Terminating"))),
            "terminate-op",
            id="stuck terminating",
        ),
        pytest.param(replace(FACTS, state=replace(STATE, deleting=True)), "being deleted", id="deleting"),
        pytest.param(
            replace(FACTS, state=replace(STATE, parent=None, application_set="tenants"), set_keeps_pause=False),
            "ignoreApplicationDifferences",
            id="an ApplicationSet would undo the pause",
        ),
        pytest.param(replace(FACTS, state=replace(STATE, parent=None)), "sync-policy none", id="no way to pause"),
        pytest.param(replace(FACTS, state=replace(STATE, history=())), "git revert", id="no history"),
    ],
)
def test_a_refusal_names_the_way_that_works(facts: Facts, why: str) -> None:
    plan = rollback_plan(facts, incident="i1")
    assert plan.refused
    assert why in words(plan.card.refusal)


def test_an_unknown_history_id_is_refused_with_the_known_ones() -> None:
    plan = rollback_plan(FACTS, incident="i1", history_id=99)
    assert "4, 5, 6" in words(plan.card.refusal)


def test_a_manually_synced_application_needs_no_pause() -> None:
    plan = rollback_plan(replace(FACTS, state=replace(STATE, auto_sync=False, parent=None)), incident="i1")
    assert not plan.refused
    assert not plan.pause


def test_what_could_not_be_asked_is_said() -> None:
    plan = sync_plan(Facts(state=STATE), incident="")
    assert not plan.refused
    assert "could not be asked" in words(plan.card.warnings)


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param({"revision": "d"}, id="another revision"),
        pytest.param({"auto_sync": False}, id="someone paused it"),
        pytest.param({"history": (*STATE.history, entry(7, "d"))}, id="deployed again"),
        pytest.param({"uid": "u2"}, id="created anew"),
    ],
)
def test_a_plan_is_stale_once_the_application_moved(moved: dict[str, object]) -> None:
    before = rollback_plan(FACTS, incident="i1", history_id=5)
    after = rollback_plan(replace(FACTS, state=replace(STATE, **moved)), incident="i1", history_id=5)  # type: ignore[arg-type]  # a table of fields
    assert before.digest != after.digest


def test_bookkeeping_does_not_make_a_plan_stale() -> None:
    before = rollback_plan(FACTS, incident="i1")
    after = rollback_plan(replace(FACTS, state=replace(STATE, resource_version="8", health="Healthy")), incident="i1")
    assert before.digest == after.digest


def test_what_comes_back_is_what_was_confirmed() -> None:
    objects = (ObjectRef(group="apps", kind="Deployment", namespace="shop", name="web"),)
    plan = sync_plan(FACTS, incident="i1", resources=objects)
    confirmed = parse_value(plan.card.value)
    assert confirmed is not None
    assert (confirmed.app, confirmed.incident, confirmed.digest) == (STATE.ref, "i1", plan.digest)
    assert confirmed.resources == objects
    rollback = parse_value(rollback_plan(FACTS, incident="").card.value)
    assert rollback is not None
    assert (rollback.verb, rollback.history_id) == (ROLLBACK, 5)


def test_history_id_zero_comes_back_as_zero() -> None:
    state = replace(STATE, history=(entry(0, "a"), entry(1, "c")))
    confirmed = parse_value(rollback_plan(replace(FACTS, state=state), incident="i1").card.value)
    assert confirmed is not None
    assert confirmed.history_id == 0


def test_a_rollback_without_a_target_is_no_confirmation() -> None:
    value = rollback_plan(FACTS, incident="i1").card.value.split("|")
    value[6] = ""
    assert parse_value("|".join(value)) is None


@given(st.text(alphabet="|/;argocd.rollbacksync0123", max_size=60))
def test_no_forged_value_breaks_the_parser(value: str) -> None:
    confirmed = parse_value(value)
    assert confirmed is None or confirmed.app.name is not None
