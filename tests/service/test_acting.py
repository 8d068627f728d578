"""Acts against the sandbox's Argo CD over the wire: done once, followed to the end, told, owed and audited."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.plans import PAUSE, REFRESH, RESTART, RESTORE, ROLLBACK, SYNC, TERMINATE, TITLES
from bot.core.plans.wanted import DRY_RUN
from bot.sandbox.argocd import FakeArgoCD, Outcome
from bot.sandbox.argocd.accounts import Account
from bot.sandbox.faults import Fault, Kind
from bot.service import auto_sync, follow
from bot.service.ports import SyncRequest
from tests.service.acting_stage import BAD, GOOD, TIMES, WEB, ActingStage, child, parent

ROLLBACK_CALL = re.compile("/rollback")
CLOSED = {"kind": "deny", "schedule": "* * * * *", "duration": "24h", "applications": ["*"]}
TOGGLE_CALL = re.compile("/resource/actions")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto_sync, "READ_BACK_AFTER", 0.05)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ActingStage]:
    async with ActingStage(tmp_path) as stage:
        yield stage


# -- each verb


async def test_a_rollback_pauses_goes_back_is_followed_and_leaves_a_debt(stage: ActingStage) -> None:
    assert await stage.act(ROLLBACK) == "succeeded"
    assert stage.history == [GOOD, BAD, GOOD]
    assert not stage.auto_sync
    (debt,) = await stage.store.debts()
    assert (debt.app, debt.owner, debt.left) == (WEB, "U1", BAD)
    told = stage.chat.told()
    for words in ("is paused", "Argo CD succeeded", "stays paused", "Restore auto-sync", "u1 (U1)"):
        assert words in told
    assert [(row.action, row.result) for row in await stage.audits()] == [(ROLLBACK, "begun"), (ROLLBACK, "succeeded")]


async def test_a_restore_settles_the_debt_and_warned_before(stage: ActingStage) -> None:
    await stage.act(ROLLBACK)
    card = await stage.plan(RESTORE)
    assert "deployed again at once" in str(card.warnings)
    assert await stage.confirm(card) == "succeeded"
    assert stage.auto_sync
    assert await stage.store.debts() == []


async def test_a_sync_carries_who_asked(stage: ActingStage) -> None:
    stage.argocd.forget_outcomes("web")
    assert await stage.act(SYNC) == "succeeded"
    info = {item["name"]: item["value"] for item in stage.app()["status"]["operationState"]["operation"]["info"]}
    assert info["slack-user"] == "u1 (U1)"


async def test_a_dry_run_changes_nothing_and_offers_the_real_one(stage: ActingStage) -> None:
    assert await stage.act(SYNC, target=DRY_RUN) == "succeeded"
    assert stage.history == [GOOD, BAD]
    assert stage.app()["status"]["operationState"]["operation"]["sync"]["dryRun"] is True
    assert "Sync for real" in stage.chat.told()


async def test_a_pause_is_owed_and_restored(stage: ActingStage) -> None:
    assert await stage.act(PAUSE) == "succeeded"
    assert not stage.auto_sync
    assert [debt.app for debt in await stage.store.debts()] == [WEB]
    assert await stage.act(RESTORE) == "succeeded"
    assert stage.auto_sync


async def test_a_refresh_compares_anew(stage: ActingStage) -> None:
    assert await stage.act(REFRESH) == "succeeded"
    assert "Compared anew" in stage.chat.told()


async def test_a_restart_is_asked_for_once(stage: ActingStage) -> None:
    assert await stage.act(RESTART) == "succeeded"
    assert "is being restarted" in stage.chat.told()


async def test_a_running_operation_can_be_terminated_while_it_is_followed(stage: ActingStage) -> None:
    stage.argocd.set_outcome("web", "*", Outcome(kind="hanging", message="waiting for completion of hook"))
    card = await stage.plan(SYNC)
    syncing = asyncio.create_task(stage.confirm(card))
    while "Terminate" not in stage.chat.told():
        await asyncio.sleep(0.02)
    assert await stage.act(TERMINATE) == "succeeded"
    assert await syncing == "failed"
    assert "Operation terminated" in stage.chat.told()


# -- permission, plan hash, audit: no way around for any verb


async def prepared(stage: ActingStage, verb: str) -> None:
    """Bring the Application where this verb makes sense."""
    if verb == TERMINATE:
        stage.argocd.set_outcome("web", "*", Outcome(kind="hanging", message="waiting"))
        await stage.client.sync(WEB, SyncRequest(), project="web")
        while not stage.app()["status"].get("operationState"):
            await asyncio.sleep(0.02)
    if verb == RESTORE:
        await stage.client.set_auto_sync(WEB, enabled=False, project="web")


def writes(stage: ActingStage) -> list[str]:
    """The Application as far as an act changes it."""
    app = stage.app()
    return [str(app["spec"]), str(app.get("operation")), str(app["status"].get("history"))]


@pytest.mark.parametrize("verb", sorted(TITLES))
async def test_no_verb_acts_for_who_may_not(stage: ActingStage, verb: str) -> None:
    await prepared(stage, verb)
    card = await stage.plan(verb)
    before = writes(stage)
    assert await stage.confirm(card, user="U9") == "refused"
    assert writes(stage) == before
    last = (await stage.audits())[-1]
    assert (last.actor, last.action, last.result) == ("U9", verb, "refused")
    assert "These people may" in str(stage.chat.plans[-1].outcome)


@pytest.mark.parametrize("verb", sorted(TITLES))
async def test_no_verb_acts_on_a_plan_that_was_not_read(stage: ActingStage, verb: str) -> None:
    await prepared(stage, verb)
    card = await stage.plan(verb)
    before = writes(stage)
    parts = card.value.split("|")
    parts[5] = "0" * len(parts[5])
    assert await stage.confirm(replace(card, value="|".join(parts))) == "stale"
    parts[5] = ""
    assert await stage.confirm(replace(card, value="|".join(parts))) == "ignored"
    assert writes(stage) == before


@pytest.mark.parametrize("verb", sorted(TITLES))
async def test_every_verb_is_audited_before_and_after_with_its_plan(stage: ActingStage, verb: str) -> None:
    await prepared(stage, verb)
    card = await stage.plan(verb)
    await stage.confirm(card)
    rows = [row for row in await stage.audits() if row.action == verb]
    assert [row.result for row in rows] == ["begun", rows[-1].result]
    digest = card.value.split("|")[5]
    assert all(dict(row.detail)["plan"] == digest and dict(row.detail)["name"] == "u1" for row in rows)
    assert (await stage.store.verify_audit()).whole


# -- how auto-sync is paused


def lean(*rights: str) -> FakeArgoCD:
    """An Argo CD that lets the responder get, sync, and what is named."""
    fake = FakeArgoCD(speed=25)
    allowed = {"get": ("*",), "sync": ("*",), "rollback": ("*",), **dict.fromkeys(rights, ("*",))}
    fake.add_account(Account(name="gitops-responder", token=fake.token, rights=allowed))
    return fake


async def test_the_parent_pauses_where_the_bot_may_not_update(tmp_path: Path) -> None:
    async with ActingStage(tmp_path, fake=lambda: lean("action/*")) as stage:
        assert await stage.act(ROLLBACK) == "succeeded"
        assert stage.history == [GOOD, BAD, GOOD]


async def test_without_a_parent_the_spec_is_changed(tmp_path: Path) -> None:
    alone = child()
    alone["metadata"]["annotations"] = {}
    async with ActingStage(tmp_path, apps=(alone,)) as stage:
        assert await stage.act(ROLLBACK) == "succeeded"
        assert stage.app()["spec"]["syncPolicy"]["automated"] == {"selfHeal": True, "prune": True, "enabled": False}


async def test_without_a_parent_and_without_update_it_is_refused_beforehand(tmp_path: Path) -> None:
    alone = child()
    alone["metadata"]["annotations"] = {}
    async with ActingStage(tmp_path, apps=(alone,), fake=lean) as stage:
        card = await stage.plan(ROLLBACK)
        assert "kubectl" in str(card.refusal)
        assert stage.history == [GOOD, BAD]


async def test_a_parent_that_refuses_ends_it_with_nothing_changed_and_the_command_shown(tmp_path: Path) -> None:
    async with ActingStage(tmp_path, fake=lean) as stage:
        before = str(stage.app()["spec"])
        assert await stage.act(ROLLBACK) == "failed"
        assert str(stage.app()["spec"]) == before
        assert stage.history == [GOOD, BAD]
        assert await stage.store.debts() == []
        told = stage.chat.told()
        assert "could not be paused" in told
        assert "kubectl" in told


async def test_a_parent_that_refuses_is_passed_over_where_the_bot_may_update(tmp_path: Path) -> None:
    async with ActingStage(tmp_path, fake=lambda: lean("update")) as stage:
        assert await stage.act(ROLLBACK) == "succeeded"


async def test_an_application_set_is_refused_with_the_exact_patch(tmp_path: Path) -> None:
    owned = child()
    owned["metadata"]["ownerReferences"] = [{"kind": "ApplicationSet", "name": "tenants"}]
    async with ActingStage(tmp_path, apps=(owned, parent())) as stage:
        stage.argocd.put_application_set({"metadata": {"name": "tenants", "namespace": "argocd"}, "spec": {}})
        card = await stage.plan(ROLLBACK)
        assert '"ignoreApplicationDifferences":[{"jsonPointers":["/spec/syncPolicy"]}]' in str(card.refusal)


# -- what Argo CD does meanwhile


@pytest.mark.parametrize("kind", [pytest.param("cut", id="done, no answer"), pytest.param("drop", id="never arrived")])
async def test_a_request_without_an_answer_is_looked_for_and_never_repeated(stage: ActingStage, kind: Kind) -> None:
    stage.faults.add(Fault(target="argocd", kind=kind, method="POST", path=ROLLBACK_CALL))
    result = await stage.act(ROLLBACK)
    done = kind == "cut"
    assert result == ("succeeded" if done else "unknown")
    assert stage.history == ([GOOD, BAD, GOOD] if done else [GOOD, BAD])
    assert [debt.app for debt in await stage.store.debts()] == [WEB]
    if not done:
        assert "not repeated" in stage.chat.told()


async def test_a_request_that_is_answered_too_late_is_found(tmp_path: Path) -> None:
    async with ActingStage(tmp_path, within=0.3) as stage:
        stage.late = timedelta(seconds=0.6)
        assert await stage.act(ROLLBACK) == "succeeded"
        assert stage.history == [GOOD, BAD, GOOD]


@pytest.mark.parametrize(
    ("kind", "result"), [pytest.param("cut", "succeeded", id="paused"), pytest.param("drop", "failed", id="not paused")]
)
async def test_a_pause_without_an_answer_is_looked_at_and_not_toggled_back(
    stage: ActingStage, kind: Kind, result: str
) -> None:
    stage.faults.add(Fault(target="argocd", kind=kind, method="POST", path=TOGGLE_CALL))
    assert await stage.act(ROLLBACK) == result
    assert stage.auto_sync is (kind == "drop")
    assert stage.history == ([GOOD, BAD, GOOD] if kind == "cut" else [GOOD, BAD])


async def test_argo_cd_restarting_in_the_middle_changes_nothing(stage: ActingStage) -> None:
    card = await stage.plan(ROLLBACK)
    acting = asyncio.create_task(stage.confirm(card))
    while not stage.app().get("operation"):
        await asyncio.sleep(0.005)
    stage.argocd.restart()
    stage.faults.add(Fault(target="argocd", kind="503", times=12))
    assert await acting == "succeeded"
    assert stage.history == [GOOD, BAD, GOOD]
    assert "still following" in str(stage.chat.edits)


async def test_a_failure_is_quoted_and_explained(stage: ActingStage) -> None:
    failed = {
        "kind": "Service",
        "version": "v1",
        "namespace": "web",
        "name": "web",
        "status": "SyncFailed",
        "message": "Service is invalid",
    }
    stage.argocd.set_outcome("web", "*", Outcome(kind="failed", message="one or more failed", resources=(failed,)))
    assert await stage.act(SYNC) == "failed"
    told = stage.chat.told()
    assert "Service is invalid" in told
    assert "explained {{object}}" in told


async def test_an_operation_that_hangs_in_terminating_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "HANGS_AFTER", timedelta(0))
    async with ActingStage(tmp_path, times=replace(TIMES, follow_timeout=timedelta(seconds=2))) as stage:
        card = await stage.plan(ROLLBACK)
        acting = asyncio.create_task(stage.confirm(card))
        while stage.auto_sync:
            await asyncio.sleep(0.005)
        stage.argocd.set_windows("web", [CLOSED])
        while "sync window holds it" not in str(stage.chat.edits):
            await asyncio.sleep(0.02)
        await stage.client.terminate(WEB, project="web")
        assert await acting == "unknown"
        assert "is Terminating and stays so" in str(stage.chat.edits)
        assert "isn't followed any longer" in stage.chat.told()
        assert "stays so: a closed sync window holds it" in str((await stage.plan(TERMINATE)).refusal)


async def test_a_window_that_closes_after_the_look_is_explained(stage: ActingStage) -> None:
    card = await stage.plan(ROLLBACK)
    acting = asyncio.create_task(stage.confirm(card))
    while stage.auto_sync:
        await asyncio.sleep(0.005)
    stage.argocd.set_windows("web", [CLOSED])
    while "sync window holds it" not in str(stage.chat.edits):
        await asyncio.sleep(0.02)
    stage.argocd.set_windows("web", [])
    assert await acting == "succeeded"


async def test_a_closed_window_is_refused_beforehand(stage: ActingStage) -> None:
    stage.argocd.set_windows(
        "web", [{"kind": "deny", "schedule": "0 22 * * *", "duration": "8h", "applications": ["*"]}]
    )
    for verb in (SYNC, ROLLBACK):
        assert "A sync window is closed" in str((await stage.plan(verb)).refusal)


# -- clicks


async def test_a_second_confirmation_while_one_is_carried_out_is_refused_with_an_answer(stage: ActingStage) -> None:
    card = await stage.plan(ROLLBACK)
    results = await asyncio.gather(stage.confirm(card), stage.confirm(card))
    assert sorted(results) in (["failed", "succeeded"], ["stale", "succeeded"], ["refused", "succeeded"])
    assert stage.history == [GOOD, BAD, GOOD]
    assert len(stage.chat.plans) >= 2


async def test_a_click_on_an_old_message_opens_the_plan_of_now(stage: ActingStage) -> None:
    card = await stage.plan(ROLLBACK)
    await stage.confirm(card)
    assert await stage.confirm(card) in ("stale", "refused")
    assert stage.history == [GOOD, BAD, GOOD]
    assert "moved on" in str(stage.chat.plans[-1].warnings)
