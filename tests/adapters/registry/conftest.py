"""Registries over the wire: the sandbox's fake with Docker Hub's token flow, and Debian's real `docker-registry`."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.adapters.registry.client import RegistryClient
from bot.sandbox.registry import FakeRegistry
from tests.adapters.conftest import Serve
from tests.needs import not_run

READY_WITHIN = 20
CONFIGURATION = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: "{folder}"}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def fake() -> FakeRegistry:
    registry = FakeRegistry()
    registry.push("team/web", "v1", ("linux/amd64", "linux/arm64/v8", "linux/arm/v7"))
    registry.push("team/web", "arm-only", ("linux/arm64",))
    return registry


@pytest.fixture
async def url(fake: FakeRegistry, serve: Serve) -> str:
    return await serve(fake.application())


@pytest.fixture
def client(session: aiohttp.ClientSession, url: str) -> RegistryClient:
    return RegistryClient(session, mirrors={"docker.io": url})


@pytest.fixture
async def real_registry(tmp_path: Path, session: aiohttp.ClientSession) -> AsyncIterator[str]:
    """The address of a `docker-registry` with nothing in it."""
    program = shutil.which("docker-registry") or not_run(
        "an image registry", "no `docker-registry` on the PATH: apt-get install docker-registry"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "registry.yml"
    config.write_text(CONFIGURATION.format(folder=tmp_path / "images", port=port), encoding="utf-8")
    with (tmp_path / "registry.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(program, "serve", str(config), stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(READY_WITHIN):
            while not await _answers(session, address):
                assert process.returncode is None, (tmp_path / "registry.log").read_text()
                await asyncio.sleep(0.05)
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(f"{address}/v2/") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
