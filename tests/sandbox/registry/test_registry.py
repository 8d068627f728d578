"""The fake registry, asked as container runtimes ask: challenge, token, manifest, configuration."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.sandbox.registry import FakeRegistry


@pytest.fixture
def registry() -> FakeRegistry:
    registry = FakeRegistry()
    registry.push("team/web", "v1", ("linux/amd64", "linux/arm/v7"))
    registry.push("team/web", "arm", ("linux/arm64",))
    return registry


@pytest.fixture
async def client(registry: FakeRegistry) -> AsyncIterator[aiohttp.ClientSession]:
    async with TestServer(registry.application()) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        yield session


async def token(client: aiohttp.ClientSession, repository: str) -> dict[str, str]:
    async with client.get("/token", params={"scope": f"repository:{repository}:pull"}) as answer:
        return {"Authorization": f"Bearer {(await answer.json())['token']}"}


async def get(client: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    async with client.get(path, headers=headers) as answer:
        body = await answer.read()
        if answer.status == 200:
            assert answer.headers["Docker-Content-Digest"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
        return answer.status, await answer.json(content_type=None)


async def test_a_stranger_is_sent_to_the_token_server(client: aiohttp.ClientSession) -> None:
    async with client.get("/v2/team/web/manifests/v1") as answer:
        assert answer.status == 401
        assert 'scope="repository:team/web:pull"' in answer.headers["WWW-Authenticate"]
    async with client.get("/token", params={"scope": "repository:team/web:push"}) as refused:
        assert refused.status == 400


async def test_an_index_leads_to_manifests_and_configurations(client: aiohttp.ClientSession) -> None:
    headers = await token(client, "team/web")
    _, index = await get(client, "/v2/team/web/manifests/v1", headers)
    assert [item["platform"].get("variant") for item in index["manifests"]] == [None, "v7"]
    _, manifest = await get(client, f"/v2/team/web/manifests/{index['manifests'][1]['digest']}", headers)
    _, config = await get(client, f"/v2/team/web/blobs/{manifest['config']['digest']}", headers)
    assert (config["os"], config["architecture"], config["variant"]) == ("linux", "arm", "v7")


async def test_a_token_is_for_one_repository(client: aiohttp.ClientSession) -> None:
    assert (await get(client, "/v2/team/web/manifests/v1", await token(client, "other")))[0] == 401


@pytest.mark.parametrize(
    ("path", "code"),
    [("team/web/manifests/v2", "MANIFEST_UNKNOWN"), ("none/manifests/v1", "NAME_UNKNOWN"),
     ("team/web/blobs/sha256:00", "BLOB_UNKNOWN")],
)  # fmt: skip
async def test_what_is_not_there(client: aiohttp.ClientSession, path: str, code: str) -> None:
    repository = path.partition("/manifests")[0].partition("/blobs")[0]
    status, body = await get(client, f"/v2/{path}", await token(client, repository))
    assert (status, body["errors"][0]["code"]) == (404, code)


async def test_private_and_limited(client: aiohttp.ClientSession, registry: FakeRegistry) -> None:
    headers = await token(client, "team/web")
    registry.make_private("team/web")
    assert (await get(client, "/v2/team/web/manifests/v1", headers))[0] == 401
    registry.limit(7)
    async with client.get("/v2/team/web/manifests/v1", headers=headers) as limited:
        assert (limited.status, limited.headers["Retry-After"]) == (429, "7")
