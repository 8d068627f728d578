"""The marked commands of docs/install.md, run in order as a newcomer would, with a bot against the sandbox."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.world import World
from tests.docs.documents import ROOT, text, tried_blocks
from tests.needs import not_run

BLOCKS = tried_blocks(text("docs/install.md"))


@pytest.fixture(scope="session")
def shell() -> str:
    for tool, package in (("curl", "curl"), ("openssl", "openssl")):
        if shutil.which(tool) is None:
            not_run(tool, f"no `{tool}` on the PATH: apt-get install {package}")
    return shutil.which("bash") or not_run("bash", "no `bash` on the PATH: apt-get install bash")


@pytest.fixture
async def newcomer(tmp_path: Path) -> AsyncIterator[tuple[Path, dict[str, str]]]:
    """A folder with a finished `.env`, and the environment in which `gitops-bot` is on the PATH."""
    world = World(directory=tmp_path / "sandbox", ports={}, speed=100)
    await world.start()
    await world.play("healthy")
    port = free_port()
    lines = [f"{name}={value}" for name, value in world.environment().items()]
    lines += [f"GITOPS_BOT_DATABASE__URL=sqlite:///{tmp_path}/state.db", f"GITOPS_BOT_WEB__PORT={port}"]
    (tmp_path / ".env").write_text("\n".join(lines) + "\n")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "BOT": f"http://127.0.0.1:{port}",
    }
    yield tmp_path, environment
    await world.stop()


@pytest.fixture
async def running(newcomer: tuple[Path, dict[str, str]]) -> AsyncIterator[None]:
    """The bot, once it is ready; it must stop clean."""
    folder, environment = newcomer
    process = await asyncio.create_subprocess_exec(
        "gitops-bot", "run", cwd=folder, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        await until_ready(environment["BOT"])
        yield
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), 20)
    finally:
        if process.returncode is None:
            process.kill()
            _, said = await process.communicate()
            sys.stderr.write(said.decode())
    assert process.returncode == 0, said.decode()


async def test_each_marked_command_works(newcomer: tuple[Path, dict[str, str]], running: None, shell: str) -> None:
    folder, environment = newcomer
    assert len(BLOCKS) >= 5
    for block in BLOCKS:
        process = await asyncio.create_subprocess_exec(
            shell,
            "-euo",
            "pipefail",
            "-c",
            block,
            cwd=folder,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 40)
        assert process.returncode == 0, f"{block}\n{said.decode()}"


async def until_ready(url: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while True:
            try:
                async with session.get(f"{url}/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass  # not listening yet
            await asyncio.sleep(0.1)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
