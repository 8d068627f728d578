"""Reads and writes beside operations, and their refusals."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.argocd import Account, FakeArgoCD, RealTimeline
from tests.sandbox.argocd.conftest import BAD, GOOD, Client, Connect, Json, application

APP = "/api/v1/applications/web"


async def get(client: Client, path: str, **query: str) -> tuple[int, Any]:
    response = await client.get(path, params=query)
    return response.status, await response.json()


def refusal(code: int, message: str) -> Json:
    return {"error": message, "code": code, "message": message}


@pytest.mark.parametrize(
    ("fields", "item"),
    [
        ("items.metadata.name,items.spec.project", {"metadata": {"name": "web"}, "spec": {"project": "web"}}),
        ("items.status.conditions,items.status.history", {}),
        ("items.status.operationState.phase", {"status": {"operationState": {"phase": "Succeeded"}}}),
        (
            "items.status.operationState.operation.sync",
            {"status": {"operationState": {"operation": {"sync": {"revision": BAD}}}}},
        ),
        ("items.spec.source.repoURL", {}),
    ],
)
async def test_a_list_knows_a_fixed_set_of_fields(client: Client, fields: str, item: Json) -> None:
    assert (await get(client, "/api/v1/applications", fields=fields))[1]["items"] == [item]


async def test_a_list_answers_the_result_where_the_operation_was_asked_for(fake: FakeArgoCD, client: Client) -> None:
    app = application()
    app["status"]["operationState"]["syncResult"] = {"revision": GOOD}
    fake.put_application(app)
    _, answer = await get(client, "/api/v1/applications", fields="items.status.operationState.operation.sync")
    assert answer["items"][0]["status"]["operationState"]["operation"]["sync"] == {"revision": GOOD}


async def test_a_list_excludes_what_a_dash_names(client: Client) -> None:
    _, answer = await get(client, "/api/v1/applications", fields="-items.spec,items.status.resources")
    assert "spec" not in answer["items"][0]
    assert "resources" not in answer["items"][0]["status"]
    assert answer["items"][0]["metadata"]["name"] == "web"


async def test_only_lists_lack_resource_health(fake: FakeArgoCD, client: Client) -> None:
    app = application()
    del app["status"]["resources"][1]["health"]
    fake.put_application(app)
    node = {"group": "apps", "kind": "Deployment", "namespace": "web", "name": "web", "health": {"status": "Degraded"}}
    fake.set_tree("web", {"nodes": [node]})
    listed = (await get(client, "/api/v1/applications"))[1]["items"][0]["status"]["resources"]
    read = (await get(client, APP))[1]["status"]["resources"]
    assert ["health" in one for one in listed] == [False, False]
    assert read[1]["health"] == {"status": "Degraded"}


async def test_no_applications_are_null(connect: Connect) -> None:
    client = await connect(FakeArgoCD())
    assert (await get(client, "/api/v1/applications"))[1]["items"] is None


async def test_an_application_of_two_projects_is_refused(client: Client) -> None:
    response = await client.get(f"{APP}?projects=a&projects=b")
    message = "multiple projects specified - the get endpoint accepts either zero or one project"
    assert (response.status, await response.json()) == (400, refusal(3, message))


async def test_applications_in_other_namespaces(fake: FakeArgoCD, connect: Connect) -> None:
    app = application("team")
    app["metadata"]["namespace"] = "team-a"
    fake.put_application(app)
    fake.add_account(Account(name="viewer", token="viewer", rights={"get": ("web/team-a/*",)}))
    client = await connect(fake, token="viewer")
    assert (await get(client, "/api/v1/applications/team"))[0] == 403
    assert (await get(client, "/api/v1/applications/team", appNamespace="team-a"))[0] == 200
    assert (await get(client, APP))[0] == 403


@pytest.mark.parametrize(("asked", "kind"), [("normal", "normal"), ("hard", "hard"), ("anything", "normal")])
async def test_a_refresh_is_three_lines_and_a_later_comparison(connect: Connect, asked: str, kind: str) -> None:
    fake = FakeArgoCD(timeline=RealTimeline(speed=50))
    fake.put_application(application())
    client = await connect(fake)
    stream = await client.get("/api/v1/stream/applications")
    _, answered = await get(client, APP, refresh=asked)
    assert answered["status"]["reconciledAt"] > application()["status"]["reconciledAt"]
    assert "argocd.argoproj.io/refresh" not in answered["metadata"]["annotations"]
    lines = [json.loads(await stream.content.readline())["result"]["application"] for _ in range(4)]
    annotations = [one["metadata"]["annotations"].get("argocd.argoproj.io/refresh") for one in lines]
    assert annotations == [None, kind, kind, None]
    stream.close()
    await fake.close()


async def test_a_refresh_may_hang(connect: Connect) -> None:
    fake = FakeArgoCD(timeline=RealTimeline(speed=50))
    fake.put_application(application())
    fake.set_refresh_hangs("web")
    client = await connect(fake)
    asking = asyncio.create_task(get(client, APP, refresh="normal"))
    done, _ = await asyncio.wait({asking}, timeout=0.2)
    assert not done
    fake.set_refresh_hangs("web", hangs=False)
    assert (await asking)[0] == 200
    await fake.close()


@pytest.mark.parametrize(
    ("patch", "patch_type"),
    [
        ({"spec": {"syncPolicy": {"automated": {"enabled": False}}}}, "merge"),
        ([{"op": "add", "path": "/spec/syncPolicy/automated", "value": {"enabled": False}}], "json"),
    ],
    ids=["merge", "json"],
)
async def test_a_patch_pauses_unless_git_is_broken(
    fake: FakeArgoCD, client: Client, patch: object, patch_type: str
) -> None:
    body = {"patch": json.dumps(patch), "patchType": patch_type}
    fake.set_git_broken("rpc error: code = Unknown desc = bad YAML")
    response = await client.patch(APP, json=body)
    message = (
        "application spec for web is invalid: InvalidSpecError: "
        "Unable to generate manifests in web: rpc error: code = Unknown desc = bad YAML"
    )
    assert (response.status, await response.json()) == (400, refusal(3, message))
    spec = application()["spec"]
    spec["syncPolicy"]["automated"] = {"enabled": False}
    assert (await client.put(f"{APP}/spec", json=spec)).status == 400
    assert (await client.put(f"{APP}/spec?validate=false", json=spec)).status == 200
    fake.set_git_broken(None)
    response = await client.patch(APP, json=body)
    assert (await response.json())["spec"]["syncPolicy"]["automated"] == {"enabled": False}


async def test_the_repo_server_down(fake: FakeArgoCD, client: Client) -> None:
    text = 'connection error: desc = "transport: Error while dialing: dial tcp: connect: connection refused"'
    fake.set_git_broken(text, kind="repo-server")
    assert await get(client, f"{APP}/manifests") == (503, refusal(14, text))
    response = await client.post(f"{APP}/sync", json={"dryRun": True})
    message = f"error resolving repo revision: rpc error: code = Unavailable desc = {text}"
    assert (response.status, await response.json()) == (400, refusal(9, message))


async def test_redis_down(fake: FakeArgoCD, client: Client) -> None:
    fake.set_cache_broken("dial tcp 10.0.0.1:6379: connect: connection refused")
    message = "error getting cached app resource tree: dial tcp 10.0.0.1:6379: connect: connection refused"
    assert await get(client, f"{APP}/resource-tree") == (500, refusal(2, message))
    assert (await get(client, f"{APP}/managed-resources"))[0] == 500
    assert (await get(client, APP))[0] == 200


@pytest.mark.parametrize(
    ("change", "history_id", "expected"),
    [
        (
            lambda app: app["metadata"].update(deletionTimestamp="2026-11-23T08:00:00Z"),
            0,
            refusal(9, "application is deleting"),
        ),
        (
            lambda app: app["status"]["history"][0].pop("source"),
            0,
            refusal(9, "cannot rollback to revision deployed with Argo CD v0.11 or lower. sync to revision instead."),
        ),
        (
            lambda app: app.update(operation={"sync": {}}),
            1,
            refusal(9, "another operation is already in progress"),
        ),
        (
            lambda app: app.update(operation={"sync": {}}),
            7,
            refusal(3, "application argocd/web does not have deployment with id 7"),
        ),
    ],
    ids=["deleting", "without a source", "running", "unknown id before running"],
)
async def test_rollback_is_refused_in_order(
    fake: FakeArgoCD, client: Client, change: Callable[[Json], object], history_id: int, expected: Json
) -> None:
    app = application()
    change(app)
    fake.put_application(app)
    response = await client.post(f"{APP}/rollback", json={"id": history_id})
    assert (response.status, await response.json()) == (400, expected)


async def test_rollback_may_be_enforced_apart(connect: Connect) -> None:
    rights = {"get": ("*",), "sync": ("*",)}
    fake = FakeArgoCD(enforce_rollback=True, accounts=[Account(name="b", token="b", rights=rights)])
    fake.put_application(application())
    client = await connect(fake, token="b")
    assert (await get(client, "/api/v1/account/can-i/applications/rollback/web/web"))[1] == {"value": "no"}
    assert (await client.post(f"{APP}/rollback", json={"id": 0})).status == 403
    await fake.close()


@pytest.mark.parametrize(
    ("body", "operation"),
    [
        ({}, {"syncOptions": ["CreateNamespace=true"], "retry": {"limit": 1}}),
        ({"syncOptions": {"items": []}}, {"syncOptions": None, "retry": {"limit": 1}}),
        ({"retryStrategy": {"limit": 4}}, {"syncOptions": ["CreateNamespace=true"], "retry": {"limit": 4}}),
    ],
    ids=["inherits", "options replace", "retry replaces"],
)
async def test_a_sync_inherits_what_it_does_not_say(client: Client, body: Json, operation: Json) -> None:
    answered = (await (await client.post(f"{APP}/sync", json=body)).json())["operation"]
    assert {"syncOptions": answered["sync"].get("syncOptions"), "retry": answered["retry"]} == operation


async def test_manifests_of_a_sync_need_override(client: Client) -> None:
    response = await client.post(f"{APP}/sync", json={"manifests": ["{}"]})
    assert response.status == 403
    assert (await response.json())["message"].startswith("permission denied: applications, override, web/web, sub: ")


async def test_events_of_an_object_need_all_three_names(fake: FakeArgoCD, client: Client) -> None:
    fake.set_tree("web", {"nodes": [{"kind": "Pod", "namespace": "web", "name": "web-0", "uid": "u1"}]})
    fake.set_events("web", [{"reason": "BackOff"}], resource=("web", "web-0", "u1"))
    names = {"resourceNamespace": "web", "resourceName": "web-0"}
    assert (await get(client, f"{APP}/events", **names, resourceUID="u1"))[1]["items"] == [{"reason": "BackOff"}]
    message = "web-0 not found as part of application web"
    assert await get(client, f"{APP}/events", **names) == (400, refusal(3, message))
    assert (await get(client, f"{APP}/events"))[1]["items"] is None


async def test_revisions_and_manifests(fake: FakeArgoCD, client: Client) -> None:
    fake.set_revision(GOOD, author="Dana <d@example.com>", date=datetime(2026, 11, 23, tzinfo=UTC), message="Good")
    assert (await get(client, f"{APP}/revisions/{GOOD}/metadata"))[1] == {
        "author": "Dana <d@example.com>",
        "date": "2026-11-23T00:00:00Z",
        "message": "Good",
    }
    assert (await get(client, f"{APP}/revisions/{BAD}/metadata"))[0] == 500
    items = [{"kind": "A", "targetState": '{"a":1}'}, {"kind": "Pruned", "targetState": "null"}]
    fake.set_managed_resources("web", {"items": items})
    fake.set_manifests("web", GOOD, {"manifests": ['{"a":0}']})
    assert (await get(client, f"{APP}/manifests"))[1]["manifests"] == ['{"a":1}']
    assert (await get(client, f"{APP}/manifests", revision=GOOD))[1]["manifests"] == ['{"a":0}']
    assert (await get(client, f"{APP}/managed-resources", kind="A"))[1]["items"] == items[:1]


async def test_one_resource(fake: FakeArgoCD, client: Client) -> None:
    items = [{"kind": "Service", "namespace": "web", "name": "web", "liveState": '{"kind":"Service"}'}]
    fake.set_managed_resources("web", {"items": items})
    named = {"namespace": "web", "resourceName": "web", "version": "v1"}
    assert (await get(client, f"{APP}/resource", **named, kind="Service"))[1] == {"manifest": '{"kind":"Service"}'}
    message = "Secret  web not found as part of application web"  # a core kind has no group: two blanks
    assert await get(client, f"{APP}/resource", **named, kind="Secret") == (400, refusal(3, message))


async def test_logs_end_with_a_marker_or_are_empty(fake: FakeArgoCD, client: Client) -> None:
    response = await client.get(f"{APP}/logs")
    assert (response.status, await response.read()) == (200, b"")
    fake.set_logs("web", [{"content": f"line {n}", "podName": "web-0", "last": False} for n in range(5)])
    lines = (await (await client.get(f"{APP}/logs", params={"tailLines": "2"})).text()).splitlines()
    shown = [json.loads(one)["result"] for one in lines]
    assert [(one["content"], one["last"]) for one in shown] == [("line 3", False), ("line 4", False), ("", True)]
    assert await (await client.get(f"{APP}/pods/other/logs")).read() == b""


async def test_the_instance(fake: FakeArgoCD, client: Client) -> None:
    assert (await get(client, "/api/version"))[1]["Version"] == "v3.6.0+37ee009"
    assert (await get(client, "/api/v1/settings"))[1]["trackingMethod"] == "annotation"
    names = [one["metadata"]["name"] for one in (await get(client, "/api/v1/projects"))[1]["items"]]
    assert names == ["default", "web"]
    assert (await get(client, "/api/v1/projects/absent"))[0] == 404
    assert (await get(client, "/api/v1/clusters", name="in-cluster"))[1]["items"][0]["serverVersion"] == "v1.36.2"
    assert (await get(client, "/api/v1/clusters", name="other"))[1]["items"] is None
    assert (await get(client, "/api/v1/repositories"))[1] == {"metadata": {}, "items": None}
    fake.put_application_set({"metadata": {"name": "tenants"}, "spec": {}})
    assert (await get(client, "/api/v1/applicationsets"))[1]["items"][0]["metadata"]["name"] == "tenants"
    assert (await get(client, "/api/v1/applicationsets/absent"))[0] == 404
    assert (await get(client, "/api/v1/account/can-i/nonsense/get/x"))[0] == 400


async def test_strangers_learn_little(fake: FakeArgoCD, connect: Connect) -> None:
    client = await connect(fake, token="nonsense")
    assert (await get(client, "/api/version"))[1] == {"Version": "v3.6.0+37ee009"}
    assert "trackingMethod" not in (await get(client, "/api/v1/settings"))[1]
    assert await get(client, "/api/v1/applications") == (401, refusal(16, "no session information"))


async def test_a_password_gives_a_token(fake: FakeArgoCD, client: Client) -> None:
    fake.add_account(Account(name="alice", token="a.b.c", password="right"))
    response = await client.post("/api/v1/session", json={"username": "alice", "password": "right"})
    assert await response.json() == {"token": "a.b.c"}
    response = await client.post("/api/v1/session", json={"username": "alice", "password": "wrong"})
    assert (response.status, await response.json()) == (401, refusal(16, "Invalid username or password"))
    response = await client.get(APP, headers={"Authorization": "", "Cookie": "argocd.token=a.b.c"})
    assert response.status == 200


async def test_an_expired_token(fake: FakeArgoCD, connect: Connect) -> None:
    fake.add_account(Account(name="old", token="a.b.c", expired=True))
    client = await connect(fake, token="a.b.c")
    message = "invalid session: token has invalid claims: token is expired"
    assert await get(client, APP) == (401, refusal(16, message))


@pytest.mark.parametrize("path", [f"{APP}/operation", "/api/v1/nope"])
async def test_a_delete_needs_the_content_type_too(client: Client, path: str) -> None:
    response = await client.delete(path, headers={"Content-Type": "text/plain"})
    assert (response.status, await response.text()) == (415, "Invalid content type\n")


async def test_an_action_needs_its_right_and_its_resource(fake: FakeArgoCD, connect: Connect) -> None:
    fake.add_account(Account(name="v", token="v", rights={"get": ("*",), "action/apps/*": ("web/*",)}))
    client = await connect(fake, token="v")
    restart = {"kind": "Deployment", "group": "apps", "resourceName": "web", "namespace": "web", "action": "restart"}
    path = f"{APP}/resource/actions/v2"
    assert (await client.post(path, json=restart)).status == 200
    message = "Deployment apps absent not found as part of application web"
    response = await client.post(path, json={**restart, "resourceName": "absent"})
    assert (response.status, await response.json()) == (400, refusal(3, message))
    response = await client.post(path, json={**restart, "group": "batch"})
    assert (response.status, await response.json()) == (403, refusal(7, "permission denied"))
