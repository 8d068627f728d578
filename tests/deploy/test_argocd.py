"""What Argo CD is told: the account, its rights tried against an Argo CD that enforces them, the notifications."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp.test_utils import TestServer

from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.parse import Place
from bot.adapters.argocd.webhook import named_applications
from bot.adapters.argocd.witness import ArgoCDWitness
from bot.core.signals import AppRef, ObjectRef
from bot.sandbox.argocd import Account, FakeArgoCD, ManualTimeline
from bot.service.ports import PortError, Refused, SyncRequest
from tests.deploy.manifests import DEPLOY, ROOT, Json, document
from tests.sandbox.argocd.conftest import GOOD, START, application

POLICY = (DEPLOY / "argocd" / "policy.csv").read_text(encoding="utf-8")
RULES = [line for line in POLICY.splitlines() if line.startswith("p,")]
ROLES = ("role:gr-read", "role:gr-act", "role:gr-act-update")
TOKEN = "header.of-this-test.signature"
WEB = AppRef(argocd="main", namespace="argocd", name="web")
ROOT_APP = AppRef(argocd="main", namespace="argocd", name="prod-root")
ELSEWHERE = AppRef(argocd="main", namespace="argocd", name="other")
REPOSITORY = "http://git.example.com/repo.git"
CLUSTER = "https://kubernetes.default.svc"
CONNECTED = {"status": "Successful", "message": ""}
Ask = Callable[[ArgoCDClient], Awaitable[object]]


async def first_change(client: ArgoCDClient) -> object:
    """The stream is open to everyone, and silent about what may not be read."""
    async with aclosing(client.changes()) as changes:
        return await anext(changes)


async def seen(client: ArgoCDClient) -> object:
    listed = await client.listed()
    if len(listed) != 3:
        raise Refused(f"only {len(listed)} Applications are listed")
    return listed


def asks(question: str, **arguments: str | AppRef) -> Ask:
    """A question of the catalogue, which must be answered by more than «not known»."""

    async def ask(client: ArgoCDClient) -> object:
        answered = await ArgoCDWitness(client).answer(question, arguments)
        if answered.value is None:
            raise Refused(answered.saw)
        return answered

    return ask


def restarts(kind: str) -> Ask:
    """A restart of a workload."""
    workload = ObjectRef(group="apps", kind=kind, namespace="web", name="web")
    return lambda client: client.restart(WEB, workload, project="monitoring")


READ: Mapping[str, Ask] = {
    "list": seen,
    "stream": first_change,
    "get": lambda client: client.app(WEB),
    "tree": lambda client: client.tree(WEB),
    "managed resources": lambda client: client.managed(WEB),
    "revision": lambda client: client.revision(WEB, GOOD),
    "sync windows": lambda client: client.sync_windows(WEB),
    "project": asks("argocd.project_permits", app=WEB, group="apps", kind="Deployment"),
    "repository": asks("argocd.repository_connected", repo=REPOSITORY),
    "cluster": asks("argocd.cluster_connected", cluster=CLUSTER),
    "ApplicationSet": lambda client: client.application_set_keeps_sync_policy("fleet", "argocd"),
}
ACT: Mapping[str, Ask] = {
    "sync": lambda client: client.sync(WEB, SyncRequest(), project="monitoring"),
    "sync of one object": lambda client: client.sync(
        WEB, SyncRequest(resources=(ObjectRef(kind="Service", namespace="web", name="web"),)), project="monitoring"
    ),
    "rollback": lambda client: client.rollback(WEB, 0, prune=False, project="monitoring"),
    "restart of a Deployment": restarts("Deployment"),
    "restart of a StatefulSet": restarts("StatefulSet"),
    "restart of a DaemonSet": restarts("DaemonSet"),
    "pause through the parent": lambda client: client.toggle_auto_sync(WEB, parent=ROOT_APP, parent_project="default"),
}
UPDATE: Mapping[str, Ask] = {
    "auto-sync by the spec": lambda client: client.set_auto_sync(WEB, enabled=True, project="monitoring"),
}
NEVER: Mapping[str, Ask] = {
    "sync in another project": lambda client: client.sync(ELSEWHERE, SyncRequest(), project="web"),
    "rollback in another project": lambda client: client.rollback(ELSEWHERE, 0, prune=False, project="web"),
    "auto-sync in another project": lambda client: client.set_auto_sync(ELSEWHERE, enabled=True, project="web"),
}
ALLOWED = {
    "role:gr-read": READ,
    "role:gr-act": {**READ, **ACT},
    "role:gr-act-update": {**READ, **ACT, **UPDATE},
}
EVERYTHING = {**READ, **ACT, **UPDATE, **NEVER}


def rights(policy: str, subject: str) -> dict[str, list[str]]:
    """What a subject may do, in the terms of the fake's accounts: right → globs."""
    found: dict[str, list[str]] = {}
    rows = [[cell.strip() for cell in line.split(",")] for line in policy.splitlines() if line[:2] in ("p,", "g,")]
    for kind, who, *rest in rows:
        if who == subject and kind == "g":
            for right, names in rights(policy, rest[0]).items():
                found.setdefault(right, []).extend(names)
        elif who == subject:
            resource, action, name, effect = rest
            assert effect == "allow"
            found.setdefault(action if resource == "applications" else f"{resource}.{action}", []).append(name)
    return found


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def tried(ask: Ask, granted: Mapping[str, list[str]], session: aiohttp.ClientSession) -> PortError | None:
    """What becomes of asking this with these rights, on an Argo CD of its own."""
    fake = FakeArgoCD(timeline=ManualTimeline(START), enforce_rollback=True)
    fake.add_account(Account(name="gitops-responder", token=TOKEN, rights=granted))
    for name, project in (("web", "monitoring"), ("other", "web"), ("prod-root", "default")):
        fake.put_application(app(name, project))
    fake.set_revision(GOOD, author="a", date=START, message="m")
    fake.put_application_set(
        {
            "metadata": {"name": "fleet", "namespace": "argocd"},
            "spec": {"template": {"spec": {"project": "monitoring"}}},
        }
    )
    fake.set_projects(
        [
            {
                "metadata": {"name": project, "namespace": "argocd"},
                "spec": {"namespaceResourceWhitelist": [{"group": "*", "kind": "*"}]},
            }
            for project in ("monitoring", "web", "default")
        ]
    )
    fake.set_repositories([{"repo": REPOSITORY, "connectionState": CONNECTED}])
    fake.set_clusters([{"server": CLUSTER, "name": "in-cluster", "info": {"connectionState": CONNECTED}}])
    server = TestServer(fake.application())
    await server.start_server()
    url = str(server.make_url("/")).rstrip("/")
    client = ArgoCDClient(name="main", url=url, token=TOKEN, session=session, place=Place(argocd="main"), timeout=5)
    try:
        await ask(client)
    except PortError as refused:
        return refused
    finally:
        await fake.close()
        await server.close()
    return None


def app(name: str, project: str) -> Json:
    made = application(name)
    made["spec"]["project"] = project
    made["status"]["resources"] += [
        {"group": "apps", "version": "v1", "kind": kind, "namespace": "web", "name": "web", "status": "Synced"}
        for kind in ("StatefulSet", "DaemonSet")
    ]
    if name == "web":
        made["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = (
            "prod-root:argoproj.io/Application:argocd/web"
        )
    if name == "prod-root":
        made["status"]["resources"] = [
            {
                "group": "argoproj.io",
                "version": "v1alpha1",
                "kind": "Application",
                "namespace": "argocd",
                "name": "web",
                "status": "Synced",
            }
        ]
    return made


@pytest.mark.parametrize("what", EVERYTHING)
@pytest.mark.parametrize("role", ROLES)
async def test_a_role_allows_what_it_is_for(role: str, what: str, session: aiohttp.ClientSession) -> None:
    outcome = await tried(EVERYTHING[what], rights(POLICY, role), session)
    if what in ALLOWED[role]:
        assert outcome is None
    else:
        assert isinstance(outcome, Refused)


@pytest.mark.parametrize("rule", RULES)
async def test_every_rule_is_needed(rule: str, session: aiohttp.ClientSession) -> None:
    without = POLICY.replace(rule, "")
    role = rule.split(", ")[1]
    for ask in ALLOWED[role].values():
        if await tried(ask, rights(without, role), session) is not None:
            return
    pytest.fail(f"without it {role} may do the same")


def test_the_last_line_gives_the_account_one_role() -> None:
    *_, last = [line for line in POLICY.splitlines() if line]
    assert last == "g, gitops-responder, role:gr-act"
    assert POLICY.count("g, gitops-responder") == 1


def test_nothing_that_creates_or_deletes_is_granted() -> None:
    granted = set(rights(POLICY, "role:gr-act-update"))
    assert not granted & {"override", "delete", "create", "action/*", "*", "exec.create", "logs.get"}


def test_the_account_can_not_log_in() -> None:
    assert document(DEPLOY / "argocd" / "account.yaml")["data"] == {"accounts.gitops-responder": "apiKey"}


def notifications() -> dict[str, Any]:
    data: dict[str, Any] = document(DEPLOY / "argocd" / "notifications.yaml")["data"]
    return data


def test_notifications_go_to_our_route_with_our_secret() -> None:
    service = yaml.safe_load(notifications()["service.webhook.gitops-responder"])
    template = yaml.safe_load(notifications()["template.gitops-responder"])["webhook"]["gitops-responder"]
    assert service["url"] == "http://gitops-bot.gitops-bot.svc:8080"
    assert {"name": "Authorization", "value": "Bearer $gitops-responder-token"} in service["headers"]
    assert (template["method"], template["path"]) == ("POST", "/webhooks/argocd/{{ .recipient }}")


def test_every_trigger_is_subscribed_to_and_uses_our_template() -> None:
    data = notifications()
    triggers = {name.removeprefix("trigger.") for name in data if name.startswith("trigger.")}
    subscriptions = yaml.safe_load(data["subscriptions"])
    assert {name for item in subscriptions for name in item["triggers"]} == triggers
    assert all(item["recipients"][0].startswith("gitops-responder:") for item in subscriptions)
    for name in triggers:
        for condition in yaml.safe_load(data[f"trigger.{name}"]):
            assert condition["send"] == ["gitops-responder"], name
            assert condition["when"], name


def test_what_the_template_renders_to_names_its_application() -> None:
    """A running Argo CD rendered the recorded body from this template, which also put its `context` in."""
    recorded = (ROOT / "tests" / "recorded" / "argocd" / "readings" / "notification.json").read_bytes()
    body = yaml.safe_load(notifications()["template.gitops-responder"])["webhook"]["gitops-responder"]["body"]
    rendered = body[body.index("toRawJson (dict") + len("toRawJson (dict") :]
    assert top_level_keys(rendered) == set(json.loads(recorded))
    assert named_applications(recorded, argocd="main") == (
        AppRef(argocd="main", namespace="argocd", name="monitoring-secrets-prod"),
    )


def top_level_keys(arguments: str) -> set[str]:
    """The keys of a template's `dict`: every other argument, those in brackets counting as one."""
    flat, depth = [], 0
    for token in re.findall(r'"[^"]*"|[()]|[^\s()"]+', arguments):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth < 0:
            break
        if depth == 0:
            flat.append(token)
    return {key.strip('"') for key in flat[::2]}
