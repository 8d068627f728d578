"""A fake cluster over the wire, and a client with a kubeconfig for it, at a pace that suits tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from bot.adapters.kubernetes.access import Access
from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.kubernetes.watch import Pace
from bot.sandbox.kubernetes import FakeKubernetes
from tests.adapters.conftest import Serve

Json = dict[str, Any]
TOKEN = FakeKubernetes().token
QUICK = Pace(page=2, first_pause=0.01, longest_pause=0.05, watch_for=(30, 30))


class Connect(Protocol):
    """Opens a client for a server."""

    async def __call__(
        self,
        url: str,
        *,
        token: str = ...,
        namespaces: tuple[str, ...] = ...,
        pace: Pace = ...,
        timeout: float = ...,  # noqa: ASYNC109
    ) -> KubernetesClient: ...


@pytest.fixture
async def fake() -> AsyncIterator[FakeKubernetes]:
    fake = FakeKubernetes(bookmark_every=0.05)
    yield fake
    await fake.close()


@pytest.fixture
async def url(fake: FakeKubernetes, serve: Serve) -> str:
    return await serve(fake.application())


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Connect]:
    clients: list[KubernetesClient] = []

    async def start(
        url: str,
        *,
        token: str = TOKEN,
        namespaces: tuple[str, ...] = (),
        pace: Pace = QUICK,
        timeout: float = 5.0,  # noqa: ASYNC109
    ) -> KubernetesClient:
        kubeconfig = tmp_path / f"kubeconfig-{len(clients)}"
        kubeconfig.write_text(yaml.safe_dump(FakeKubernetes(token=token).kubeconfig(url)))
        access = Access(cluster="prod", kubeconfig=kubeconfig, context=None)
        client = KubernetesClient(name="prod", access=access, namespaces=namespaces, timeout=timeout, pace=pace)
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def client(url: str, connect: Connect) -> KubernetesClient:
    return await connect(url)


class Reader:
    """Takes readings one by one, each within five seconds."""

    def __init__(self, source: AsyncIterator[Any]) -> None:
        self._source = source

    async def next(self) -> Any:  # noqa: ANN401
        async with asyncio.timeout(5):
            return await anext(self._source)

    async def take(self, count: int) -> list[Any]:
        return [await self.next() for _ in range(count)]


async def until(true: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


def pod(name: str, namespace: str = "web", *, phase: str = "Pending") -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}"},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        "status": {"phase": phase},
    }


def event(name: str, namespace: str = "web", *, count: int = 1) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}"},
        "involvedObject": {"kind": "ReplicaSet", "namespace": namespace, "name": "web-1", "apiVersion": "apps/v1"},
        "reason": "FailedCreate",
        "message": "Error creating: pods are forbidden",
        "type": "Warning",
        "count": count,
        "firstTimestamp": "2026-11-23T08:00:00Z",
        "lastTimestamp": "2026-11-23T08:00:00Z",
        "source": {"component": "replicaset-controller"},
    }
