"""The image: small rules one can read off the Dockerfile, and its health check tried against a real server."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.metrics import Metrics
from bot.adapters.web import WebServer
from bot.service.ports import Readiness
from bot.settings import load
from tests.deploy.manifests import DEPLOY, ROOT

TEXT = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
STEPS = [line for line in re.sub(r"\\\n\s*", "", TEXT).splitlines() if line and not line.startswith("#")]
FINAL = STEPS[max(number for number, line in enumerate(STEPS) if line.startswith("FROM ")) :]
HEALTHCHECK = DEPLOY / "healthcheck.py"


def of(instruction: str) -> list[str]:
    """What an instruction of the final stage is given."""
    return [line.partition(" ")[2] for line in FINAL if line.startswith(f"{instruction} ")]


def environment() -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(of("ENV"))))


def test_every_base_has_a_version() -> None:
    bases = [line.split()[1] for line in STEPS if line.startswith("FROM ")]
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.\d+-slim-bookworm", base) for base in bases)
    assert len(set(bases)) == 1, "a virtual environment needs the Python it was made with"


def test_it_runs_as_a_numbered_user_that_is_not_root() -> None:
    *_, user = of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_final_stage_builds_nothing() -> None:
    assert not any(word in line for line in of("RUN") for word in ("apt-get", "pip install", "gcc"))
    assert [line.split()[0] for line in of("COPY")] == ["--from=build", "deploy/healthcheck.py"]


def test_state_is_kept_in_the_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    (volume,) = of("VOLUME")
    monkeypatch.setenv("XDG_STATE_HOME", environment()["XDG_STATE_HOME"])
    assert load({}, env_file=None).database_url == f"sqlite:///{volume}/state.db"
    assert environment()["HOME"] == volume


def test_signals_reach_the_bot() -> None:
    """The exec form: a shell as process 1 would keep SIGTERM to itself."""
    assert (of("ENTRYPOINT"), of("CMD")) == (['["gitops-bot"]'], ['["run"]'])


def test_the_port_is_the_bot_s() -> None:
    assert of("EXPOSE") == [str(load({}, env_file=None).web.port)]


def test_what_is_copied_is_let_through_and_nothing_else_is() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source for line in STEPS if line.startswith("COPY ") and "--from" not in line for source in line.split()[1:-1]
    }
    assert "*" in lines
    assert let_through == copied
    assert all((ROOT / name).exists() for name in copied)


@pytest.fixture
async def bot() -> AsyncIterator[str]:
    server = WebServer(
        host="127.0.0.1",
        port=0,
        tls=None,
        readiness=Readiness(),
        webhooks={},
        slack=None,
        metrics=Metrics(version="0").exposition,
    )
    yield await server.start()
    await server.stop()


async def checked(port: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "GITOPS_BOT_WEB__PORT": port, "HTTP_PROXY": "http://127.0.0.1:9", **settings}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(HEALTHCHECK)],
        env=env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


async def test_the_health_check_finds_a_bot_that_is_not_ready_alive(bot: str) -> None:
    assert (await checked(bot.rpartition(":")[2])).returncode == 0


async def test_the_health_check_asks_the_address_of_the_settings(bot: str) -> None:
    assert (await checked(bot.rpartition(":")[2], GITOPS_BOT_WEB__HOST="127.0.0.1")).returncode == 0


async def test_the_health_check_says_what_is_wrong(unused: str) -> None:
    ran = await checked(unused)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"http://127.0.0.1:{unused}/healthz does not answer: ")


async def test_a_server_that_fails_is_not_healthy() -> None:
    async def broken(_: web.Request) -> web.Response:
        raise web.HTTPInternalServerError

    application = web.Application()
    application.router.add_get("/healthz", broken)
    async with TestServer(application) as server:
        assert (await checked(str(server.port))).returncode == 1


@pytest.fixture
def unused(unused_tcp_port: int) -> str:
    return str(unused_tcp_port)


def test_the_health_check_needs_python_alone() -> None:
    imported = re.findall(r"^import (\w+)", HEALTHCHECK.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(imported) <= sys.stdlib_module_names


def test_workflows_use_versions_and_few_rights() -> None:
    for path in Path(ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        uses = re.findall(r"uses: (\S+)", text)
        assert uses
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", item) for item in uses)
        assert "permissions:\n  contents: read\n" in text
        assert "secrets." not in text
