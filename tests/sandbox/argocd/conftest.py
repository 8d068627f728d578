"""A fake Argo CD with one Application, and a client that may do what the responder may."""

import copy
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox.argocd import FakeArgoCD, ManualTimeline

Json = dict[str, Any]
Client = TestClient[Any, Any]


class Connect(Protocol):
    """Opens a client, by default with the responder's token."""

    async def __call__(self, fake: FakeArgoCD, *, token: str | None = None) -> Client: ...


GOOD = "a" * 40
BAD = "b" * 40
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SOURCE = {"repoURL": "http://git.example.com/repo.git", "path": "web", "targetRevision": "main"}


def application(name: str = "web") -> Json:
    """Return a Degraded Application whose Git is at BAD and whose history knows GOOD."""
    app: Json = {
        "metadata": {"name": name, "namespace": "argocd", "labels": {"team": "web"}, "annotations": {}},
        "spec": {
            "project": "web",
            "source": SOURCE,
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "web"},
            "syncPolicy": {"syncOptions": ["CreateNamespace=true"], "retry": {"limit": 1}},
        },
        "status": {
            "resources": [
                {"version": "v1", "kind": "Service", "namespace": "web", "name": "web", "status": "Synced"},
                {
                    "group": "apps",
                    "version": "v1",
                    "kind": "Deployment",
                    "namespace": "web",
                    "name": "web",
                    "status": "Synced",
                    "health": {"status": "Degraded"},
                },
            ],
            "sync": {"status": "Synced", "revision": BAD},
            "health": {"status": "Degraded", "message": "Caused by apps/Deployment:web/web"},
            "history": [
                {"id": 0, "revision": GOOD, "source": SOURCE, "deployedAt": "2026-11-23T07:00:00Z"},
                {"id": 1, "revision": BAD, "source": SOURCE, "deployedAt": "2026-11-23T07:30:00Z"},
            ],
            "reconciledAt": "2026-11-23T07:31:00Z",
            "operationState": {
                "phase": "Succeeded",
                "message": "successfully synced (all tasks run)",
                "startedAt": "2026-11-23T07:30:00Z",
                "finishedAt": "2026-11-23T07:30:00Z",
                "operation": {"sync": {"revision": BAD}, "initiatedBy": {"automated": True}},
                "syncResult": {"revision": BAD},
            },
        },
    }
    return copy.deepcopy(app)


@pytest.fixture
def timeline() -> ManualTimeline:
    return ManualTimeline(START)


@pytest.fixture
async def fake(timeline: ManualTimeline) -> AsyncIterator[FakeArgoCD]:
    fake = FakeArgoCD(timeline=timeline)
    fake.put_application(application())
    yield fake
    await fake.close()


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def open_client(fake: FakeArgoCD, *, token: str | None = None) -> Client:
        headers = {"Authorization": f"Bearer {token or fake.token}", "Content-Type": "application/json"}
        client: Client = TestClient(TestServer(fake.application()), headers=headers)
        await client.start_server()
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        await client.close()


@pytest.fixture
async def client(fake: FakeArgoCD, connect: Connect) -> Client:
    return await connect(fake)
