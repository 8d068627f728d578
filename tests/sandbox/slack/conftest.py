"""A fake Slack on free ports, and an app that uses it."""

import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.sandbox.slack import FakeSlack
from tests.needs import not_run
from tests.sandbox.slack.app import App


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Served:
    """A fake Slack being served: the fake, an app beside it, and where the page is."""

    def __init__(self, fake: FakeSlack, app: App, page: str) -> None:
        self.fake = fake
        self.app = app
        self.page = page


class Serve(Protocol):
    """Serves a fake Slack made with these options until the test ends."""

    async def __call__(self, *, middlewares: Iterable[Middleware] = (), **options: Any) -> Served: ...  # noqa: ANN401


@asynccontextmanager
async def _serving(middlewares: Iterable[Middleware], **options: Any) -> AsyncIterator[Served]:  # noqa: ANN401
    fake = FakeSlack(**options)
    runners = [web.AppRunner(fake.application(middlewares=middlewares)), web.AppRunner(fake.page())]
    addresses = []
    for runner in runners:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        addresses.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
    fake.set_address(addresses[0])
    fake.set_page_address(addresses[1])
    try:
        async with App(fake, addresses[0]) as app:
            yield Served(fake, app, addresses[1])
    finally:
        await fake.close()
        for runner in runners:
            await runner.cleanup()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(*, middlewares: Iterable[Middleware] = (), **options: Any) -> Served:  # noqa: ANN401
            return await stack.enter_async_context(_serving(middlewares, **options))

        yield start


@pytest.fixture
async def served(serve: Serve) -> Served:
    return await serve()


@pytest.fixture
async def app(served: Served) -> App:
    return served.app


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def chromium() -> str:
    return shutil.which("chromium") or not_run("Chromium", "no `chromium` on the PATH: apt-get install chromium")
