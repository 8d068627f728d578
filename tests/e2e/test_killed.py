"""The running bot is killed with SIGKILL while it rolls back, and started anew: one operation, one message."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.faults import Faults, Target
from tests.e2e.stage import FAST, Stage

pytestmark = pytest.mark.timeout(150)
WEB = ("argocd", "k8s-web-app-prod")


class Assassin(Faults):
    """Kills a process when the sandbox sees a given request: before it is done, or after, and never answers it."""

    def __init__(self) -> None:
        super().__init__()
        self.victim: Process | None = None
        self.method, self.path, self.after_it = "", "", False
        self.struck = asyncio.Event()

    def middleware(self, target: Target) -> Middleware:
        faults = super().middleware(target)

        @web.middleware
        async def strike(request: web.Request, handler: Handler) -> web.StreamResponse:
            victim = self.victim
            if victim is None or not self.path or request.method != self.method or self.path not in request.path:
                answer: web.StreamResponse = await faults(request, handler)
                return answer
            self.path = ""
            if self.after_it:
                # the server has it whole and finishes, whoever asked
                await asyncio.shield(asyncio.ensure_future(handler(request)))
            victim.send_signal(signal.SIGKILL)
            await victim.wait()
            self.struck.set()
            return web.Response(status=500)

        return strike


async def started(stage: Stage, folder: Path) -> Process:
    """The bot as a process of its own, with the sandbox's settings."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GITOPS_BOT_")},
        **stage.world.environment(),
        **{f"GITOPS_BOT_TIMING__{name}": value for name, value in FAST.items()},
        "GITOPS_BOT_TIMING__RECONCILE_WAIT": "5s",
        "GITOPS_BOT_WEB__HOST": "127.0.0.1",
        "GITOPS_BOT_WEB__PORT": "0",
        "GITOPS_BOT_DATABASE__URL": f"sqlite:///{folder / 'state.db'}",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=environment, stdout=DEVNULL, stderr=PIPE
    )
    assert process.stderr is not None
    async for line in process.stderr:
        if b"The bot runs" in line:
            break
    asyncio.ensure_future(_drained(process))  # noqa: RUF006  ends with the process
    return process


async def _drained(process: Process) -> None:
    assert process.stderr is not None
    while await process.stderr.read(65536):
        pass


async def _finished(file: Path) -> bool:
    with sqlite3.connect(file) as database:
        (left,) = database.execute("SELECT count(*) FROM commands WHERE finished_at IS NULL").fetchone()
    return bool(left == 0)


@pytest.mark.parametrize(
    ("method", "path", "after_it"),
    [
        pytest.param("POST", "/resource/actions", True, id="after the pause"),
        pytest.param("POST", "/rollback", False, id="before the rollback"),
        pytest.param("POST", "/rollback", True, id="after the rollback"),
    ],
)
async def test_a_kill_in_the_middle_of_a_rollback(tmp_path: Path, method: str, path: str, after_it: bool) -> None:
    stage = Stage(tmp_path, speed=10)
    assassin = Assassin()
    stage.world.faults = assassin
    async with stage:
        first = await started(stage, tmp_path)
        second: Process | None = None
        try:
            await stage.world.play("image-platform")
            root = await stage.root_about("no variant for the nodes' platform")
            await stage.world.player.finished()
            before = len(stage.world.argocd.applications[WEB]["status"]["history"])
            await stage.click(root, "Roll back")
            plan = await stage.plan()
            assassin.victim, assassin.method, assassin.path, assassin.after_it = first, method, path, after_it
            await stage.control("submit", view_id=plan["id"])
            await asyncio.wait_for(assassin.struck.wait(), 30)
            second = await started(stage, tmp_path)
            await stage.in_thread(root, "stays paused", seconds=60)
            app = stage.world.argocd.applications[WEB]
            assert len(app["status"]["history"]) == before + 1
            assert app["spec"]["syncPolicy"]["automated"]["enabled"] is False
            told = [item for item in await stage.thread(root) if "Rolling back" in item["text"]]
            assert len(told) == 1
            await stage.eventually(lambda: _finished(tmp_path / "state.db"), "every command's end")
        finally:
            for process in filter(None, (first, second)):
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
    with sqlite3.connect(tmp_path / "state.db") as database:
        results = [row[0] for row in database.execute("SELECT result FROM audit ORDER BY sequence")]
        owed = [json.loads(row[0]) for row in database.execute("SELECT document FROM debts")]
        unfinished = database.execute("SELECT count(*) FROM commands WHERE finished_at IS NULL").fetchone()
    assert results == ["begun", "succeeded"]
    assert [debt["app"]["name"] for debt in owed] == ["k8s-web-app-prod"]
    assert unfinished == (0,)
