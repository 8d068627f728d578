"""The client against servers that misbehave."""

import asyncio
import gzip
import json
from functools import partial

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.adapters.argocd import http, stream
from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.parse import Place
from bot.core.signals import AppRef
from bot.service.ports import AppGone, PortError, Refused, SyncRequest, Unreachable
from tests.adapters.argocd.conftest import TOKEN, Handler, Misbehave

WEB = AppRef(argocd="main", name="web")
APP = {"metadata": {"name": "web", "namespace": "argocd"}}


class Server:
    """Answers with the given answers in turn, the last one again and again; notes what was asked."""

    def __init__(self, *answers: web.Response) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []

    async def __call__(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.raw_path))
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.read())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        # A response can be sent once, so each request gets its own copy.
        assert isinstance(answer.body, bytes | None)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers.copy())


def page(status: int, **headers: str) -> web.Response:
    return web.Response(
        status=status, text="<html><title>proxy</title></html>", content_type="text/html", headers=headers
    )


def ok() -> web.Response:
    return web.json_response(APP)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_read_survives_a_short_failure(misbehave: Misbehave, status: int) -> None:
    server = Server(page(status), ok())
    assert (await (await misbehave(server)).app(WEB)).ref == WEB
    assert len(server.asked) == 2


async def test_a_read_gives_up_after_three_tries(misbehave: Misbehave) -> None:
    server = Server(page(503))
    client = await misbehave(server)
    with pytest.raises(Unreachable, match=r"can't answer now \(HTTP 503\): a web page: proxy"):
        await client.app(WEB)
    assert len(server.asked) == 3


async def test_a_short_retry_after_is_waited_for(misbehave: Misbehave) -> None:
    server = Server(page(429, **{"Retry-After": "0"}), ok())
    assert (await (await misbehave(server)).app(WEB)).ref == WEB


async def test_a_long_retry_after_is_left_to_the_caller(misbehave: Misbehave) -> None:
    server = Server(page(429, **{"Retry-After": "30"}))
    client = await misbehave(server)
    with pytest.raises(Unreachable) as away:
        await client.listed()
    assert away.value.retry_after == 30
    assert len(server.asked) == 1


async def test_an_internal_error_is_not_asked_again(misbehave: Misbehave) -> None:
    said = {"error": "x", "code": 2, "message": "error getting cached app resource tree: dial tcp: refused"}
    server = Server(web.json_response(said, status=500))
    client = await misbehave(server)
    with pytest.raises(Unreachable, match="error getting cached app resource tree"):
        await client.tree(WEB)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_change_is_sent_once(misbehave: Misbehave, status: int) -> None:
    server = Server(page(status))
    client = await misbehave(server)
    with pytest.raises(Unreachable):
        await client.sync(WEB, SyncRequest(), project="web")
    assert len(server.asked) == 1


async def test_a_web_page_is_no_success(misbehave: Misbehave) -> None:
    client = await misbehave(Server(page(200)))
    with pytest.raises(Unreachable, match="text/html instead of JSON"):
        await client.sync(WEB, SyncRequest(), project="web")
    with pytest.raises(Unreachable, match="text/html instead of JSON"):
        await client.app(WEB)


@pytest.mark.parametrize("body", [b"", b'{"metadata":{"na', b"[]", b"\xff", b'{"metadata":{}}'], ids=repr)
async def test_an_answer_that_can_t_be_read(misbehave: Misbehave, body: bytes) -> None:
    client = await misbehave(Server(web.Response(body=body, content_type="application/json")))
    with pytest.raises(Unreachable, match="can't be read"):
        await client.app(WEB)


async def test_a_redirect_is_not_followed(misbehave: Misbehave) -> None:
    server = Server(web.Response(status=302, headers={"Location": "https://login.example.com/start?state=secret"}))
    client = await misbehave(server)
    with pytest.raises(Refused, match=r"elsewhere \(https://login.example.com/start\)"):
        await client.check()
    assert len(server.asked) == 1


async def test_an_answer_too_long_is_given_up(misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch) -> None:
    body = gzip.compress(b" " * 5_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    client = await misbehave(Server(web.Response(body=body, headers=headers)))
    monkeypatch.setattr("bot.adapters.argocd.client.LIST_LIMIT", 1_000_000)
    with pytest.raises(Unreachable, match="more than"):
        await client.listed()


async def test_an_endless_error_is_cut(misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ERROR_LIMIT", 100)
    client = await misbehave(Server(web.Response(status=400, body=b"x" * 5_000_000)))
    with pytest.raises(Refused) as refused:
        await client.app(WEB)
    assert len(str(refused.value)) <= 100


async def test_no_answer_in_time(misbehave: Misbehave) -> None:
    asked = 0

    async def never(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await asyncio.sleep(60)
        return ok()

    client = await misbehave(never, within=0.1)
    for act in (client.app(WEB), client.sync(WEB, SyncRequest(), project="web")):
        with pytest.raises(Unreachable, match=r"did not answer within 0\.1 s"):
            await act
    assert asked == 2


async def test_a_connection_that_breaks(misbehave: Misbehave) -> None:
    asked = 0

    async def breaks(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        assert request.transport is not None
        request.transport.close()
        return ok()

    client = await misbehave(breaks)
    with pytest.raises(Unreachable, match="can't be reached"):
        await client.rollback(WEB, 1, prune=False, project="web")
    assert asked == 1


async def test_nobody_there(session: aiohttp.ClientSession) -> None:
    client = ArgoCDClient(
        name="main", url="http://127.0.0.1:9", token=TOKEN, session=session, place=Place(argocd="main"), timeout=1
    )
    with pytest.raises(Unreachable, match=r"Argo CD main at 127\.0\.0\.1:9 can't be reached"):
        await client.check()


async def test_what_is_sent(misbehave: Misbehave) -> None:
    server = Server(ok())
    client = await misbehave(server, root="/argocd/")
    await client.app(WEB, project="web")
    await client.terminate(WEB, project="web")
    await client.rollback(WEB, 0, prune=False, project="web")
    assert server.asked == [
        ("GET", "/argocd/api/v1/applications/web?appNamespace=argocd&project=web"),
        ("DELETE", "/argocd/api/v1/applications/web/operation?appNamespace=argocd&project=web"),
        ("POST", "/argocd/api/v1/applications/web/rollback"),
    ]
    read, ended, rolled_back = server.headers
    assert read["Authorization"] == f"Bearer {TOKEN}"
    assert "Content-Type" not in read
    assert ended["Content-Type"] == rolled_back["Content-Type"] == "application/json"
    assert json.loads(server.bodies[2]) == {
        "id": 0,
        "prune": False,
        "dryRun": False,
        "appNamespace": "argocd",
        "project": "web",
    }


@pytest.mark.parametrize("name", ["../../session", "a b", "a?b=c#d", "ä"])
async def test_a_name_never_leads_elsewhere(misbehave: Misbehave, name: str) -> None:
    server = Server(ok())
    await (await misbehave(server)).app(AppRef(argocd="main", name=name))
    ((_, path),) = server.asked
    prefix = "/api/v1/applications/"
    assert path.startswith(prefix)
    assert "/" not in path.removeprefix(prefix).partition("?")[0]
    assert path.count("?") == 1


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_what_is_no_name_is_not_asked(misbehave: Misbehave, name: str) -> None:
    server = Server(ok())
    client = await misbehave(server)
    with pytest.raises(Refused, match="is no name"):
        await client.app(AppRef(argocd="main", name=name))
    assert server.asked == []


async def test_the_token_is_in_no_error_and_no_log(misbehave: Misbehave) -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=int(request.query.get("status", "400")), text=str(dict(request.headers)))

    client = await misbehave(echo)
    with capture_logs() as logs, pytest.raises(Refused) as refused:
        await client.app(WEB)
    assert "secret-of-the-test" not in f"{refused.value!r} {refused.value} {refused.value.__cause__!r} {logs}"
    assert "secret-of-the-test" not in repr(client)


# --- the stream ---


def line(kind: str = "ADDED", *, name: str = "web", padding: int = 0) -> bytes:
    app = {"metadata": {"name": name, "namespace": "argocd", "annotations": {"padding": "x" * padding}}}
    return json.dumps({"result": {"type": kind, "application": app}}).encode() + b"\n"


async def streamed(client: ArgoCDClient) -> tuple[list[str], PortError | None]:
    """What came, and the error that ended it."""
    told = []
    try:
        async for change in client.changes():
            name = change.ref.name
            told.append(f"gone {name}" if isinstance(change, AppGone) else name)
    except PortError as error:
        return told, error
    return told, None


def streaming(*chunks: bytes, pause: float = 0, content_type: str = "application/json", cut: bool = False) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
            await asyncio.sleep(pause)
        if cut:
            assert request.transport is not None
            request.transport.abort()
        return response

    return handler


async def test_lines_come_in_any_pieces(misbehave: Misbehave) -> None:
    whole = line(name="a") + line(name="b") + line("DELETED", name="a")
    client = await misbehave(streaming(*(whole[at : at + 7] for at in range(0, len(whole), 7))))
    assert await streamed(client) == (["a", "b", "gone a"], None)


async def test_a_line_may_have_megabytes(misbehave: Misbehave) -> None:
    client = await misbehave(streaming(line(padding=8_000_000) + line(name="next")))
    assert await streamed(client) == (["web", "next"], None)


async def test_idle_without_heartbeats_is_fine(misbehave: Misbehave) -> None:
    client = await misbehave(streaming(line(name="a"), line(name="b"), pause=0.3), within=0.1, silence=0.1)
    assert await streamed(client) == (["a", "b"], None)


async def test_heartbeats_keep_a_quiet_stream(misbehave: Misbehave) -> None:
    handler = streaming(b"data: " + line(), *[b":\n"] * 4, pause=0.1, content_type="text/event-stream")
    assert await streamed(await misbehave(handler, silence=0.3)) == (["web"], None)


async def test_heartbeats_that_stop_are_a_cut(misbehave: Misbehave) -> None:
    handler = streaming(b"data: " + line(), pause=1, content_type="text/event-stream")
    told, error = await streamed(await misbehave(handler, silence=0.2))
    assert told == ["web"]
    assert isinstance(error, Unreachable)
    assert "did not answer within 0.2 s" in str(error)


async def test_a_cut_is_told_after_what_came(misbehave: Misbehave) -> None:
    told, error = await streamed(await misbehave(streaming(line(), b'{"result":{"ty', pause=0.05, cut=True)))
    assert told == ["web"]
    assert isinstance(error, Unreachable)
    assert "can't be reached" in str(error)


async def test_an_error_line_ends_the_stream(misbehave: Misbehave) -> None:
    ended = json.dumps({"error": {"grpc_code": 14, "http_code": 503, "message": "transport is closing"}}).encode()
    told, error = await streamed(await misbehave(streaming(line(), ended + b"\n" + line(name="never"))))
    assert told == ["web"]
    assert isinstance(error, Unreachable)
    assert "transport is closing" in str(error)


async def test_a_line_that_can_t_be_read_is_told_and_passed_over(misbehave: Misbehave) -> None:
    client = await misbehave(streaming(b"{broken}\n" + line("BOOKMARK") + line(name="next") + b'{"result":'))
    with capture_logs() as logs:
        assert await streamed(client) == (["next"], None)
    assert [entry["event"] for entry in logs] == ["a line of the Application stream can't be read"] * 2


async def test_a_line_too_long_is_told_and_passed_over(misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "Lines", partial(stream.Lines, limit=1000))
    client = await misbehave(streaming(line(padding=5000) + line(name="next")))
    with capture_logs() as logs:
        assert await streamed(client) == (["next"], None)
    assert [entry["event"] for entry in logs] == ["a line of the Application stream was too long and is skipped"]


async def test_a_stream_that_is_refused(misbehave: Misbehave) -> None:
    refused = {"error": {"grpc_code": 7, "http_code": 403, "message": "permission denied", "http_status": "Forbidden"}}
    told, error = await streamed(await misbehave(Server(web.json_response(refused, status=403))))
    assert told == []
    assert isinstance(error, Refused)
    assert "permission denied" in str(error)


async def test_a_refusal_that_never_ends_is_a_cut(misbehave: Misbehave) -> None:
    async def refuses(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=403)
        await response.prepare(request)
        await response.write(b"per")
        await asyncio.sleep(1)
        return response

    told, error = await streamed(await misbehave(refuses, silence=0.2))
    assert told == []
    assert isinstance(error, Unreachable)
