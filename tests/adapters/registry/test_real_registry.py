"""The client against a real registry (Debian's docker-registry) with small made-up images."""

import aiohttp
import pytest

from bot.adapters.registry.client import RegistryClient
from bot.adapters.registry.references import image_reference
from bot.service.ports import NotFound
from tests.adapters.registry.pushing import Pusher

pytestmark = pytest.mark.registry


@pytest.fixture
def client(session: aiohttp.ClientSession, real_registry: str) -> RegistryClient:
    return RegistryClient(session, mirrors={"registry.example.com": real_registry})


@pytest.mark.parametrize("docker", [False, True], ids=["oci", "docker"])
async def test_platforms_of_an_index(
    session: aiohttp.ClientSession, real_registry: str, client: RegistryClient, docker: bool
) -> None:
    pusher = Pusher(session, real_registry, "team/web", docker=docker)
    digest = await pusher.index("v1", [("linux", "amd64"), ("linux", "arm64")])
    image = image_reference("registry.example.com/team/web:v1")
    assert await client.platforms(image) == ("linux/amd64", "linux/arm64")
    assert await client.digest(image) == digest
    by_digest = image_reference(f"registry.example.com/team/web@{digest}")
    assert await client.platforms(by_digest) == ("linux/amd64", "linux/arm64")


@pytest.mark.parametrize("docker", [False, True], ids=["oci", "docker"])
async def test_the_platform_of_one_image_is_in_its_configuration(
    session: aiohttp.ClientSession, real_registry: str, client: RegistryClient, docker: bool
) -> None:
    await Pusher(session, real_registry, "team/web", docker=docker).image("arm", "linux", "arm64")
    assert await client.platforms(image_reference("registry.example.com/team/web:arm")) == ("linux/arm64",)


async def test_what_is_not_there(session: aiohttp.ClientSession, real_registry: str, client: RegistryClient) -> None:
    await Pusher(session, real_registry, "team/web").image("v1", "linux", "amd64")
    with pytest.raises(NotFound) as no_tag:
        await client.platforms(image_reference("registry.example.com/team/web:v2"))
    assert no_tag.value.reason == "MANIFEST_UNKNOWN"
    with pytest.raises(NotFound):
        await client.digest(image_reference("registry.example.com/team/other:v1"))
