"""Faults from JSON, and what a client sees of them."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox.faults import BadFault, Faults, parse_fault


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param({"target": "mars", "kind": "500"}, "target must be", id="no such target"),
        pytest.param({"target": "argocd", "kind": "boom"}, "kind must be", id="no such kind"),
        pytest.param({"target": "argocd", "kind": "duplicate"}, "for slack only", id="Slack's own kind elsewhere"),
        pytest.param({"target": "slack", "kind": "slow", "seconds": 1e9}, "seconds", id="too long"),
        pytest.param({"target": "slack", "kind": "slow", "times": "x"}, "times", id="times is text"),
        pytest.param({"target": "slack", "kind": "500", "path": "("}, "no pattern", id="a broken pattern"),
    ],
)
def test_a_fault_that_cant_be_made_says_why(body: dict[str, Any], why: str) -> None:
    with pytest.raises(BadFault, match=why):
        parse_fault(body)


async def _client(faults: Faults) -> TestClient[Any, Any]:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "long": "x" * 100})

    app = web.Application(middlewares=[faults.middleware("argocd")])
    app.router.add_get("/api", answer)
    app.router.add_get("/control/x", answer)
    client: TestClient[Any, Any] = TestClient(TestServer(app))
    await client.start_server()
    return client


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_status_is_answered_as_often_as_told_and_then_no_more(status: int) -> None:
    faults = Faults()
    client = await _client(faults)
    faults.add(parse_fault({"target": "argocd", "kind": str(status), "times": 2, "seconds": 7}))
    assert (await client.get("/control/x")).status == 200
    first = await client.get("/api")
    assert first.status == status
    assert first.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert [(await client.get("/api")).status for _ in range(2)] == [status, 200]
    await client.close()


@pytest.mark.parametrize("kind", ["drop", "cut", "truncate"])
async def test_a_connection_is_cut(kind: str) -> None:
    faults = Faults()
    client = await _client(faults)
    faults.add(parse_fault({"target": "argocd", "kind": kind, "times": 5}))

    async def read() -> bytes:
        return await (await client.get("/api")).read()

    with pytest.raises(aiohttp.ClientError):
        await read()
    faults.clear()
    assert (await client.get("/api")).status == 200
    await client.close()


async def test_only_what_fits_goes_wrong() -> None:
    faults = Faults()
    client = await _client(faults)
    faults.add(parse_fault({"target": "argocd", "kind": "500", "method": "post"}))
    faults.add(parse_fault({"target": "argocd", "kind": "500", "path": "nowhere"}))
    assert (await client.get("/api")).status == 200
    await client.close()
