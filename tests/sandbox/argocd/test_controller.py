"""Operations, write by write."""

import asyncio
from typing import Any

import pytest

from bot.sandbox.argocd import FakeArgoCD, ManualTimeline, Outcome, Owner, RealTimeline
from tests.sandbox.argocd.conftest import BAD, GOOD, START, Client, Connect, Json, application

KEY = ("argocd", "web")
AUTOMATED = {"automated": {"prune": True}}
DISABLED = {"automated": {"prune": True, "enabled": False}}
MISSING_CRD = "one or more synchronization tasks are not valid"
SYNC_FAILED = [{"kind": "PrometheusRule", "name": "rules", "status": "SyncFailed", "message": "no CRD"}]


async def post(client: Client, path: str, body: Json) -> Json:
    response = await client.post(f"/api/v1/applications/{path}", json=body)
    answer: Json = await response.json()
    assert response.status == 200, answer
    return answer


def shape(app: Json) -> tuple[Any, ...]:
    status = app["status"]
    return (
        "operation" in app,
        status.get("operationState", {}).get("phase"),
        len(status["history"]),
        status["sync"]["status"],
        status["health"]["status"],
    )


async def every_write(fake: FakeArgoCD, timeline: ManualTimeline) -> list[tuple[Any, ...]]:
    """Step to the end and return each distinct shape the Application had."""
    seen = [shape(fake.applications[KEY])]
    while await timeline.step():
        if shape(fake.applications[KEY]) != seen[-1]:
            seen.append(shape(fake.applications[KEY]))
    return seen


async def test_a_rollback_goes_through_the_recorded_writes(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    answered = await post(client, "web/rollback", {"id": 0})
    assert "operationState" not in answered["status"]  # absent, not null
    assert await every_write(fake, timeline) == [
        (True, None, 2, "Synced", "Degraded"),
        (True, "Running", 2, "Synced", "Degraded"),
        (True, "Running", 3, "Synced", "Degraded"),  # history first
        (False, "Succeeded", 3, "Synced", "Degraded"),
        (False, "Succeeded", 3, "OutOfSync", "Progressing"),
        (False, "Succeeded", 3, "OutOfSync", "Healthy"),
    ]
    app = fake.applications[KEY]
    assert app["status"]["history"][-1]["id"] == 2
    assert app["status"]["history"][-1]["revision"] == GOOD
    assert app["spec"] == application()["spec"]
    assert app["status"]["reconciledAt"] > app["status"]["operationState"]["finishedAt"]


async def test_reconciled_at_is_not_after_the_end_at_once(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    await post(client, "web/rollback", {"id": 0})
    while "operation" in fake.applications[KEY]:
        await timeline.step()
    status = fake.applications[KEY]["status"]
    assert status["reconciledAt"] <= status["operationState"]["finishedAt"]


@pytest.mark.parametrize(
    ("body", "history"),
    [
        pytest.param({"dryRun": True}, 2, id="dry run"),
        pytest.param({"resources": [{"group": "apps", "kind": "Deployment", "name": "web"}]}, 2, id="partial"),
        pytest.param({}, 3, id="whole"),
    ],
)
async def test_only_a_whole_sync_leaves_history(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline, body: Json, history: int
) -> None:
    await post(client, "web/sync", body)
    await timeline.advance(10)
    assert len(fake.applications[KEY]["status"]["history"]) == history


async def test_history_is_trimmed_to_its_limit(fake: FakeArgoCD, client: Client, timeline: ManualTimeline) -> None:
    app = application()
    app["spec"]["revisionHistoryLimit"] = 2
    fake.put_application(app)
    await post(client, "web/sync", {})
    await timeline.advance(10)
    assert [entry["id"] for entry in fake.applications[KEY]["status"]["history"]] == [1, 2]


async def test_a_failure_is_retried_and_then_final(fake: FakeArgoCD, client: Client, timeline: ManualTimeline) -> None:
    fake.set_outcome("web", BAD, Outcome(kind="failed", message=MISSING_CRD, resources=SYNC_FAILED))
    await post(client, "web/sync", {})
    await timeline.advance(1)
    waiting = fake.applications[KEY]["status"]["operationState"]
    assert waiting["phase"] == "Running"
    assert waiting["finishedAt"]
    assert waiting["message"] == f"{MISSING_CRD}. Retrying attempt #1 at 8:00AM."
    assert (await client.post("/api/v1/applications/web/sync", json={})).status == 400
    await timeline.advance(9.5)
    again = fake.applications[KEY]["status"]["operationState"]
    assert again["message"] == "Retrying operation. Attempt #1"
    assert "syncResult" not in again
    await timeline.advance(10)
    app = fake.applications[KEY]
    assert app["status"]["operationState"]["phase"] == "Failed"
    assert app["status"]["operationState"]["message"] == f"{MISSING_CRD} (retried 1 times)."
    assert app["status"]["operationState"]["syncResult"]["resources"] == SYNC_FAILED
    assert len(app["status"]["history"]) == 2
    assert "conditions" not in app["status"]  # a person's sync sets none


async def test_a_revision_that_failed_fails_again_the_same_way(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    app = application()
    app["spec"]["syncPolicy"].pop("retry")
    app["status"]["operationState"] |= {
        "phase": "Failed",
        "message": f"{MISSING_CRD} (retried 2 times).",
        "syncResult": {"revision": BAD, "resources": SYNC_FAILED},
    }
    fake.put_application(app)
    await post(client, "web/sync", {})
    await timeline.advance(10)
    state = fake.applications[KEY]["status"]["operationState"]
    assert (state["phase"], state["message"]) == ("Failed", MISSING_CRD)
    assert state["syncResult"]["resources"] == SYNC_FAILED
    fake.forget_outcomes("web")
    await post(client, "web/sync", {})
    await timeline.advance(10)
    assert fake.applications[KEY]["status"]["operationState"]["phase"] == "Succeeded"


async def test_a_degraded_revision_stays_degraded_when_synced_again(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    await post(client, "web/sync", {})
    await timeline.advance(10)
    assert fake.applications[KEY]["status"]["health"]["status"] == "Degraded"


async def test_a_failure_is_forgotten_once_its_revision_succeeded(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    for phase, health in (("Failed", "Missing"), ("Succeeded", "Progressing")):
        app = application()
        app["status"]["health"] = {"status": health}
        app["status"]["operationState"] |= {"phase": phase, "message": "denied"}
        fake.put_application(app)
    await post(client, "web/sync", {})
    await timeline.advance(10)
    assert fake.applications[KEY]["status"]["operationState"]["phase"] == "Succeeded"


async def test_auto_sync_back_on_deploys_the_bad_commit_again(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    await post(client, "web/rollback", {"id": 0})
    await timeline.advance(10)
    spec = application()["spec"]
    spec["syncPolicy"]["automated"] = {"prune": True}
    assert (await client.put("/api/v1/applications/web/spec?validate=false", json=spec)).status == 200
    await timeline.advance(10)
    app = fake.applications[KEY]
    assert [entry["revision"] for entry in app["status"]["history"]] == [GOOD, BAD, GOOD, BAD]
    assert (app["status"]["sync"]["status"], app["status"]["health"]["status"]) == ("Synced", "Degraded")
    assert app["status"]["operationState"]["operation"]["initiatedBy"] == {"automated": True}


async def test_auto_sync_doesnt_repeat_what_failed_and_complains(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    fake.set_outcome("web", BAD, Outcome(kind="failed", message="denied"))
    await post(client, "web/rollback", {"id": 0})
    await timeline.advance(10)
    spec = application()["spec"]
    spec["syncPolicy"] = {"automated": {}, "retry": {"limit": 0}}
    await client.put("/api/v1/applications/web/spec?validate=false", json=spec)
    await timeline.advance(60)
    app = fake.applications[KEY]
    assert [one["message"] for one in app["status"]["conditions"]] == [f"Failed last sync attempt to [{BAD}]: denied"]
    version = app["metadata"]["resourceVersion"]
    await client.put("/api/v1/applications/web/spec?validate=false", json={**spec, "revisionHistoryLimit": 5})
    await timeline.advance(60)
    assert "operation" not in fake.applications[KEY]
    assert int(fake.applications[KEY]["metadata"]["resourceVersion"]) < int(version) + 4  # the spec and its event only


async def test_a_terminated_retry_ends_failed(fake: FakeArgoCD, client: Client, timeline: ManualTimeline) -> None:
    fake.set_outcome("web", BAD, Outcome(kind="failed", message=MISSING_CRD))
    await post(client, "web/sync", {})
    await timeline.advance(1)
    assert (await client.delete("/api/v1/applications/web/operation")).status == 200
    await timeline.advance(1)
    state = fake.applications[KEY]["status"]["operationState"]
    assert (state["phase"], state["message"]) == ("Failed", "Operation terminated")


async def test_a_held_rollback_goes_on_when_the_window_opens(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    deny = {"kind": "deny", "schedule": "* * * * *", "duration": "24h", "manualSync": False}
    fake.set_windows("web", [deny])
    await post(client, "web/rollback", {"id": 0})
    await timeline.advance(3600)
    assert fake.applications[KEY]["status"]["operationState"]["phase"] == "Running"
    fake.set_windows("web", [deny], active=[])
    await timeline.advance(10)
    assert fake.applications[KEY]["status"]["operationState"]["phase"] == "Succeeded"


async def test_the_hook_hears_of_real_ends_only(fake: FakeArgoCD, client: Client, timeline: ManualTimeline) -> None:
    heard: list[tuple[str, str]] = []

    async def hook(app: Json) -> None:
        heard.append((app["status"]["operationState"]["phase"], app["status"]["sync"]["status"]))

    fake.set_on_operation_finished(hook)
    await post(client, "web/sync", {"dryRun": True})
    await timeline.advance(10)
    await post(client, "web/rollback", {"id": 0})
    await timeline.advance(10)
    assert heard == [("Succeeded", "Synced")]  # before the comparison


async def test_a_storyteller_takes_an_application_over(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    await post(client, "web/rollback", {"id": 0})
    await timeline.step()
    told = application()
    told["status"]["health"]["status"] = "Healthy"
    fake.put_application(told)
    await timeline.advance(60)
    assert fake.applications[KEY]["status"] == told["status"]
    assert fake.was_changed_through_api("argocd", "web")


async def test_an_application_may_vanish_under_its_operation(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline, caplog: pytest.LogCaptureFixture
) -> None:
    await post(client, "web/rollback", {"id": 0})
    await timeline.step()
    fake.delete_application("argocd", "web")
    await timeline.advance(60)
    assert not fake.applications
    assert not caplog.records


async def test_a_healthy_end_heals_tree_and_managed_resources(
    fake: FakeArgoCD, client: Client, timeline: ManualTimeline
) -> None:
    fake.set_outcome("web", BAD, Outcome())
    tree = {
        "nodes": [
            {"kind": "Deployment", "name": "web", "health": {"status": "Degraded"}},
            {"kind": "Pod", "name": "web-1", "health": {"status": "Degraded"}},
            {"kind": "Pod", "name": "web-0", "health": {"status": "Healthy"}},
        ]
    }
    fake.set_tree("web", tree)
    item = {"kind": "Service", "name": "web", "targetState": '{"a":1}', "liveState": "null", "modified": True}
    fake.set_managed_resources("web", {"items": [item]})
    await post(client, "web/sync", {})
    await timeline.advance(10)
    healed = await (await client.get("/api/v1/applications/web/resource-tree")).json()
    assert [(node["name"], node["health"]["status"]) for node in healed["nodes"]] == [
        ("web", "Healthy"),
        ("web-0", "Healthy"),
    ]
    managed = await (await client.get("/api/v1/applications/web/managed-resources")).json()
    assert managed["items"][0]["liveState"] == '{"a":1}'
    assert "modified" not in managed["items"][0]


@pytest.mark.parametrize(
    ("owner", "policy", "afterwards"),
    [
        pytest.param(Owner.PARENT, DISABLED, DISABLED, id="parent, enabled false"),
        pytest.param(Owner.PARENT, {}, AUTOMATED, id="parent, removed"),
        pytest.param(Owner.APPLICATION_SET, DISABLED, AUTOMATED, id="set, enabled false"),
        pytest.param(Owner.APPLICATION_SET, {}, AUTOMATED, id="set, removed"),
        pytest.param(Owner.NONE, {}, {}, id="nobody"),
    ],
)
async def test_owners_undo_a_pause(connect: Connect, owner: Owner, policy: Json, afterwards: Json) -> None:
    timeline = ManualTimeline(START)
    fake = FakeArgoCD(timeline=timeline)
    app = application()
    app["spec"]["syncPolicy"] = AUTOMATED
    fake.put_application(app)
    fake.pause_undone_by("web", owner)
    client = await connect(fake)
    await client.put("/api/v1/applications/web/spec?validate=false", json={**app["spec"], "syncPolicy": policy})
    assert fake.applications[KEY]["spec"]["syncPolicy"] == policy
    await timeline.advance(0.5)
    assert fake.applications[KEY]["spec"]["syncPolicy"] == afterwards
    await fake.close()


async def test_the_data_name_the_owner(fake: FakeArgoCD, client: Client, timeline: ManualTimeline) -> None:
    root = application("root")
    root["spec"]["syncPolicy"] = {"automated": {"selfHeal": True}}
    child = application()
    child["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "root:argoproj.io/Application:argocd/web"}
    child["spec"]["syncPolicy"] = {"automated": {"prune": True}}
    fake.put_application(root)
    fake.put_application(child)
    await client.put("/api/v1/applications/web/spec?validate=false", json={**child["spec"], "syncPolicy": {}})
    await timeline.advance(0.5)
    assert fake.applications[KEY]["spec"]["syncPolicy"] == {"automated": {"prune": True}}


async def test_it_runs_by_itself_on_a_real_clock(connect: Connect) -> None:
    fake = FakeArgoCD(timeline=RealTimeline(speed=50))
    fake.put_application(application())
    client = await connect(fake)
    await post(client, "web/rollback", {"id": 0})
    async with asyncio.timeout(5):
        while True:
            app = await (await client.get("/api/v1/applications/web")).json()
            state = app["status"].get("operationState", {})
            if "operation" not in app and app["status"]["reconciledAt"] > state["finishedAt"]:
                break
            await asyncio.sleep(0.01)
    assert state["phase"] == "Succeeded"
    await fake.close()
