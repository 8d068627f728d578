"""The registry client and its witness over the wire: tokens, redirects, limits and lies."""

import json
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from bot.adapters.registry.client import RegistryClient
from bot.adapters.registry.references import image_reference
from bot.adapters.registry.witness import RegistryWitness
from bot.core.inquiry import Arguments
from bot.sandbox.registry import FakeRegistry
from bot.service.investigate import Witness
from bot.service.ports import NotFound, Refused, Unreachable
from tests.adapters.conftest import Serve

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
V1 = image_reference("team/web:v1")
INDEX = json.dumps({"manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}]}).encode()


def answering(handler: Handler) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    return app


async def test_a_token_is_fetched_once_and_used_again(session: aiohttp.ClientSession, serve: Serve) -> None:
    asked: list[str] = []
    fake = FakeRegistry()
    fake.push("team/web", "v1", ("linux/amd64",))

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked.append(request.path)
        return await handler(request)

    client = RegistryClient(session, mirrors={"docker.io": await serve(fake.application(middlewares=[note]))})
    for _ in range(2):
        assert await client.platforms(V1) == ("linux/amd64",)
    assert asked.count("/token") == 1


async def test_platforms_and_digest(client: RegistryClient) -> None:
    assert await client.platforms(V1) == ("linux/amd64", "linux/arm/v7", "linux/arm64")
    assert await client.platforms(image_reference("team/web:arm-only")) == ("linux/arm64",)
    digest = await client.digest(V1)
    assert await client.platforms(image_reference(f"team/web@{digest}")) == await client.platforms(V1)


async def test_absent_private_and_limited_are_told_apart(client: RegistryClient, fake: FakeRegistry) -> None:
    with pytest.raises(NotFound, match="MANIFEST_UNKNOWN"):
        await client.platforms(image_reference("team/web:v9"))
    fake.push("team/secret", "v1", ("linux/amd64",))
    fake.make_private("team/secret")
    with pytest.raises(Refused, match="private, or it doesn't exist") as denied:
        await client.platforms(image_reference("team/secret:v1"))
    assert (denied.value.status, isinstance(denied.value, NotFound)) == (401, False)
    fake.limit(30)
    with pytest.raises(Unreachable, match="pull rate limit") as limited:
        await client.platforms(V1)
    assert limited.value.retry_after == 30


async def test_user_and_password_where_a_registry_wants_them(session: aiohttp.ClientSession, serve: Serve) -> None:
    async def basic(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != aiohttp.encode_basic_auth("bot", "pass"):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        return web.Response(body=INDEX)

    mirrors = {"registry.example.com": await serve(answering(basic))}
    image = image_reference("registry.example.com/app")
    known = RegistryClient(session, mirrors=mirrors, credentials={"registry.example.com": "bot:pass"})
    assert await known.platforms(image) == ("linux/amd64",)
    with pytest.raises(Refused, match="wants credentials"):
        await RegistryClient(session, mirrors=mirrors).platforms(image)


async def test_credentials_stay_with_the_registry_when_it_redirects(
    session: aiohttp.ClientSession, serve: Serve
) -> None:
    seen: list[str | None] = []

    async def storage(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response(body=INDEX)

    elsewhere = await serve(answering(storage))

    async def registry(request: web.Request) -> web.Response:
        if "Authorization" not in request.headers:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic realm=x"})
        return web.Response(status=307, headers={"Location": f"{elsewhere}/blob"})

    client = RegistryClient(
        session, mirrors={"docker.io": await serve(answering(registry))}, credentials={"docker.io": "bot:pass"}
    )
    assert await client.platforms(V1) == ("linux/amd64",)
    assert seen == [None]


async def test_a_circle_of_redirects_ends(session: aiohttp.ClientSession, serve: Serve) -> None:
    async def around(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.path})

    client = RegistryClient(session, mirrors={"docker.io": await serve(answering(around))})
    with pytest.raises(Refused, match="redirects more than"):
        await client.platforms(V1)


@pytest.mark.parametrize(
    "image",
    ["localhost:5000/app", "127.0.0.1/app", "169.254.169.254/latest", "[::1]:5000/app", "0.0.0.0/app"],
)
async def test_a_message_can_t_send_us_to_this_machine(session: aiohttp.ClientSession, image: str) -> None:
    with pytest.raises(Refused, match="REGISTRY__MIRRORS"):
        await RegistryClient(session).platforms(image_reference(image))


@pytest.mark.parametrize(
    ("handler_answers", "error"),
    [
        (web.Response(body=b"<html>"), "can't be read"),
        (web.Response(body=b"{}"), "is no image"),
        (web.Response(body=INDEX, headers={"Docker-Content-Digest": "sha256:" + "00" * 32}), "doesn't have the digest"),
        (web.Response(body=b" " * (5 * 1024 * 1024)), "more than 4 MiB"),
        (web.Response(status=503, body=b"busy"), "can't answer now"),
        (web.Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="ftp://x/"'}), "not reached by https"),
    ],
    ids=["no-json", "no-manifest", "wrong-digest", "too-large", "busy", "odd-realm"],
)
async def test_what_a_registry_gets_wrong(
    session: aiohttp.ClientSession, serve: Serve, handler_answers: web.Response, error: str
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return handler_answers

    client = RegistryClient(session, mirrors={"docker.io": await serve(answering(answer))})
    with pytest.raises((Refused, Unreachable), match=error):
        await client.platforms(V1)


async def test_nobody_there(session: aiohttp.ClientSession) -> None:
    with pytest.raises(Unreachable, match="can't be reached"):
        await RegistryClient(session, mirrors={"docker.io": "http://127.0.0.1:9"}).platforms(V1)


async def test_a_mirror_s_path_goes_before_the_repository(session: aiohttp.ClientSession, serve: Serve) -> None:
    fake = FakeRegistry()
    fake.push("hub-proxy/team/web", "v1", ("linux/s390x",))
    client = RegistryClient(session, mirrors={"docker.io": f"{await serve(fake.application())}/hub-proxy/"})
    assert await client.platforms(V1) == ("linux/s390x",)


@pytest.mark.parametrize(
    ("question", "arguments", "value", "saw"),
    [
        ("registry.platforms", {"image": "team/web:arm-only"}, ("linux/arm64",), "made for linux/arm64"),
        ("registry.has_platform", {"image": "team/web:v1", "platform": "linux/arm"}, True, "wanted: linux/arm"),
        ("registry.has_platform", {"image": "team/web:arm-only", "platform": "linux/amd64"}, False, "linux/arm64"),
        ("registry.tag_exists", {"image": "team/web:v1"}, True, "sha256:"),
        ("registry.tag_exists", {"image": "team/web:v2"}, False, "docker.io has no docker.io/team/web:v2"),
        ("registry.credentials_accepted", {"image": "team/web:v1", "namespace": "x"}, True, "no pull secret is needed"),
        ("registry.credentials_accepted", {"image": "team/secret", "namespace": "x"}, None, "may not read Secrets"),
        ("registry.credentials_accepted", {"image": "team/web:v2", "namespace": "x"}, None, "without credentials"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("registry.") else "",
)
async def test_the_witness(
    client: RegistryClient, fake: FakeRegistry, question: str, arguments: Arguments, value: object, saw: str
) -> None:
    fake.make_private("team/secret")
    witness: Witness = RegistryWitness(client)
    answered = await witness.answer(question, arguments)
    assert answered.value == value
    assert saw in answered.saw


async def test_the_witness_refuses_what_is_no_image(client: RegistryClient) -> None:
    with pytest.raises(Refused, match="can't name an image"):
        await RegistryWitness(client).answer("registry.platforms", {"image": "Nope!"})
