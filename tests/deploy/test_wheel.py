"""The wheel, installed where there is no checkout: knowledge, stories and commands are inside."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import aiohttp
import pytest

from tests.deploy.manifests import ROOT

REFUSAL = 'Error creating: pods "web-1" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (…)'


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip builds it, with the hatchling that is installed here: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(folder)]
    run(sys.executable, "-m", "pip", "wheel", *options, str(ROOT))
    (built,) = folder.glob("gitops_bot-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the scripts of a new environment that has the wheel; what it depends on is borrowed from ours."""
    home = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", str(home))
    python = home / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-deps",
        "--no-index",
        "--quiet",
        str(wheel),
    )
    (packages,) = home.glob("lib/python3*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = run(str(python), "-c", "import bot; print(bot.__file__)", cwd=home)
    assert Path(where.strip()).is_relative_to(home), "the checkout must not stand in for the wheel"
    return home / "bin"


def run(*command: str, cwd: Path | None = None) -> str:
    """Run to the end, away from the checkout; returns what was printed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GITOPS_BOT_", "PYTHON"))}
    ran = subprocess.run(  # noqa: S603  ourselves
        command, cwd=cwd or Path("/"), env=env, capture_output=True, text=True, timeout=55, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_everything_that_is_needed_at_run_time_is_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    entries = {f"bot/{path.relative_to(ROOT)}" for path in (ROOT / "knowledge").rglob("*") if path.is_file()}
    data = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "bot").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert entries | data <= names
    assert not any(name.startswith(("tests/", "deploy/", "docs/")) for name in names)


def test_a_message_is_matched(installed: Path, tmp_path: Path) -> None:
    answered = json.loads(run(str(installed / "gitops-bot"), "match", "--json", REFUSAL, cwd=tmp_path))
    assert (answered["verdict"], answered["entry"]) == ("known", "pod-security-violation")


def test_a_database_is_made(installed: Path, tmp_path: Path) -> None:
    """The migrations are inside."""
    (tmp_path / ".env").write_text(f"GITOPS_BOT_DATABASE__URL=sqlite:///{tmp_path}/state.db\n")
    assert "is up to date" in run(str(installed / "gitops-bot"), "db", "upgrade", cwd=tmp_path)
    assert (tmp_path / "state.db").is_file()


async def test_the_demo_tells_a_story_and_stops_clean(installed: Path, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        str(installed / "gitops-bot"),
        "demo",
        "--speed",
        "20",
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line or (await process.communicate())[1].decode()
        async with aiohttp.ClientSession() as session, asyncio.timeout(20):
            while True:
                async with session.get(found.group()) as response:
                    if "isn&#39;t installed in the cluster" in await response.text():
                        break
                await asyncio.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, complaints = await asyncio.wait_for(process.communicate(), 15)
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, b"Traceback" in complaints) == (0, False), complaints.decode()
