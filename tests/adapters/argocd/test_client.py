"""The client over the wire, against an Argo CD that answers as the recorded one did."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.adapters.argocd.client import ArgoCDClient
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState
from bot.sandbox.argocd import Account, FakeArgoCD, ManualTimeline
from bot.service.ports import AppGone, GitOps, NotFound, Refused, SyncRequest
from tests.adapters.argocd.conftest import TOKEN, Connect, Misbehave
from tests.sandbox.argocd.conftest import BAD, GOOD, Json, application

WEB = AppRef(argocd="main", namespace="argocd", name="web")
AUTOMATED = {"prune": True, "selfHeal": True, "allowEmpty": True}


def automated(name: str = "web", *, policy: Json | None = None, namespace: str = "argocd") -> Json:
    app = application(name)
    app["metadata"]["namespace"] = namespace
    app["spec"]["syncPolicy"]["automated"] = AUTOMATED if policy is None else policy
    return app


def stored(fake: FakeArgoCD, name: str = "web", namespace: str = "argocd") -> Json:
    return fake.applications[namespace, name]


def test_it_is_the_port(client: ArgoCDClient) -> None:
    port: GitOps = client
    assert port.name == "main"


async def test_check_says_who_and_what(client: ArgoCDClient) -> None:
    assert await client.check() == "gitops-responder at Argo CD v3.6.0+37ee009"


async def test_a_bad_token_is_refused_by_check_and_everything_else(fake: FakeArgoCD, connect: Connect) -> None:
    client = await connect(fake, token="header.other.signature")
    with pytest.raises(Refused, match="does not accept the bot's token") as refused:
        await client.check()
    assert refused.value.status == 401
    with pytest.raises(Refused, match="does not accept the bot's token") as refused:
        await client.listed()
    assert refused.value.status == 401


async def test_the_list_and_one_application(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    (listed,) = await client.listed()
    state = await client.app(WEB)
    assert (listed.ref, listed.uid, listed.resource_version) == (WEB, state.uid, state.resource_version)
    assert (state.health, state.revision, [entry.id for entry in state.history]) == ("Degraded", BAD, [0, 1])


async def test_a_name_alone_is_found_in_argo_cd_s_own_namespace(client: ArgoCDClient) -> None:
    state = await client.app(AppRef(argocd="main", namespace="", name="web"))
    assert state.ref == WEB


async def test_an_application_in_another_namespace(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    fake.put_application(automated("web", namespace="team"))
    state = await client.app(AppRef(argocd="main", namespace="team", name="web"), project="web")
    assert (state.ref.namespace, state.auto_sync) == ("team", True)


async def test_absent_is_not_found_only_with_its_project(client: ArgoCDClient) -> None:
    absent = AppRef(argocd="main", name="absent")
    with pytest.raises(NotFound):
        await client.app(absent, project="web")
    with pytest.raises(Refused) as refused:
        await client.app(absent)
    assert type(refused.value) is Refused
    assert refused.value.status == 403


async def test_an_application_that_moved_to_another_project_is_not_gone(client: ArgoCDClient) -> None:
    assert (await client.app(WEB, project="old")).project == "web"


async def test_a_refresh_is_waited_for(fake: FakeArgoCD, client: ArgoCDClient, timeline: ManualTimeline) -> None:
    before = (await client.app(WEB)).reconciled_at
    asked = asyncio.create_task(client.app(WEB, refresh=True))
    while not asked.done():
        await timeline.advance(1)
        await asyncio.sleep(0.01)
    after = (await asked).reconciled_at
    assert before is not None
    assert after is not None
    assert after > before


async def test_a_refresh_that_hangs_gives_the_state_as_it_is(fake: FakeArgoCD, connect: Connect) -> None:
    client = await connect(fake, within=0.2)
    fake.set_refresh_hangs("web")
    assert (await client.app(WEB, refresh=True)).health == "Degraded"
    fake.set_refresh_hangs("web", hangs=False)


async def test_tree_and_managed_resources(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    assert {node.object.kind for node in await client.tree(WEB)} >= {"Service", "Deployment"}
    item = {
        "kind": "Service",
        "namespace": "web",
        "name": "web",
        "targetState": '{"kind":"Service"}',
        "liveState": "null",
    }
    fake.set_managed_resources("web", {"items": [item]})
    (resource,) = await client.managed(WEB)
    assert (resource.object.name, resource.live) == ("web", None)


async def test_a_revision_s_commit(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    fake.set_revision(GOOD, author="Ada <ada@example.com>", date="2026-11-23T07:00:00Z", message="Good one")
    info = await client.revision(WEB, GOOD, history_id=0)
    assert (info.revision, info.author, info.message) == (GOOD, "Ada <ada@example.com>", "Good one")
    assert info.date == datetime(2026, 11, 23, 7, tzinfo=UTC)


async def test_of_several_sources_the_newest_commit_is_told(misbehave: Misbehave) -> None:
    asked = []

    async def metadata(request: web.Request) -> web.Response:
        revision = request.path.split("/")[-2]
        asked.append((revision, request.query["sourceIndex"], request.query["versionId"]))
        day = 1 if revision == GOOD else 2
        return web.json_response({"author": revision[0], "date": f"2026-11-0{day}T00:00:00Z", "message": "m"})

    client = await misbehave(metadata)
    several = f"{GOOD},1.2.3,{BAD}"
    info = await client.revision(WEB, several, history_id=4)
    assert (info.revision, info.author) == (several, "b")
    assert sorted(asked) == [(GOOD, "0", "4"), (BAD, "2", "4")]


async def test_charts_alone_have_no_commit(misbehave: Misbehave) -> None:
    async def never(request: web.Request) -> web.Response:
        raise AssertionError(request.path)

    client = await misbehave(never)
    assert (await client.revision(WEB, "1.2.3,4.5.6")).author == ""


async def test_sync_windows(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    assert (await client.sync_windows(WEB)).can_sync
    fake.set_windows("web", [{"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["*"]}])
    closed = await client.sync_windows(WEB)
    assert not closed.can_sync
    assert "deny * * * * * for 1h" in closed.description


async def test_application_sets(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    template = {"spec": {"project": "web"}}
    fake.put_application_set({"metadata": {"name": "tenants", "namespace": "argocd"}, "spec": {"template": template}})
    assert not await client.application_set_keeps_sync_policy("tenants", "argocd")
    spec = {"template": template, "ignoreApplicationDifferences": [{"jsonPointers": ["/spec/syncPolicy"]}]}
    fake.put_application_set({"metadata": {"name": "kept", "namespace": "team"}, "spec": spec})
    assert await client.application_set_keeps_sync_policy("kept", "team")
    with pytest.raises(NotFound):
        await client.application_set_keeps_sync_policy("absent", "argocd")


@pytest.mark.parametrize(
    ("name", "right", "may"),
    [
        pytest.param("web", "web/web", True, id="own namespace"),
        pytest.param("argocd/web", "web/web", True, id="own namespace, written out"),
        pytest.param("team/web", "web/team/web", True, id="another namespace"),
        pytest.param("team/web", "web/web", False, id="a right for a namesake"),
    ],
)
async def test_rights(fake: FakeArgoCD, connect: Connect, name: str, right: str, may: bool) -> None:
    fake.add_account(Account(name="lean", token="header.lean.signature", rights={"sync": (right,)}))
    client = await connect(fake, token="header.lean.signature")
    assert await client.can_i("sync", "web", name) is may
    assert not await client.can_i("update", "web", name)


async def test_a_sync_asks_for_what_it_was_told(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    request = SyncRequest(
        resources=(ObjectRef(group="apps", kind="Deployment", namespace="web", name="web"),),
        info=(("gitops-bot", "c1"), ("slack-user", "U1")),
    )
    await client.sync(WEB, request, project="web")
    operation = stored(fake)["operation"]
    assert operation["sync"]["resources"] == [
        {"group": "apps", "kind": "Deployment", "namespace": "web", "name": "web"},
    ]
    assert operation["info"] == [{"name": "gitops-bot", "value": "c1"}, {"name": "slack-user", "value": "U1"}]
    assert operation["sync"]["syncOptions"] == ["CreateNamespace=true"]  # inherited: none were sent
    assert not operation["sync"].get("prune")
    state = await client.app(WEB)
    assert state.operation_pending
    with pytest.raises(Refused, match="another operation is already in progress") as refused:
        await client.sync(WEB, SyncRequest(), project="web")
    assert (refused.value.status, refused.value.reason) == (400, "FailedPrecondition")


async def test_a_rollback_to_entry_0(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    await client.rollback(WEB, 0, prune=False, project="web")
    assert stored(fake)["operation"]["sync"]["revision"] == GOOD


async def test_a_rollback_is_refused_while_auto_sync_is_on(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    fake.put_application(automated())
    with pytest.raises(Refused, match="rollback cannot be initiated when auto-sync is enabled"):
        await client.rollback(WEB, 0, prune=False, project="web")


async def test_terminating(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    with pytest.raises(Refused, match="No operation is in progress"):
        await client.terminate(WEB, project="web")


async def test_auto_sync_is_set_and_nothing_else(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    fake.put_application(automated())
    fake.set_git_broken("repository not accessible")  # a PATCH would fail now
    before = stored(fake)["spec"]
    await client.set_auto_sync(WEB, enabled=False, project="web")
    paused = stored(fake)["spec"]
    assert paused["syncPolicy"]["automated"] == {**AUTOMATED, "enabled": False}
    await client.set_auto_sync(WEB, enabled=True, project="web")
    after = stored(fake)["spec"]
    assert after["syncPolicy"]["automated"] == {**AUTOMATED, "enabled": True}
    for spec in (paused, after):
        spec["syncPolicy"] = {**spec["syncPolicy"], "automated": AUTOMATED}
        assert spec == before


@pytest.mark.parametrize(
    ("policy", "enabled"),
    [
        pytest.param(None, False, id="never was on"),
        pytest.param({"enabled": False}, False, id="off"),
        pytest.param({}, True, id="on"),
    ],
)
async def test_what_stands_so_already_is_not_written(
    fake: FakeArgoCD, client: ArgoCDClient, policy: Json | None, enabled: bool
) -> None:
    fake.put_application(application() if policy is None else automated(policy=policy))
    await client.set_auto_sync(WEB, enabled=enabled, project="web")
    assert not fake.was_changed_through_api("argocd", "web")


async def test_auto_sync_is_toggled_through_the_parent(fake: FakeArgoCD, connect: Connect) -> None:
    parent = application("root")
    parent["spec"]["project"] = "default"
    parent["status"]["resources"] = [
        {"group": "argoproj.io", "version": "v1alpha1", "kind": "Application", "namespace": "argocd", "name": "web"}
    ]
    fake.put_application(parent)
    fake.put_application(automated())
    rights = {"get": ("*",), "action/argoproj.io/Application/toggle-auto-sync": ("default/root",)}
    fake.add_account(Account(name="lean", token=TOKEN, rights=rights))
    client = await connect(fake)
    root = AppRef(argocd="main", name="root")
    await client.toggle_auto_sync(WEB, parent=root, parent_project="default")
    assert stored(fake)["spec"]["syncPolicy"]["automated"] == {**AUTOMATED, "enabled": False}
    with pytest.raises(Refused) as refused:
        await client.set_auto_sync(WEB, enabled=True, project="web")
    assert refused.value.status == 403


async def test_toggling_through_itself_is_refused_in_argo_cd_s_words(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    fake.put_application(automated())
    with pytest.raises(Refused, match=r"not permitted to manage argoproj\.io/Application/web"):
        await client.toggle_auto_sync(WEB, parent=WEB, parent_project="web")


async def test_the_stream_replays_goes_on_and_ends_with_the_server(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    told = []
    async with asyncio.timeout(5), aclosing(client.changes()) as changes:
        async for change in changes:
            told.append(change)
            if len(told) == 1:
                healed = application()
                healed["status"]["health"] = {"status": "Healthy"}
                fake.put_application(healed)
            elif len(told) == 2:
                fake.delete_application("argocd", "web")
            else:
                fake.restart()
    assert [change.health if isinstance(change, AppState) else "gone" for change in told] == [
        "Degraded",
        "Healthy",
        "gone",
    ]
    assert told[-1] == AppGone(ref=WEB)


async def test_the_stream_is_refused_without_a_token(fake: FakeArgoCD, connect: Connect) -> None:
    client = await connect(fake, token="header.other.signature")
    with pytest.raises(Refused, match="does not accept the bot's token"):
        _ = [change async for change in client.changes()]


async def test_who_leaves_the_stream_closes_it(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    async with asyncio.timeout(5), aclosing(client.changes()) as changes:
        async for _ in changes:
            break
    async with asyncio.timeout(5):
        while fake.stream_readers:
            await asyncio.sleep(0.05)


async def test_what_a_revision_renders_to(fake: FakeArgoCD, client: ArgoCDClient) -> None:
    fake.set_manifests("web", GOOD, {"manifests": ['{"kind":"Service"}', "x" * 2000, 7]})
    assert await client.manifests(WEB, GOOD) == ('{"kind":"Service"}', "x" * 2000)


async def test_several_sources_are_rendered_at_their_own_revisions(misbehave: Misbehave) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query_string)
        return web.json_response({"manifests": []})

    client = await misbehave(answer)
    await client.manifests(WEB, f"{GOOD},1.2.3")
    assert asked == [f"appNamespace=argocd&revisions={GOOD}&sourcePositions=1&revisions=1.2.3&sourcePositions=2"]


async def test_a_hard_refresh_returns_the_state_after_it(
    fake: FakeArgoCD, client: ArgoCDClient, timeline: ManualTimeline
) -> None:
    asking = asyncio.create_task(client.refresh_hard(WEB, project="web"))
    while not asking.done():
        await timeline.advance(0.5)
        await asyncio.sleep(0)
    assert (await asking).reconciled_at is not None


async def test_a_workload_is_restarted_and_nothing_else_can_be(client: ArgoCDClient) -> None:
    workload = ObjectRef(group="apps", kind="Deployment", namespace="web", name="web")
    await client.restart(WEB, workload, project="web")
    with pytest.raises(Refused, match="not found as part of application"):
        await client.restart(WEB, ObjectRef(group="apps", kind="Deployment", name="other"), project="web")


async def test_whose_operations_are_ours(client: ArgoCDClient) -> None:
    assert await client.username() == "gitops-responder"
