"""Watches of servers that break the protocol: what is true is told, what is broken raises or is skipped."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.adapters.kubernetes.watch import Pace
from bot.service.ports import Refused, Relisted, Unreachable
from tests.adapters.conftest import Serve
from tests.adapters.kubernetes.conftest import Connect, Json, Reader, pod


def line(kind: str, obj: Json) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def status(code: int, message: str, reason: str = "") -> Json:
    return {"kind": "Status", "status": "Failure", "message": message, "reason": reason, "code": code}


def version(obj: Json, number: int) -> Json:
    return obj | {"metadata": obj["metadata"] | {"resourceVersion": str(number)}}


class Scripted:
    """An API server whose n-th watch sends the n-th script and then ends as the script says."""

    def __init__(self, *scripts: Sequence[bytes], cut: bool = False, hang: bool = False) -> None:
        self.scripts = list(scripts)
        self.versions: list[str] = []
        self.lists = 0
        self._cut = cut
        self._hang = hang
        self.released = asyncio.Event()

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/api/v1/pods", self._pods)
        return application

    async def _pods(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch") != "1":
            self.lists += 1
            return web.json_response({"kind": "PodList", "metadata": {"resourceVersion": "10"}, "items": None})
        self.versions.append(request.query["resourceVersion"])
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in self.scripts.pop(0) if self.scripts else ():
            await response.write(chunk)
            await asyncio.sleep(0.01)
        if self._cut:
            assert request.transport is not None
            request.transport.abort()
        if self._hang:
            await self.released.wait()
        return response


async def readings(server: Scripted, serve: Serve, connect: Connect, pace: Pace | None = None) -> Reader:
    quick = Pace(first_pause=0.01, longest_pause=0.02, watch_for=(30, 30))
    client = await connect(await serve(server.application()), pace=pace or quick)
    reader = Reader(client.pods())
    assert await reader.next() == Relisted(cluster="prod", kind="Pod", uids=frozenset())
    return reader


async def test_modified_first_bookmarks_with_zero_values_and_resume(serve: Serve, connect: Connect) -> None:
    bookmark = {"kind": "Pod", "metadata": {"resourceVersion": "17"}, "spec": {"containers": None}, "status": {}}
    server = Scripted(
        [line("MODIFIED", version(pod("a"), 12)), line("BOOKMARK", bookmark)], [line("ADDED", version(pod("b"), 19))]
    )
    reader = await readings(server, serve, connect)
    assert [item.object.name for item in await reader.take(2)] == ["a", "b"]
    assert (server.versions, server.lists) == (["10", "17"], 1)


async def test_lines_in_pieces(serve: Serve, connect: Connect) -> None:
    whole = line("ADDED", pod("a")) + b"\n" + line("ADDED", pod("b"))
    server = Scripted([whole[:7], whole[7:300], whole[300:]])
    reader = await readings(server, serve, connect)
    assert [item.object.name for item in await reader.take(2)] == ["a", "b"]


@pytest.mark.parametrize(
    ("obj", "error", "words"),
    [
        (status(500, "etcdserver: leader changed", "InternalError"), Unreachable, "leader changed"),
        (status(504, "Too large resource version: 9, current: 3", "Timeout"), Unreachable, "Too large"),
        (status(403, "no more", "Forbidden"), Refused, "no more"),
        ({}, Unreachable, "without a word"),
    ],
    ids=["internal", "too large", "forbidden", "empty"],
)
async def test_error_lines(serve: Serve, connect: Connect, obj: Json, error: type[Exception], words: str) -> None:
    reader = await readings(Scripted([line("ERROR", obj)]), serve, connect)
    with pytest.raises(error, match=words):
        await reader.next()


@pytest.mark.parametrize(
    "obj", [status(410, "too old", "Expired"), status(410, "too old", "Gone"), status(410, "too old")], ids=str
)
async def test_an_expired_error_line_lists_again(serve: Serve, connect: Connect, obj: Json) -> None:
    server = Scripted([line("ADDED", pod("a")), line("ERROR", obj)], [line("ADDED", pod("b"))])
    reader = await readings(server, serve, connect)
    first, relisted, second = await reader.take(3)
    assert (first.object.name, relisted.kind, second.object.name) == ("a", "Pod", "b")
    assert server.lists == 2


@pytest.mark.parametrize("chunks", [[b'{"type":"ADDED","obj'], [b"<html>not a watch</html>\n"]], ids=["half", "html"])
async def test_what_is_no_line_is_told(serve: Serve, connect: Connect, chunks: list[bytes]) -> None:
    reader = await readings(Scripted(chunks), serve, connect)
    with pytest.raises(Unreachable, match=r"middle of a line|no watch event"):
        await reader.next()


async def test_a_cut_in_the_middle_of_a_line_is_told(serve: Serve, connect: Connect) -> None:
    reader = await readings(Scripted([line("ADDED", pod("a")), b'{"type":"ADDED","obj'], cut=True), serve, connect)
    assert (await reader.next()).object.name == "a"
    with pytest.raises(Unreachable, match="cut"):
        await reader.next()


async def test_a_dead_socket_is_noticed(serve: Serve, connect: Connect) -> None:
    pace = Pace(watch_for=(0, 0), silence_beyond=0.1)
    server = Scripted([b"\n"], hang=True)
    reader = await readings(server, serve, connect, pace)
    with pytest.raises(Unreachable, match=r"silent for 0\.1 s"):
        await reader.next()
    server.released.set()


async def test_odd_lines_are_skipped_and_named(serve: Serve, connect: Connect) -> None:
    server = Scripted(
        [
            line("RENAMED", pod("odd")),
            line("ADDED", {"metadata": {"name": "bare"}}),
            line("ADDED", {"metadata": 7}),
            line("DELETED", {"metadata": {"name": "without uid"}}),
            line("BOOKMARK", {}),
            line("ADDED", pod("a")),
        ]
    )
    reader = await readings(server, serve, connect)
    with capture_logs() as logs:
        assert (await reader.next()).object.name == "a"
    assert [log["log_level"] for log in logs] == ["warning"] * 4


async def test_watches_that_end_at_once_are_not_hammered(serve: Serve, connect: Connect) -> None:
    server = Scripted()
    reader = await readings(server, serve, connect, Pace(first_pause=0.05, longest_pause=10.0))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.next(), 0.6)
    assert 2 <= len(server.versions) <= 5
    assert server.lists == 1
