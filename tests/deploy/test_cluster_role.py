"""The ClusterRole grants what the Kubernetes client asks for, found by listening to it, and nothing more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.kubernetes.witness import KubernetesWitness
from bot.core.evidence import CATALOGUE
from bot.core.signals import ObjectRef
from bot.kb.loader import default_path, load_or_raise
from bot.sandbox.kubernetes import FakeKubernetes
from bot.service.ports import Refused, Relisted
from tests.deploy.manifests import Json, named

Right = tuple[str, str, str]
"""Verb, API group, resource."""

OWNERS = {
    "": ("Node", "PersistentVolumeClaim", "Pod", "ReplicationController"),
    "apps": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "autoscaling": ("HorizontalPodAutoscaler",),
    "batch": ("CronJob", "Job"),
}
"""What events are about and what controls pods. Owners of other kinds are guessed by name, or stand for themselves."""

VALUES = {
    "name": "web",
    "namespace": "web",
    "node": "node-a",
    "webhook": "check.web.example.com",
    "group": "monitoring.coreos.com",
    "path": "spec.template.spec.serviceAccountName",
    "resource": "cpu",
}
"""What questions are asked about."""

KINDS = {"kubernetes.crd_status": "PrometheusRule", "kubernetes.last_exit": "Pod"}
"""The kind a question is about where it isn't a Deployment."""

NOT_GRANTED = {("get", "", "secrets")}
"""Asked by entries all the same; «not known» until you grant it. Who may read a Secret's name may read all of it."""

LABELS = {"app": "web"}
OBJECTS: tuple[Json, ...] = (
    {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-a"}},
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "web"}},
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "web"}},
    {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "prometheusrules.monitoring.coreos.com"},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "web"},
        "spec": {
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}},
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "web", "labels": LABELS},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        "status": {
            "containerStatuses": [
                {
                    "name": "web",
                    "restartCount": 1,
                    "state": {"running": {}},
                    "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2026-11-23T08:00:00Z"}},
                }
            ]
        },
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "check"},
        "webhooks": [
            {
                "name": "check.web.example.com",
                "failurePolicy": "Fail",
                "clientConfig": {"service": {"namespace": "web", "name": "web"}},
            }
        ],
    },
)
"""So much that questions which read on from one object to the next get to their end."""


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
    resource = "/".join(rest[::2])
    return ("get" if len(rest) > 1 else "watch" if watch else "list"), group, resource


@pytest.mark.parametrize(
    ("path", "watch", "right"),
    [
        pytest.param("/version", False, None, id="version"),
        pytest.param("/apis/apps/v1", False, None, id="discovery"),
        pytest.param("/api/v1/pods", False, ("list", "", "pods"), id="list"),
        pytest.param("/api/v1/namespaces/web/pods", True, ("watch", "", "pods"), id="watch in a namespace"),
        pytest.param("/apis/apps/v1/namespaces/web/deployments/a", False, ("get", "apps", "deployments"), id="get"),
        pytest.param("/api/v1/namespaces/web", False, ("get", "", "namespaces"), id="a namespace"),
        pytest.param("/api/v1/namespaces/web/pods/a/log", False, ("get", "", "pods/log"), id="log"),
        pytest.param("/api/v1/nodes/a", False, ("get", "", "nodes"), id="get of the cluster"),
    ],
)
def test_a_path_s_right(path: str, watch: bool, right: Right | None) -> None:
    assert needed(path, watch=watch) == right


@pytest.fixture
async def asked(tmp_path: Path) -> Listening:
    """What was heard while the client watched, walked owners, and was asked every question of the catalogue."""
    listening = Listening()
    fake = FakeKubernetes()
    for item in OBJECTS:
        fake.put(item)
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
                await quietly(client.workload(ObjectRef(group=group, kind=kind, namespace="web", name="absent")))
        witness = KubernetesWitness(client)
        for question, arguments in questions():
            await quietly(witness.answer(question, arguments))
    finally:
        await client.close()
        await fake.close()
        await server.close()
    return listening


async def quietly(asking: Awaitable[object]) -> None:
    """What is absent or forbidden was asked for all the same."""
    with contextlib.suppress(Refused):
        await asking


def questions() -> Iterator[tuple[str, dict[str, str]]]:
    """Every question about Kubernetes, and for each kind that an entry names, whether one of it exists."""
    for question in CATALOGUE.values():
        if question.system == "kubernetes":
            values = {**VALUES, "kind": KINDS.get(question.name, "Deployment")}
            needed_ones = [argument.name for argument in question.arguments if argument.required]
            in_namespace = {"namespace"} if "kind" in values else set()
            yield question.name, {name: values[name] for name in {*needed_ones, *in_namespace}}
    for entry in load_or_raise((default_path(),)).entries.values():
        for asked in entry.evidence:
            kind = asked.arguments.get("kind")
            if asked.ask == "kubernetes.object_exists" and isinstance(kind, str) and "{" not in kind:
                yield asked.ask, {"kind": kind, "name": "web", "namespace": "web"}


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
    assert granted() == asked.rights - NOT_GRANTED
    assert asked.rights >= NOT_GRANTED
    assert asked.methods == {"GET"}


def test_nothing_secret_and_nothing_that_changes_is_granted() -> None:
    assert {verb for verb, _, _ in granted()} == {"get", "list", "watch"}
    assert not {resource for _, _, resource in granted()} & {"secrets", "pods/exec", "*"}
    assert "*" not in {group for _, group, _ in granted()}
