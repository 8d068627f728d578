"""A fake Kubernetes with one Pod, and a client with the responder's token."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox.kubernetes import FakeKubernetes

Json = dict[str, Any]
Client = TestClient[Any, Any]

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def pod(name: str = "web", namespace: str = "web", **labels: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": {"containers": [{"name": "web", "image": "web:1"}], "nodeName": "node-a"},
        "status": {"phase": "Pending"},
    }


def event(name: str, *, about: str = "web", namespace: str = "web", kind: str = "Pod") -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": kind, "namespace": namespace, "name": about, "apiVersion": "v1"},
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "type": "Warning",
        "count": 1,
        "firstTimestamp": "2026-11-23T08:00:00Z",
        "lastTimestamp": "2026-11-23T08:00:00Z",
        "source": {"component": "kubelet"},
    }


@pytest.fixture
async def fake() -> AsyncIterator[FakeKubernetes]:
    fake = FakeKubernetes(clock=lambda: START)
    fake.put(pod())
    yield fake
    await fake.close()


@pytest.fixture
async def client(fake: FakeKubernetes) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {fake.token}"}
    async with TestClient(TestServer(fake.application()), headers=headers) as client:
        yield client
