"""The web server over the wire: what it answers to friends, strangers and enemies."""

import asyncio
import contextlib
import io
import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.argocd.webhook import named_applications
from bot.adapters.web import Limits, WebhookReceiver, WebServer, server_tls
from bot.service.ports import Health, Readiness, Refused
from tests.needs import not_run

SECRET = "hunter2Wq8Zt4Lm9"
BEARER = {"Authorization": f"Bearer {SECRET}"}
BODY = json.dumps({"app": {"name": "grafana-prod", "namespace": "argocd"}}).encode()
QUICK = Limits(head=0.2, body=0.2, lingering=0.1, shutdown=0.2)
MIB = 1024 * 1024


class World:
    """A server on a free port, what it received, and a client."""

    def __init__(self, client: aiohttp.ClientSession, url: str, readiness: Readiness) -> None:
        self.client = client
        self.url = url
        self.readiness = readiness
        self.received: list[tuple[str, bytes]] = []
        self.busy = False
        self.fault: Exception | None = None

    def receiver(self, argocd: str) -> Callable[[bytes], int]:
        def receive(body: bytes) -> int:
            if self.fault is not None:
                raise self.fault
            apps = named_applications(body, argocd=argocd)
            if self.busy:
                return 0
            self.received.append((argocd, body))
            return len(apps)

        return receive

    async def post(
        self, path: str, data: object = BODY, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, object], aiohttp.ClientResponse]:
        async with self.client.post(self.url + path, data=data, headers=headers) as response:
            return response.status, await response.json(), response

    async def raw(self, sent: bytes, later: bytes = b"") -> bytes:
        """What comes back for these bytes (and those a moment later) until the server closes the connection."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        if later:
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.write(later)
        async with asyncio.timeout(5):
            found = await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        return found


async def slack_echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


@contextlib.asynccontextmanager
async def running(
    *, secrets: dict[str, str | None] | None = None, slack: bool = True, limits: Limits = QUICK
) -> AsyncIterator[World]:
    readiness = Readiness()
    async with aiohttp.ClientSession() as client:
        world = World(client, "", readiness)
        server = WebServer(
            host="127.0.0.1",
            port=0,
            tls=None,
            readiness=readiness,
            webhooks={
                name: WebhookReceiver(secret=secret, receive=world.receiver(name))
                for name, secret in ({"default": SECRET} if secrets is None else secrets).items()
            },
            slack=slack_echo if slack else None,
            metrics=lambda: (b"up 1\n", "text/plain; version=0.0.4"),
            limits=limits,
        )
        world.url = await server.start()
        try:
            yield world
        finally:
            await server.stop()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running() as found:
        yield found


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/webhooks/argocd", {"Content-Type": "application/json"}, id="plain"),
        pytest.param("/webhooks/argocd/sync-failed", {"Content-Type": "application/json"}, id="with the trigger"),
        pytest.param("/webhooks/argocd", {"Content-Type": "text/plain"}, id="other content type"),
        pytest.param("/webhooks/argocd", {"Authorization": f"bearer  {SECRET} "}, id="scheme in lower case"),
    ],
)
async def test_notification_is_accepted(world: World, path: str, headers: dict[str, str]) -> None:
    status, answer, _ = await world.post(path, headers=BEARER | headers)

    assert (status, answer) == (202, {"applications": 1})
    assert world.received == [("default", BODY)]


async def test_notification_without_content_type(world: World) -> None:
    async with world.client.post(
        world.url + "/webhooks/argocd", data=BODY, headers=BEARER, skip_auto_headers=["Content-Type"]
    ) as response:
        assert response.status == 202


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        pytest.param(None, "send Authorization: Bearer and the webhook's secret", id="none"),
        pytest.param("", "send Authorization: Bearer and the webhook's secret", id="empty"),
        pytest.param("Bearer", "send Authorization: Bearer and the webhook's secret", id="no secret"),
        pytest.param(f"Basic {SECRET}", "send Authorization: Bearer and the webhook's secret", id="other scheme"),
        pytest.param(SECRET, "send Authorization: Bearer and the webhook's secret", id="no scheme"),
        pytest.param(f"Bearer {SECRET}x", "the webhook's secret is wrong", id="too long"),
        pytest.param(f"Bearer {SECRET[:-1]}", "the webhook's secret is wrong", id="too short"),
        pytest.param(f"Bearer {SECRET.upper()}", "the webhook's secret is wrong", id="other case"),
        pytest.param("Bearer гибрид😀", "the webhook's secret is wrong", id="not ASCII"),
        pytest.param("Bearer " + "x" * 7000, "the webhook's secret is wrong", id="very long"),
    ],
)
async def test_wrong_secret(world: World, authorization: str | None, reason: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    status, answer, response = await world.post("/webhooks/argocd", headers=headers)

    assert (status, answer) == (401, {"error": reason})
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="gitops-bot"')
    assert world.received == []


async def test_secret_of_bytes_that_are_no_text(world: World) -> None:
    answer = await world.raw(
        b"POST /webhooks/argocd HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n"
        b"Authorization: Bearer \xff\xfe\r\n\r\n{}"
    )

    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_without_a_secret_nothing_is_let_in() -> None:
    async with running(secrets={"default": None}) as world:
        for secret in ("None", "null", SECRET):
            status, _, _ = await world.post("/webhooks/argocd", headers={"Authorization": f"Bearer {secret}"})
            assert status == 401
        assert world.received == []


async def test_the_secret_tells_which_argocd_speaks() -> None:
    async with running(secrets={"eu": "secret-eu", "us": "secret-us", "lab": None}) as world:
        for secret in ("secret-us", "secret-eu"):
            await world.post("/webhooks/argocd/sync-failed", headers={"Authorization": f"Bearer {secret}"})

        assert [argocd for argocd, _ in world.received] == ["us", "eu"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"{", 400, id="truncated"),
        pytest.param(b'{"app": {"name": "graf', 400, id="truncated in a string"),
        pytest.param(b"\xff\xfe{}", 400, id="invalid UTF-8"),
        pytest.param(b'{"app": {"name": "\xff"}', 400, id="invalid UTF-8 in a string"),
        pytest.param(b"[" * 100_000, 400, id="deep, unclosed"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, 400, id="deep arrays"),
        pytest.param(b'{"app":' * 100_000 + b"1" + b"}" * 100_000, 400, id="deep objects"),
        pytest.param(b"null", 400, id="null"),
        pytest.param(b"[]", 400, id="a list"),
        pytest.param(b"{}", 400, id="names no application"),
        pytest.param(b"<html></html>", 400, id="HTML"),
        pytest.param(b"\0" * 1000, 400, id="zero bytes"),
        pytest.param(b" " * (MIB - len(BODY)) + BODY, 202, id="as large as may be"),
        pytest.param(b" " * (MIB - len(BODY) + 1) + BODY, 413, id="a byte too large"),
        pytest.param(b" " * 8 * MIB, 413, id="far too large"),
    ],
)
async def test_hostile_body(world: World, body: bytes, status: int) -> None:
    found, answer, _ = await world.post("/webhooks/argocd", data=io.BytesIO(body), headers=BEARER)

    assert found == status
    if status >= 400:
        assert answer["error"]
        assert len(str(answer["error"])) <= 300
    again, _, _ = await world.post("/webhooks/argocd", headers=BEARER)
    assert again == 202, "the service goes on"


async def test_chunked_body_too_large(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65536

    status, answer, _ = await world.post("/webhooks/argocd", data=endless(), headers=BEARER)

    assert (status, answer) == (413, {"error": f"the body is larger than {MIB} bytes"})


async def test_large_body_is_refused_before_it_arrives(world: World) -> None:
    answer = await world.raw(
        b"POST /webhooks/argocd HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n"
        b"Authorization: Bearer " + SECRET.encode() + b"\r\n\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_compressed_body_is_not_unpacked(world: World) -> None:
    status, answer, _ = await world.post(
        "/webhooks/argocd", data=b"x", headers=BEARER | {"Content-Encoding": "gzip", "Content-Length": "1"}
    )

    assert (status, answer) == (415, {"error": "the body is compressed; send it plain"})


async def test_too_busy(world: World) -> None:
    world.busy = True

    status, answer, response = await world.post("/webhooks/argocd", headers=BEARER)

    assert (status, answer) == (503, {"error": "too much is waiting; try again soon"})
    assert int(response.headers["Retry-After"]) > 0


async def test_a_fault_of_ours_is_not_shown(world: World) -> None:
    world.fault = KeyError(f"password={SECRET}")

    status, answer, _ = await world.post("/webhooks/argocd", headers=BEARER)

    assert (status, answer) == (500, {"error": "the bot failed at this request; its log says why"})


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        pytest.param("GET", "/webhooks/argocd", 405, "POST", id="GET for POST"),
        pytest.param("HEAD", "/webhooks/argocd", 405, "POST", id="HEAD for POST"),
        pytest.param("OPTIONS", "/webhooks/argocd", 405, "POST", id="OPTIONS"),
        pytest.param("PROPFIND", "/webhooks/argocd/x", 405, "POST", id="WebDAV"),
        pytest.param("POST", "/healthz", 405, "GET, HEAD", id="POST for GET"),
        pytest.param("HEAD", "/healthz", 200, None, id="HEAD for GET"),
        pytest.param("GET", "/", 404, None, id="root"),
        pytest.param("POST", "/webhooks/argocd/a/b", 404, None, id="too deep"),
        pytest.param("GET", "/webhooks/../healthz/%2e%2e/etc/passwd", 404, None, id="path traversal"),
        pytest.param("GET", "/%00%ff", 404, None, id="path that is no text"),
    ],
)
async def test_methods_and_addresses(world: World, method: str, path: str, status: int, allowed: str | None) -> None:
    async with world.client.request(method, world.url + path) as response:
        assert response.status == status
        assert response.headers.get("Allow") == allowed
        if method != "HEAD":
            assert "error" in await response.json()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/nowhere", "/webhooks/argocd"])
async def test_every_answer_is_dressed(world: World, path: str) -> None:
    async with world.client.get(world.url + path) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "Server" not in response.headers


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50, id="TLS to a plain port"),
        pytest.param(b"EHLO example.com\r\n\r\n", id="another protocol"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n", id="header name"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", id="long header"),
        pytest.param(
            b"POST /webhooks/argocd HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            id="request smuggling",
        ),
        pytest.param(b"POST /webhooks/argocd HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", id="negative length"),
    ],
)
async def test_what_is_no_http(world: World, sent: bytes) -> None:
    answer = await world.raw(sent)

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert b"this isn't a well-formed HTTP request" in answer
    assert b"aiohttp" not in answer
    async with world.client.get(world.url + "/healthz") as response:
        assert response.status == 200


@pytest.mark.parametrize("together", [pytest.param(True, id="at once"), pytest.param(False, id="after the head")])
async def test_malformed_chunks(world: World, together: bool) -> None:
    head = b"POST /webhooks/argocd HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += b"Authorization: Bearer " + SECRET.encode() + b"\r\n\r\n"
    chunk = b"ZZ\r\n{}\r\n"

    answer = await (world.raw(head + chunk) if together else world.raw(head, chunk))

    assert answer.split()[1] in {b"400", b"408"}
    assert world.received == []


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST /webhooks/argocd HTTP/1.1\r\nHost: x\r\nX-A: ", id="half a head"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea", id="half a second head"),
    ],
)
async def test_slow_head_is_cut(world: World, sent: bytes) -> None:
    answer = await world.raw(sent)

    assert b"HTTP/1.1 400" not in answer


async def test_slow_loris_is_cut_while_it_still_sends(world: World) -> None:
    host, port = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))

    async def drip() -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET /healthz HTTP/1.1\r\n")
            while not writer.is_closing():
                writer.write(b"X: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(3):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
    writer.close()
    await dripping


async def test_slow_body_is_cut(world: World) -> None:
    answer = await world.raw(
        b"POST /webhooks/argocd HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Authorization: Bearer " + SECRET.encode() + b"\r\n\r\n{"
    )

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the body didn't arrive within 0.2 seconds" in answer


async def test_health_and_readiness(world: World) -> None:
    async def read(path: str) -> tuple[int, object]:
        async with world.client.get(world.url + path) as response:
            return response.status, await response.json()

    assert await read("/healthz") == (200, {"alive": True})
    assert await read("/readyz") == (503, {"ready": False, "parts": {}})

    world.readiness.report("slack", Health.OK)
    world.readiness.report("argocd/default", Health.FAILING, f"It refused the token={SECRET}; make a new one.")
    status, answer = await read("/readyz")

    assert status == 503
    assert answer == {
        "ready": False,
        "parts": {
            "argocd/default": {"health": "failing", "detail": "It refused the token=[redacted]; make a new one."},
            "slack": {"health": "ok", "detail": ""},
        },
    }
    assert (await read("/healthz"))[0] == 200, "a failing part is no reason to restart the process"

    world.readiness.report("argocd/default", Health.OK, "3.6.1 as gitops-responder")
    assert (await read("/readyz"))[0] == 200


async def test_figures(world: World) -> None:
    async with world.client.get(world.url + "/metrics") as response:
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4"
        assert await response.text() == "up 1\n"


async def test_slack_events_reach_their_handler(world: World) -> None:
    async with world.client.post(world.url + "/slack/events", data=b"payload=1") as response:
        assert await response.read() == b"payload=1"
    async with world.client.post(world.url + "/slack/events", data=io.BytesIO(b"x" * (MIB + 1))) as response:
        assert response.status == 413


async def test_slack_events_in_socket_mode() -> None:
    async with running(slack=False) as world:
        assert (await world.post("/slack/events"))[0] == 404


async def test_port_in_use(world: World) -> None:
    port = int(world.url.rpartition(":")[2])
    server = WebServer(
        host="127.0.0.1",
        port=port,
        tls=None,
        readiness=Readiness(),
        webhooks={},
        slack=None,
        metrics=lambda: (b"", "text/plain"),
    )

    with pytest.raises(Refused) as caught:
        await server.start()

    assert str(caught.value) == (
        f"The bot can't listen on 127.0.0.1, port {port}: another program listens there; stop it, or set "
        "GITOPS_BOT_WEB__PORT to a free port."
    )
    await server.stop()


async def test_the_port_is_free_after_stop() -> None:
    async with running() as world:
        port = int(world.url.rpartition(":")[2])
        await world.post("/webhooks/argocd", headers=BEARER)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    openssl = shutil.which("openssl") or not_run("OpenSSL", "no `openssl` on the PATH: apt-get install openssl")
    files = tmp_path / "tls.crt", tmp_path / "tls.key"
    wanted = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(  # noqa: S603  # our own arguments
        [openssl, "req", "-x509", "-nodes", *wanted, "-out", files[0], "-keyout", files[1]],
        check=True,
        capture_output=True,
    )
    return files


async def test_https(certificate: tuple[Path, Path]) -> None:
    server = WebServer(
        host="127.0.0.1",
        port=0,
        tls=server_tls(*certificate),
        readiness=Readiness(),
        webhooks={},
        slack=None,
        metrics=lambda: (b"", "text/plain"),
        limits=QUICK,
    )
    url = await server.start()
    try:
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(certificate[0]))
        trusting.check_hostname = False
        async with (
            aiohttp.ClientSession() as client,
            client.get(url + "/healthz", ssl=trusting) as response,
        ):
            assert response.status == 200
    finally:
        await server.stop()


def test_unusable_certificate(tmp_path: Path) -> None:
    file = tmp_path / "tls.pem"
    file.write_text("no certificate")

    with pytest.raises(Refused, match="must be a certificate chain and its private key"):
        server_tls(file, file)
    with pytest.raises(Refused, match="must be a certificate chain and its private key"):
        server_tls(tmp_path / "absent", file)


@given(secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=50))
def test_the_secret_is_never_shown(secret: str) -> None:
    assert repr(WebhookReceiver(secret=secret, receive=len)) == repr(WebhookReceiver(secret=None, receive=len))
