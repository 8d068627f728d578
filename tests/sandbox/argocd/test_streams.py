"""The watch, over a real socket."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientResponse

from bot.sandbox.argocd import Account, FakeArgoCD
from tests.sandbox.argocd.conftest import Client, Connect, Json, application

PATH = "/api/v1/stream/applications"


async def line(response: ClientResponse) -> Json:
    async with asyncio.timeout(5):
        value: Json = json.loads(await response.content.readline())
    return value


async def said(response: ClientResponse, count: int) -> list[tuple[str, str]]:
    lines = [(await line(response))["result"] for _ in range(count)]
    return [(one["type"], one["application"]["metadata"]["name"]) for one in lines]


def changed(name: str, health: str) -> Json:
    app = application(name)
    app["status"]["health"] = {"status": health}
    return app


async def test_it_replays_by_name_and_goes_on_live(fake: FakeArgoCD, client: Client) -> None:
    fake.put_application(application("api"))
    response = await client.get(PATH)
    assert response.headers["Content-Type"] == "application/json"
    assert await said(response, 2) == [("ADDED", "api"), ("ADDED", "web")]
    fake.put_application(changed("web", "Healthy"))
    fake.put_application(application("new"))
    fake.put_application(changed("web", "Healthy"))  # a copy but for its version
    fake.delete_application("argocd", "api", announce=False)
    fake.delete_application("argocd", "new")
    assert await said(response, 4) == [("MODIFIED", "web"), ("ADDED", "new"), ("MODIFIED", "web"), ("DELETED", "new")]
    response.close()


async def test_versions_rise_and_are_honoured_when_they_do(fake: FakeArgoCD, client: Client) -> None:
    response = await client.get(PATH)
    versions = [int((await line(response))["result"]["application"]["metadata"]["resourceVersion"])]
    for given in ("500", "20", None):
        app = changed("web", f"{given}")
        if given is not None:
            app["metadata"]["resourceVersion"] = given
        fake.put_application(app)
        versions.append(int((await line(response))["result"]["application"]["metadata"]["resourceVersion"]))
    assert versions[1:] == [500, 501, 502]
    response.close()


async def test_what_is_new_here_may_be_old(fake: FakeArgoCD) -> None:
    versions = []
    for name, given in (("a", "683"), ("b", "677"), ("c", None)):
        app = application(name)
        if given is not None:
            app["metadata"]["resourceVersion"] = given
        fake.put_application(app)
        versions.append(fake.applications["argocd", name]["metadata"]["resourceVersion"])
    assert versions == ["683", "677", "684"]


async def test_a_resource_version_leaves_out_the_replay(fake: FakeArgoCD, client: Client) -> None:
    response = await client.get(PATH, params={"resourceVersion": "1"})
    fake.put_application(changed("web", "Healthy"))
    assert await said(response, 1) == [("MODIFIED", "web")]
    response.close()


async def test_server_sent_events(fake: FakeArgoCD, client: Client) -> None:
    response = await client.get(PATH, headers={"Accept": "text/event-stream"})
    assert response.headers["Content-Type"] == "text/event-stream"
    raw = await response.content.readline()
    assert raw.startswith(b"data: {")
    assert raw.endswith(b"} \n")
    assert await response.content.readline() == b"\n"
    response.close()


async def test_a_restart_ends_it_without_a_word(fake: FakeArgoCD, client: Client) -> None:
    response = await client.get(PATH)
    await said(response, 1)
    fake.restart()
    async with asyncio.timeout(5):
        assert await response.content.read() == b""
    again = await client.get(PATH)
    assert await said(again, 1) == [("ADDED", "web")]
    again.close()


async def test_who_went_away_is_forgotten(fake: FakeArgoCD, client: Client) -> None:
    response = await client.get(PATH)
    await said(response, 1)
    assert fake.stream_readers == 1
    response.close()
    for _ in range(500):
        if not fake.stream_readers:
            break
        await asyncio.sleep(0.01)
    assert fake.stream_readers == 0


async def test_what_one_may_not_read_is_left_out(fake: FakeArgoCD, connect: Connect) -> None:
    other = application("other")
    other["spec"]["project"] = "other"
    fake.put_application(other)
    fake.add_account(Account(name="viewer", token="viewer", rights={"get": ("other/*",)}))
    client = await connect(fake, token="viewer")
    response = await client.get(PATH)
    fake.put_application(changed("web", "Healthy"))
    fake.delete_application("argocd", "other")
    assert await said(response, 2) == [("ADDED", "other"), ("DELETED", "other")]
    response.close()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"name": "api"}, ["api"]),
        ({"selector": "team=web"}, ["web"]),
        ({"projects": "web"}, ["api", "web"]),
        ({"projects": "absent"}, []),
        ({"repo": "http://elsewhere"}, []),
        ({"appNamespace": "team-a"}, []),
    ],
    ids=str,
)
async def test_selections(fake: FakeArgoCD, client: Client, query: dict[str, str], names: list[str]) -> None:
    api = application("api")
    api["metadata"]["labels"] = {"team": "api"}
    fake.put_application(api)
    listed = await (await client.get("/api/v1/applications", params=query)).json()
    assert [item["metadata"]["name"] for item in listed["items"] or []] == names
    response = await client.get(PATH, params=query)
    assert await said(response, len(names)) == [("ADDED", name) for name in names]
    response.close()


async def test_fields_reduce_and_equal_lines_are_held_back(fake: FakeArgoCD, client: Client) -> None:
    wanted = "result.type,result.application.metadata.name,result.application.status.health.status"
    response = await client.get(PATH, params={"fields": wanted})
    first = await line(response)
    assert first == {
        "result": {
            "type": "ADDED",
            "application": {"metadata": {"name": "web"}, "status": {"health": {"status": "Degraded"}}},
        }
    }
    for health, message in (("Healthy", ""), ("Healthy", "again"), ("Missing", "")):
        app = changed("web", health)
        app["status"]["health"]["message"] = message
        fake.put_application(app)
    seen = [(await line(response))["result"]["application"]["status"]["health"]["status"] for _ in range(2)]
    assert seen == ["Healthy", "Missing"]
    response.close()


async def test_a_slow_reader_loses_lines(connect: Connect) -> None:
    fake = FakeArgoCD(stream_buffer=2)
    client = await connect(fake)
    response = await client.get(PATH)
    for name in ("a", "b", "c", "d"):  # without a turn of the loop between
        fake.put_application(application(name))
    assert await said(response, 2) == [("ADDED", "a"), ("ADDED", "b")]
    fake.put_application(application("e"))
    assert await said(response, 1) == [("ADDED", "e")]
    response.close()
    await fake.close()


async def test_an_error_has_the_streams_envelope(fake: FakeArgoCD, connect: Connect) -> None:
    client = await connect(fake, token="nonsense")
    response = await client.get(PATH)
    assert response.status == 401
    expected: dict[str, Any] = {
        "grpc_code": 16,
        "http_code": 401,
        "message": "no session information",
        "http_status": "Unauthorized",
    }
    assert await response.json() == {"error": expected}


async def test_the_tree_streams_whole(fake: FakeArgoCD, client: Client) -> None:
    response = await client.get(f"{PATH}/web/resource-tree")
    assert [node["kind"] for node in (await line(response))["result"]["nodes"]] == ["Service", "Deployment"]
    fake.set_tree("web", {"nodes": []})
    fake.put_application(changed("web", "Healthy"))
    assert await line(response) == {"result": {"nodes": []}}
    response.close()


async def test_shutdown_does_not_wait_for_readers(fake: FakeArgoCD, client: Client) -> None:
    await said(await client.get(PATH), 1)
    async with asyncio.timeout(5):
        await client.close()
