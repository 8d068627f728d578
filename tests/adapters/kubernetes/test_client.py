"""Questions to one cluster, against the fake API server and against servers that misbehave."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.kubernetes.objects import KIND_NOT_SERVED
from bot.core.signals import ObjectRef
from bot.sandbox.kubernetes import FakeKubernetes
from bot.service.ports import Cluster, NotFound, PortError, Refused, Unreachable
from tests.adapters.conftest import Serve
from tests.adapters.kubernetes.conftest import Connect, Json, pod

DEPLOYMENT = ObjectRef(group="apps", kind="Deployment", namespace="web", name="web")
RULE = ObjectRef(group="monitoring.coreos.com", kind="PrometheusRule", namespace="web", name="rules")


def deployment(ready: int = 1) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "web",
            "uid": "uid-deployment",
            "annotations": {"argocd.argoproj.io/tracking-id": "web-prod:apps/Deployment:web/web"},
        },
        "spec": {"replicas": 3},
        "status": {"readyReplicas": ready, "updatedReplicas": 3},
    }


def account(name: str) -> ObjectRef:
    return ObjectRef(kind="ServiceAccount", namespace="web", name=name)


def node(name: str, architecture: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {"providerID": f"aws:///zone/{name}"},
        "status": {
            "nodeInfo": {"operatingSystem": "linux", "architecture": architecture},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


async def test_it_is_a_cluster(client: KubernetesClient) -> None:
    cluster: Cluster = client
    assert cluster.name == "prod"
    assert await cluster.check() == "v1.36.2"


async def test_a_workload_is_found_by_group_and_kind(fake: FakeKubernetes, client: KubernetesClient) -> None:
    fake.put(deployment())
    workload = await client.workload(DEPLOYMENT)
    assert (workload.uid, workload.wanted, workload.ready, workload.tracking_app) == (
        "uid-deployment",
        3,
        1,
        "web-prod",
    )
    fake.put(pod("a"))
    assert (await client.workload(ObjectRef(kind="Pod", namespace="web", name="a"))).wanted is None


async def test_absent_not_served_and_forbidden_are_three_things(fake: FakeKubernetes, client: KubernetesClient) -> None:
    fake.put({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "there", "namespace": "web"}})
    assert await client.exists(account("there"))
    assert not await client.exists(account("absent"))
    with pytest.raises(NotFound, match=r"serves no kind PrometheusRule in monitoring\.coreos\.com") as missing:
        await client.exists(RULE)
    assert missing.value.reason == KIND_NOT_SERVED
    with pytest.raises(Refused, match=r"secrets .* is forbidden") as forbidden:
        await client.exists(ObjectRef(kind="Secret", namespace="web", name="tls"))
    assert not isinstance(forbidden.value, NotFound)
    assert (forbidden.value.status, forbidden.value.reason) == (403, "Forbidden")
    with pytest.raises(NotFound, match=r'deployments\.apps "web" not found'):
        await client.workload(DEPLOYMENT)


async def test_a_kind_that_comes_is_found_and_one_that_goes_is_missed(
    fake: FakeKubernetes, client: KubernetesClient
) -> None:
    client._discovery._fresh_for = 0.0
    assert not await client.api_group_served(RULE.group, RULE.kind)
    fake.serve_kind("monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules", namespaced=True)
    assert await client.api_group_served(RULE.group, RULE.kind)
    assert not await client.api_group_served(RULE.group, "ServiceMonitor")
    assert not await client.exists(RULE)
    fake.put({"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"} | _named("rules"))
    assert await client.exists(RULE)
    fake.stop_serving(RULE.group, RULE.kind)
    with pytest.raises(NotFound) as missing:
        await client.exists(RULE)
    assert missing.value.reason == KIND_NOT_SERVED
    assert not await client.api_group_served(RULE.group, RULE.kind)


def _named(name: str) -> Json:
    return {"metadata": {"name": name, "namespace": "web"}}


async def test_a_storm_of_questions_asks_discovery_once(serve: Serve, connect: Connect) -> None:
    fake, paths = FakeKubernetes(), []

    @web.middleware
    async def count(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        paths.append(request.path)
        return await handler(request)

    client = await connect(await serve(fake.application(middlewares=[count])))
    for _ in range(5):
        assert not await client.api_group_served(RULE.group, RULE.kind)
        with pytest.raises(NotFound):
            await client.workload(DEPLOYMENT)
    assert paths.count("/apis/monitoring.coreos.com") == 1
    assert paths.count("/apis/apps/v1") <= 2


async def test_nodes_over_pages(fake: FakeKubernetes, client: KubernetesClient) -> None:
    for name, architecture in (("a", "amd64"), ("b", "arm64"), ("c", "amd64")):
        fake.put(node(name, architecture))
    nodes = await client.nodes()
    assert [(item.name, item.platform, item.ready) for item in nodes] == [
        ("a", "linux/amd64", True),
        ("b", "linux/arm64", True),
        ("c", "linux/amd64", True),
    ]


@pytest.mark.parametrize(
    "name", ["..", ".", "", "a/b", "a?watch=1", "a#", "a%2f", "a b", "a\r\nX: y", "ü", "x" * 254], ids=repr
)
async def test_what_can_not_be_a_name_never_becomes_a_path(client: KubernetesClient, name: str) -> None:
    for ref in (
        account(name),
        ObjectRef(kind="Pod", namespace=name or "..", name="a"),
        ObjectRef(group=name or "..", kind="Pod", namespace="web", name="a"),
    ):
        with pytest.raises(Refused):
            await client.exists(ref)


async def test_scopes(fake: FakeKubernetes, client: KubernetesClient) -> None:
    fake.put(node("a", "amd64"))
    assert await client.exists(ObjectRef(kind="Node", namespace="default", name="a"))  # some events say so of nodes
    with pytest.raises(Refused, match="without its namespace"):
        await client.exists(ObjectRef(kind="Pod", name="a"))


async def test_a_refused_token_is_told_with_what_to_do(url: str, connect: Connect) -> None:
    client = await connect(url, token="old")
    with pytest.raises(Refused, match="doesn't accept our credentials") as refused:
        await client.check()
    assert refused.value.status == 401
    assert "old" not in str(refused.value)


async def test_a_renewed_kubeconfig_is_read_after_a_refusal(
    fake: FakeKubernetes, url: str, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.kubernetes.access.RENEW_AT_MOST_EVERY", 0.0)
    client = await connect(url, token="old")
    with pytest.raises(Refused):
        await client.check()
    kubeconfig = tmp_path / "kubeconfig-0"
    kubeconfig.write_text(kubeconfig.read_text().replace("old", fake.token))
    assert await client.check() == "v1.36.2"


def answering(response: Callable[[], web.StreamResponse]) -> web.Application:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return response()

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    return application


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (lambda: web.Response(text="<html>proxy</html>"), Unreachable, "can't be read"),
        (lambda: web.Response(status=503, text="upstream connect error"), Unreachable, "upstream connect error"),
        (lambda: web.Response(status=429, headers={"Retry-After": "7"}), Unreachable, "patience"),
        (lambda: web.Response(status=418, text="teapot"), Refused, "teapot"),
        (lambda: web.Response(status=500, body=b"\xff" * 1_000_000), Unreachable, "HTTP 500"),
        (lambda: web.Response(body=b"[" * 100_000), Unreachable, "can't be read"),
    ],
    ids=["html", "503", "429", "418", "huge error", "deep"],
)
async def test_answers_of_others(
    serve: Serve,
    connect: Connect,
    response: Callable[[], web.StreamResponse],
    error: type[PortError],
    words: str,
) -> None:
    client = await connect(await serve(answering(response)))
    with pytest.raises(error, match=words) as raised:
        await client.check()
    assert len(str(raised.value)) < 1_000
    if isinstance(raised.value, Unreachable) and words == "patience":
        assert raised.value.retry_after == 7.0


@pytest.mark.parametrize(
    "body",
    [{}, {"kind": "Status"}, {"kind": "NodeList"}, {"kind": "PodList", "metadata": {"resourceVersion": "1"}}, []],
    ids=repr,
)
async def test_what_is_no_complete_list_is_never_taken_for_an_empty_one(
    serve: Serve, connect: Connect, body: Json
) -> None:
    client = await connect(await serve(answering(lambda: web.json_response(body))))
    with pytest.raises(Unreachable, match=r"no list|no NodeList"):
        await client.nodes()


async def test_too_large_an_answer_is_refused(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.kubernetes.api.LARGEST_BODY", 1 << 20)
    client = await connect(await serve(answering(lambda: web.Response(body=b" " * (2 << 20)))))
    with pytest.raises(Unreachable, match="larger than 1 MiB"):
        await client.check()
