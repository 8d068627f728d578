"""The fake answers as the recorded Kubernetes did, exchange by exchange."""

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox.kubernetes import FakeKubernetes
from tests.sandbox.kubernetes.conftest import Json, event, pod

EXCHANGES: list[Json] = json.loads((Path(__file__).parents[2] / "recorded" / "kubernetes" / "api.json").read_text())
NAMES = [f"{index} {exchange.get('note') or exchange['request']['path']}" for index, exchange in enumerate(EXCHANGES)]
LAST_VERSION = 698
EVENTS = 70
PODS = 5
UNAUTHORIZED = 11
ACTS: dict[int, Callable[[FakeKubernetes], None]] = {
    12: lambda fake: fake.forbid("pods", verbs=["list"]),  # the recorded review was refused
}


def recorded_objects() -> Iterator[Json]:
    """Every object the recording shows."""
    for exchange in EXCHANGES:
        response = exchange["response"]
        body = response.get("body", {})
        kind = str(body.get("kind", ""))
        if "items" in body:
            for item in body["items"]:
                yield {"apiVersion": body["apiVersion"], "kind": kind.removesuffix("List")} | item
        elif "uid" in body.get("metadata", {}):
            yield body
        for line in response.get("text", "").splitlines():
            yield json.loads(line)["object"]


def fake_as_recorded() -> FakeKubernetes:
    """The recorded objects in the order of their writing, and as many others as were there beside them."""
    objects = {obj["metadata"]["uid"]: obj for obj in recorded_objects()}
    kinds = [obj["kind"] for obj in objects.values()]
    fillers = [event(f"other.{index:02}", namespace="zz") for index in range(EVENTS - kinds.count("Event"))]
    fillers += [pod(f"other-{index}", namespace="zz") for index in range(PODS - kinds.count("Pod"))]
    fillers[-1]["metadata"]["resourceVersion"] = str(LAST_VERSION)
    fake = FakeKubernetes()
    for obj in sorted(objects.values(), key=lambda obj: int(obj["metadata"]["resourceVersion"])):
        fake.put(copy.deepcopy(obj))
    for obj in fillers:
        fake.put(obj)
    return fake


@pytest.mark.parametrize("index", range(len(EXCHANGES)), ids=NAMES)
async def test_the_fake_answers_as_recorded(index: int) -> None:
    fake = fake_as_recorded()
    if act := ACTS.get(index):
        act(fake)
    request, recorded = EXCHANGES[index]["request"], EXCHANGES[index]["response"]
    headers = {} if index == UNAUTHORIZED else {"Authorization": f"Bearer {fake.token}"}
    async with TestClient(TestServer(fake.application())) as client, asyncio.timeout(5):
        response = await client.request(
            request["method"], request["path"], headers=headers, json=request.get("body"), allow_redirects=False
        )
        assert response.status == recorded["status"]
        assert response.headers["Content-Type"] == recorded["content_type"]
        if "text" in recorded:
            wanted = recorded["text"].splitlines()
            assert await lines(response, len(wanted)) == [json.loads(line) for line in wanted]
        else:
            assert await response.json() == recorded["body"]
        response.close()


async def lines(response: ClientResponse, count: int) -> list[Any]:
    return [json.loads(await response.content.readline()) for _ in range(count)]


async def test_a_wrong_fake_would_be_noticed() -> None:
    """An empty fake differs from every recorded list."""
    async with TestClient(TestServer(FakeKubernetes(token="t").application())) as client:
        response = await client.get("/api/v1/pods?limit=2", headers={"Authorization": "Bearer t"})
        assert await response.json() != EXCHANGES[1]["response"]["body"]
