"""A client against the sandbox's Argo CD, or against a server that misbehaves as the test says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import aiohttp
import pytest
from aiohttp import web

from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.parse import Place
from bot.sandbox.argocd import FakeArgoCD, ManualTimeline
from tests.adapters.conftest import Serve
from tests.sandbox.argocd.conftest import START, application

TOKEN = "header.secret-of-the-test.signature"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
__all__ = ["TOKEN", "Connect", "Handler", "Misbehave"]


class Connect(Protocol):
    """Opens a client of a fake."""

    async def __call__(self, fake: FakeArgoCD, *, token: str = TOKEN, within: float = 5) -> ArgoCDClient: ...


class Misbehave(Protocol):
    """Serves a handler for every request; returns a client of it."""

    async def __call__(
        self, handler: Handler, *, root: str = "", within: float = 2, silence: float = 60
    ) -> ArgoCDClient: ...


@pytest.fixture
def timeline() -> ManualTimeline:
    return ManualTimeline(START)


@pytest.fixture
async def fake(timeline: ManualTimeline) -> AsyncIterator[FakeArgoCD]:
    fake = FakeArgoCD(token=TOKEN, timeline=timeline)
    fake.put_application(application())
    yield fake
    await fake.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def connect(serve: Serve, session: aiohttp.ClientSession) -> Connect:
    async def open_client(fake: FakeArgoCD, *, token: str = TOKEN, within: float = 5) -> ArgoCDClient:
        url = await serve(fake.application())
        return ArgoCDClient(
            name="main", url=url, token=token, session=session, place=Place(argocd="main"), timeout=within
        )

    return open_client


@pytest.fixture
def misbehave(serve: Serve, session: aiohttp.ClientSession) -> Misbehave:
    async def open_client(handler: Handler, *, root: str = "", within: float = 2, silence: float = 60) -> ArgoCDClient:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await handler(request)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", handle)
        return ArgoCDClient(
            name="main",
            url=await serve(app) + root,
            token=TOKEN,
            session=session,
            place=Place(argocd="main"),
            timeout=within,
            silence=silence,
        )

    return open_client


@pytest.fixture
async def client(fake: FakeArgoCD, connect: Connect) -> ArgoCDClient:
    return await connect(fake)
