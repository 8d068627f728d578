"""Servers on free ports, for the tests of every adapter."""

from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer


class Serve(Protocol):
    """Serves an application for the length of the test; returns its address, without a slash at the end."""

    async def __call__(self, application: web.Application) -> str: ...


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[TestServer] = []

    async def start(application: web.Application) -> str:
        server = TestServer(application)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()
