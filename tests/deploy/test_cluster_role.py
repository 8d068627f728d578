"""The ClusterRole grants what the Kubernetes client asks for, found by listening to it, and nothing more."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.kubernetes.client import KubernetesClient
from bot.core.signals import ObjectRef
from bot.sandbox.kubernetes import FakeKubernetes
from bot.service.ports import Cluster, NotFound, Relisted
from tests.deploy.manifests import named

Right = tuple[str, str, str]
"""Verb, API group, resource."""

OWNERS = {
    "": ("Node", "PersistentVolumeClaim", "Pod", "ReplicationController"),
    "apps": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "autoscaling": ("HorizontalPodAutoscaler",),
    "batch": ("CronJob", "Job"),
}
"""What events are about and what controls pods. Owners of other kinds are guessed by name, or stand for themselves."""

TOLD_BY_DISCOVERY = {"check", "api_group_served"}
"""Methods that every authenticated account may use (the ClusterRole system:discovery)."""

NOT_ASKED = {"exists"}
"""Methods that nothing calls: rights for them are granted when something does."""


class Listening:
    """A fake cluster that notes the rights its requests would need."""

    def __init__(self) -> None:
        self.rights: set[Right] = set()
        self.methods: set[str] = set()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        self.methods.add(request.method)
        if (right := needed(request.path, watch="watch" in request.query)) is not None:
            self.rights.add(right)
        response: web.StreamResponse = await handler(request)
        return response


def needed(path: str, *, watch: bool) -> Right | None:
    """The right that a GET of this path needs; None for discovery."""
    parts = path.strip("/").split("/")
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1] if len(parts) > 1 else "", parts[3:])
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    if not rest:
        return None
    return ("get" if len(rest) > 1 else "watch" if watch else "list"), group, rest[0]


@pytest.mark.parametrize(
    ("path", "watch", "right"),
    [
        pytest.param("/version", False, None, id="version"),
        pytest.param("/apis/apps/v1", False, None, id="discovery"),
        pytest.param("/api/v1/pods", False, ("list", "", "pods"), id="list"),
        pytest.param("/api/v1/namespaces/web/pods", True, ("watch", "", "pods"), id="watch in a namespace"),
        pytest.param("/apis/apps/v1/namespaces/web/deployments/a", False, ("get", "apps", "deployments"), id="get"),
        pytest.param("/api/v1/nodes/a", False, ("get", "", "nodes"), id="get of the cluster"),
    ],
)
def test_a_path_s_right(path: str, watch: bool, right: Right | None) -> None:
    assert needed(path, watch=watch) == right


@pytest.fixture
async def asked(tmp_path: Path) -> Listening:
    """What was heard while the client did everything it can."""
    listening = Listening()
    fake = FakeKubernetes()
    server = TestServer(fake.application(middlewares=[listening.middleware]))
    await server.start_server()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(fake.kubeconfig(str(server.make_url("")).rstrip("/"))))
    client = await KubernetesClient.connect(name="prod", kubeconfig=kubeconfig)
    try:
        for readings in (client.pods(), client.events()):
            await until_it_watches(readings, listening)
        await client.nodes()
        for group, kinds in OWNERS.items():
            for kind in kinds:
                with pytest.raises(NotFound, match="not found"):
                    await client.workload(ObjectRef(group=group, kind=kind, namespace="web", name="a"))
    finally:
        await client.close()
        await fake.close()
        await server.close()
    return listening


async def until_it_watches(readings: AsyncIterator[object], listening: Listening) -> None:
    async with asyncio.timeout(5):
        while not isinstance(await anext(readings), Relisted):
            pass
        before = len(listening.rights)
        following = asyncio.ensure_future(anext(readings))
        while len(listening.rights) == before:
            await asyncio.sleep(0.005)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def granted() -> set[Right]:
    return {
        (verb, group, resource)
        for rule in named("cluster-role")["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


async def test_it_grants_what_is_asked_and_nothing_more(asked: Listening) -> None:
    assert granted() == asked.rights
    assert asked.methods == {"GET"}


def test_every_question_of_the_port_is_accounted_for() -> None:
    methods = {name for name, _ in inspect.getmembers(Cluster, inspect.isfunction) if not name.startswith("_")}
    assert methods == {"pods", "events", "nodes", "workload"} | TOLD_BY_DISCOVERY | NOT_ASKED, (
        "the port Cluster changed: ask the new question above, and grant in deploy/kustomize what it needs"
    )


def test_nothing_secret_and_nothing_that_changes_is_granted() -> None:
    assert {verb for verb, _, _ in granted()} == {"get", "list", "watch"}
    assert not {resource for _, _, resource in granted()} & {"secrets", "configmaps", "pods/log", "pods/exec", "*"}
    assert "*" not in {group for _, group, _ in granted()}
