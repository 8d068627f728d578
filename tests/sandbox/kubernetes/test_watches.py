"""Watches, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox.kubernetes import FakeKubernetes
from tests.sandbox.kubernetes.conftest import Client, Json, event, pod


async def watch(client: Client, path: str = "/api/v1/pods", **query: str) -> ClientResponse:
    response = await client.get(path, params={"watch": "1"} | query)
    assert response.status == 200, await response.text()
    return response


async def lines(response: ClientResponse, count: int) -> list[Json]:
    async with asyncio.timeout(5):
        return [json.loads(await response.content.readline()) for _ in range(count)]


async def said(response: ClientResponse, count: int) -> list[tuple[str, str]]:
    return [(line["type"], line["object"]["metadata"]["name"]) for line in await lines(response, count)]


def version(fake: FakeKubernetes) -> str:
    return str(max(int(obj["metadata"]["resourceVersion"]) for obj in fake.objects("v1", "Pod")))


@pytest.fixture
async def quick() -> AsyncIterator[tuple[FakeKubernetes, Client]]:
    fake = FakeKubernetes(bookmark_every=0.05)
    headers: Any = {"Authorization": f"Bearer {fake.token}"}
    async with TestClient(TestServer(fake.application()), headers=headers) as client:
        yield fake, client
    await fake.close()


@pytest.mark.parametrize("flag", ["1", "true", "True", ""])
async def test_it_goes_on_from_a_version(fake: FakeKubernetes, client: Client, flag: str) -> None:
    since = version(fake)
    fake.put(pod("while-away"))
    response = await watch(client, watch=flag, resourceVersion=since)
    fake.put(pod("live"))
    fake.put(pod("web") | {"status": {"phase": "Running"}})
    fake.put(pod("web") | {"status": {"phase": "Running"}})  # an equal copy
    fake.delete("v1", "Pod", "live", namespace="web", announce=False)
    fake.delete("v1", "Pod", "web", namespace="web")
    told = await lines(response, 4)
    assert [(line["type"], line["object"]["metadata"]["name"]) for line in told] == [
        ("ADDED", "while-away"),
        ("ADDED", "live"),
        ("MODIFIED", "web"),
        ("DELETED", "web"),
    ]
    versions = [int(line["object"]["metadata"]["resourceVersion"]) for line in told]
    assert versions == sorted(set(versions))
    assert told[0]["object"]["kind"] == "Pod"
    response.close()


@pytest.mark.parametrize("query", [{}, {"resourceVersion": "0"}], ids=str)
async def test_without_a_version_it_begins_with_what_is_there(
    fake: FakeKubernetes, client: Client, query: dict[str, str]
) -> None:
    response = await watch(client, **query)
    fake.put(pod("live"))
    assert await said(response, 2) == [("ADDED", "web"), ("ADDED", "live")]
    response.close()


async def test_initial_events_end_with_a_bookmark(fake: FakeKubernetes, client: Client) -> None:
    response = await watch(
        client, sendInitialEvents="true", resourceVersionMatch="NotOlderThan", allowWatchBookmarks="true"
    )
    first, bookmark = await lines(response, 2)
    assert (first["type"], bookmark["type"]) == ("ADDED", "BOOKMARK")
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    response.close()


async def test_bookmarks_carry_the_version_and_zero_values(quick: tuple[FakeKubernetes, Client]) -> None:
    fake, client = quick
    fake.put(event("elsewhere"))
    response = await watch(client, resourceVersion="1", allowWatchBookmarks="true")
    (bookmark,) = await lines(response, 1)
    assert bookmark == {
        "type": "BOOKMARK",
        "object": {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": "2"},
            "spec": {"containers": None},
            "status": {},
        },
    }
    response.close()


@pytest.mark.parametrize(
    ("path", "query"),
    [("/api/v1/events", {"allowWatchBookmarks": "true"}), ("/api/v1/pods", {})],
    ids=["events", "not asked for"],
)
async def test_no_bookmarks(quick: tuple[FakeKubernetes, Client], path: str, query: dict[str, str]) -> None:
    _, client = quick
    response = await watch(client, path, resourceVersion="1", timeoutSeconds="1", **query)
    async with asyncio.timeout(5):
        assert await response.read() == b""


async def test_an_expired_version_is_an_error_line(fake: FakeKubernetes, client: Client) -> None:
    fake.put(pod("other"))
    fake.compact()
    response = await watch(client, resourceVersion="1")
    async with asyncio.timeout(5):
        (line,) = [json.loads(line) for line in (await response.read()).splitlines()]
    assert line["type"] == "ERROR"
    assert (line["object"]["kind"], line["object"]["code"], line["object"]["reason"]) == ("Status", 410, "Expired")
    assert line["object"]["message"] == "too old resource version: 1 (3)"


async def test_a_running_watch_outlives_a_compaction(fake: FakeKubernetes, client: Client) -> None:
    response = await watch(client, resourceVersion=version(fake))
    fake.put(pod("a"))
    fake.compact()
    fake.put(pod("b"))
    assert await said(response, 2) == [("ADDED", "a"), ("ADDED", "b")]
    response.close()


async def test_what_enters_and_leaves_a_selection(fake: FakeKubernetes, client: Client) -> None:
    response = await watch(client, resourceVersion=version(fake), fieldSelector="status.phase=Running")
    for phase in ("Running", "Failed"):
        fake.put(pod() | {"status": {"phase": phase}})
    fake.put(pod("other"))
    fake.put(pod() | {"status": {"phase": "Running"}})
    assert await said(response, 3) == [("ADDED", "web"), ("DELETED", "web"), ("ADDED", "web")]
    response.close()


async def test_one_namespace(fake: FakeKubernetes, client: Client) -> None:
    response = await watch(client, "/api/v1/namespaces/web/pods", resourceVersion=version(fake))
    fake.put(pod("elsewhere", "other"))
    fake.put(pod("here"))
    assert await said(response, 1) == [("ADDED", "here")]
    response.close()


async def test_it_ends_cleanly_in_time_and_on_request(fake: FakeKubernetes, client: Client) -> None:
    response = await watch(client, resourceVersion=version(fake), timeoutSeconds="1")
    other = await watch(client, resourceVersion=version(fake))
    assert fake.watch_count == 2
    async with asyncio.timeout(5):
        assert await response.read() == b""
        fake.end_watches()
        assert await other.read() == b""
    assert fake.watch_count == 0


async def test_dropped_sockets_are_no_clean_end(fake: FakeKubernetes, client: Client) -> None:
    response = await watch(client, resourceVersion=version(fake))
    fake.drop_watches()
    with pytest.raises(ClientPayloadError):
        async with asyncio.timeout(5):
            await response.read()


async def test_a_kind_that_is_no_longer_served_ends_its_watches(fake: FakeKubernetes, client: Client) -> None:
    fake.serve_kind("x.io/v1", "Thing", "things", namespaced=False)
    response = await watch(client, "/apis/x.io/v1/things")
    fake.put({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "a"}})
    assert await said(response, 1) == [("ADDED", "a")]
    fake.stop_serving("x.io", "Thing")
    async with asyncio.timeout(5):
        (line,) = (await response.read()).splitlines()
    assert json.loads(line)["type"] == "DELETED"


async def test_shutdown_does_not_wait_for_readers(fake: FakeKubernetes, client: Client) -> None:
    await watch(client)
    async with asyncio.timeout(5):
        await client.close()
