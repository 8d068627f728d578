"""Plans: what they do, why they are refused, and what makes a confirmation stale (design §6)."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.debts import Debt
from bot.core.incidents import HealthyRevision
from bot.core.plans import (
    PAUSE,
    REFRESH,
    RESTART,
    RESTORE,
    ROLLBACK,
    SYNC,
    TERMINATE,
    TITLES,
    Facts,
    Plan,
    Risk,
    Wanted,
    make_plan,
    parse_value,
    rollback_target,
)
from bot.core.plans.wanted import DRY_RUN, OUT_OF_SYNC, PRUNE
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, HistoryEntry, ManagedResource, Operation, Resource, RevisionInfo, SyncWindows
from bot.core.text import fill

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


def rollback_plan(facts: Facts, *, incident: str, history_id: int | None = None) -> Plan:
    target = "" if history_id is None else str(history_id)
    return make_plan(facts, Wanted(verb=ROLLBACK, app=facts.state.ref, incident=incident, target=target))


def sync_plan(facts: Facts, *, incident: str, resources: tuple[ObjectRef, ...] = (), mode: str = "") -> Plan:
    wanted = Wanted(verb=SYNC, app=facts.state.ref, incident=incident, target=mode, resources=resources)
    return make_plan(facts, wanted)


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
    assert plan.wanted.history_id == 4
    assert "seen Healthy, last at {{at}}" in words(plan.card.warnings)


def test_health_seen_of_another_revision_with_the_same_id_counts_for_nothing() -> None:
    seen = HealthyRevision(app=STATE.ref, history_id=4, revision="other", since=NOW, until=NOW)
    plan = rollback_plan(replace(FACTS, seen_healthy={4: seen}), incident="i1")
    assert plan.wanted.history_id == 5
    assert "not observed" in words(plan.card.warnings)


def test_a_rollback_says_what_it_does_and_what_stays() -> None:
    plan = rollback_plan(FACTS, incident="i1")
    assert not plan.refused
    assert plan.pause
    assert (plan.wanted.history_id, plan.revision, plan.left) == (5, "b", "c")
    told = words(plan.card)
    for part in ("It stays paused", "Last good", "ada", "Restore auto-sync", "Hooks don't run", "not observed"):
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
            "finalizer",
            id="stuck terminating",
        ),
        pytest.param(replace(FACTS, state=replace(STATE, deleting=True)), "being deleted", id="deleting"),
        pytest.param(
            replace(FACTS, state=replace(STATE, parent=None, application_set="tenants"), set_keeps_pause=False),
            "ignoreApplicationDifferences",
            id="an ApplicationSet would undo the pause",
        ),
        pytest.param(replace(FACTS, state=replace(STATE, parent=None)), '"enabled":{{on}}', id="no way to pause"),
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


def test_a_target_that_is_no_history_id_is_no_confirmation() -> None:
    value = rollback_plan(FACTS, incident="i1").card.value.split("|")
    value[6] = "newest"
    assert parse_value("|".join(value)) is None


@given(st.text(alphabet="|/;argocd.rollbacksync0123", max_size=60))
def test_no_forged_value_breaks_the_parser(value: str) -> None:
    confirmed = parse_value(value)
    assert confirmed is None or confirmed.app.name is not None


SHA_NOW, SHA_THEN = "c" * 40, "a" * 40
WEB = ObjectRef(group="apps", kind="Deployment", namespace="shop", name="web")
CONFIG = ObjectRef(kind="ConfigMap", namespace="shop", name="flags")
OLD = ObjectRef(kind="ConfigMap", namespace="shop", name="old")
MANAGED = replace(
    STATE,
    destination_namespace="shop",
    resources=(
        Resource(object=WEB, status="OutOfSync", health="Degraded"),
        Resource(object=CONFIG, status="Synced"),
        Resource(object=OLD, status="OutOfSync", requires_pruning=True),
    ),
)
DEBT = Debt(id="c1", app=STATE.ref, owner="U1", since=NOW, left="c")


def deployment_of(image: str, replicas: int = 1) -> str:
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}},
    }
    return json.dumps(body)


LIVE = (ManagedResource(object=WEB, target=deployment_of("shop:2"), live=deployment_of("shop:2", 3)),)
SHOWN = replace(
    FACTS,
    state=MANAGED,
    managed=LIVE,
    manifests=(deployment_of("shop:1"),),
    node_platforms=frozenset({"linux/amd64"}),
    image_platforms={"shop:1": frozenset({"linux/amd64"})},
)


def plan_of(verb: str, facts: Facts, *, target: str = "", resources: tuple[ObjectRef, ...] = ()) -> Plan:
    return make_plan(facts, Wanted(verb=verb, app=STATE.ref, incident="i1", target=target, resources=resources))


@pytest.mark.parametrize("verb", sorted(TITLES))
def test_every_plan_states_what_it_does_how_to_undo_it_its_risk_and_its_right(verb: str) -> None:
    running = replace(MANAGED, operation_pending=True) if verb == TERMINATE else MANAGED
    state = replace(running, auto_sync=verb != RESTORE)
    plan = plan_of(verb, replace(SHOWN, state=state))
    assert not plan.refused, plan.card.refusal
    card = plan.card
    assert card.will
    assert card.undo is not None
    assert card.right
    assert card.risk in set(Risk)
    assert card.commands
    assert card.confirm == TITLES[verb]
    confirmed = parse_value(card.value)
    assert confirmed is not None
    assert confirmed.digest == plan.digest != ""


@pytest.mark.parametrize("verb", sorted(TITLES))
def test_a_plan_made_twice_of_the_same_state_is_the_same(verb: str) -> None:
    assert plan_of(verb, SHOWN).digest == plan_of(verb, SHOWN).digest


def test_a_rollback_shows_what_changes() -> None:
    told = words(plan_of(ROLLBACK, SHOWN).card.changes)
    assert "image shop:2 → shop:1" in told
    assert "replicas 3 → 1" in told


def test_a_rollback_names_the_commits_to_revert_with_their_repository() -> None:
    state = replace(
        STATE, revision=SHA_NOW, history=(entry(1, SHA_THEN), entry(2, SHA_NOW)), paths=("apps/shop",), operation=None
    )
    commands = [
        fill(item.template, dict(item.values))
        for item in rollback_plan(replace(FACTS, state=state), incident="").card.commands
    ]
    assert commands[0] == f"git log --oneline {SHA_THEN}..{SHA_NOW} -- apps/shop"
    assert commands[1] == f"git revert {SHA_NOW}   # in https://git.example.com/shop.git"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            {"manifests": None, "unrendered": "repo-server is away"}, "repo-server is away", id="not rendered"
        ),
        pytest.param({"state": replace(MANAGED, source="x")}, "approximate", id="other parameters"),
        pytest.param({"image_platforms": {}}, "Platforms of shop:1", id="registry not asked"),
        pytest.param({"node_platforms": None}, "The nodes' platforms", id="nodes not asked"),
        pytest.param(
            {"node_platforms": frozenset({"linux/amd64", "linux/arm64"})}, "Not every node", id="some nodes can't"
        ),
    ],
)
def test_a_rollback_says_what_it_does_not_know(change: dict[str, object], said: str) -> None:
    plan = plan_of(ROLLBACK, replace(SHOWN, **change))  # type: ignore[arg-type]  # a table of fields
    assert not plan.refused
    assert said in " ".join(fill(item.template, dict(item.values)) for item in plan.card.warnings)


def test_a_rollback_to_an_image_that_no_node_can_run_is_refused() -> None:
    plan = plan_of(ROLLBACK, replace(SHOWN, image_platforms={"shop:1": frozenset({"linux/arm64"})}))
    assert plan.refused
    assert "docker buildx build" in words(plan.card.refusal)


@pytest.mark.parametrize(
    ("mode", "risk", "said"),
    [
        pytest.param("", Risk.MEDIUM, "deletes nothing", id="everything"),
        pytest.param(OUT_OF_SYNC, Risk.MEDIUM, "Hooks don't run", id="out of sync"),
        pytest.param(DRY_RUN, Risk.LOW, "Nothing that runs is changed", id="dry run"),
        pytest.param(PRUNE, Risk.HIGH, "**Delete** {{count}}", id="prune"),
    ],
)
def test_ways_to_sync(mode: str, risk: Risk, said: str) -> None:
    plan = plan_of(SYNC, SHOWN, target=mode)
    assert (plan.refused, plan.risk) == (False, risk)
    assert said in words((plan.card.will, plan.card.will_not))


def test_a_prune_is_stale_once_something_else_would_be_deleted() -> None:
    more = replace(MANAGED, resources=(*MANAGED.resources, Resource(object=CONFIG, requires_pruning=True)))
    assert plan_of(SYNC, SHOWN, target=PRUNE).digest != plan_of(SYNC, replace(SHOWN, state=more), target=PRUNE).digest


TERMINATING = Operation(
    phase="Terminating", message="operation is terminating", revision="c", started_at=NOW, finished_at=None
)


@pytest.mark.parametrize(
    ("verb", "facts", "target", "resources", "why"),
    [
        pytest.param(
            SYNC, SHOWN, "", (ObjectRef(kind="Secret", name="x"),), "doesn't manage", id="a stranger's object"
        ),
        pytest.param(SYNC, FACTS, OUT_OF_SYNC, (), "Nothing of", id="nothing out of sync"),
        pytest.param(SYNC, FACTS, PRUNE, (), "nothing to delete", id="nothing to prune"),
        pytest.param(TERMINATE, SHOWN, "", (), "nothing to end", id="idle"),
        pytest.param(
            TERMINATE,
            replace(SHOWN, state=replace(MANAGED, operation_pending=True, operation=TERMINATING)),
            "",
            (),
            "application controller",
            id="terminating already",
        ),
        pytest.param(
            TERMINATE,
            replace(
                SHOWN,
                state=replace(
                    MANAGED,
                    operation_pending=True,
                    operation=replace(TERMINATING, message="Sync operation blocked by sync window"),
                ),
            ),
            "",
            (),
            "closed sync window holds it",
            id="held by a window",
        ),
        pytest.param(RESTART, FACTS, "", (), "no Deployment", id="no workload"),
        pytest.param(RESTART, SHOWN, "", (CONFIG,), "can be restarted", id="not a workload"),
        pytest.param(PAUSE, replace(SHOWN, state=replace(MANAGED, auto_sync=False)), "", (), "off already", id="off"),
        pytest.param(RESTORE, SHOWN, "", (), "on already", id="on"),
        pytest.param(
            RESTORE,
            replace(SHOWN, state=replace(MANAGED, auto_sync=False, parent=None)),
            "",
            (),
            "kubectl",
            id="no right to restore",
        ),
        pytest.param(
            PAUSE,
            replace(SHOWN, state=replace(MANAGED, parent=None, application_set="s"), set_keeps_pause=None),
            "",
            (),
            "could not be read",
            id="an ApplicationSet nobody could read",
        ),
        pytest.param(REFRESH, replace(SHOWN, state=replace(MANAGED, deleting=True)), "", (), "deleted", id="deleting"),
    ],
)
def test_other_refusals(verb: str, facts: Facts, target: str, resources: tuple[ObjectRef, ...], why: str) -> None:
    plan = plan_of(verb, facts, target=target, resources=resources)
    assert plan.refused
    assert why in words(plan.card.refusal)


def test_restoring_warns_while_git_holds_what_was_rolled_back() -> None:
    paused = replace(MANAGED, auto_sync=False, sync="OutOfSync")
    before = plan_of(RESTORE, replace(SHOWN, state=paused, debt=DEBT))
    assert "deployed again at once" in words(before.card.warnings)
    after = plan_of(RESTORE, replace(SHOWN, state=replace(paused, revision="d"), debt=DEBT))
    assert not after.card.warnings


def test_syncing_warns_while_git_holds_what_was_rolled_back() -> None:
    assert "deploys it again" in words(plan_of(SYNC, replace(SHOWN, debt=DEBT)).card.warnings)


def test_a_restart_proposes_what_is_unwell_and_comes_back_as_it_was() -> None:
    plan = plan_of(RESTART, SHOWN)
    confirmed = parse_value(plan.card.value)
    assert confirmed is not None
    assert confirmed.resources == (WEB,)
    assert plan.card.chosen == plan.card.choices[0][0]
