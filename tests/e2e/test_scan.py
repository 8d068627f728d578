"""`scan` over the wire: what isn't well, most severe first, with proof; what can't be read is named."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.sandbox.faults import Fault
from bot.sandbox.scenarios import read_recording
from tests.e2e.stage import Stage
from tests.replay.playing import EXPECTED, RECORDED

pytestmark = pytest.mark.timeout(150)


async def scanned(stage: Stage, *options: str) -> Result:
    """The command, run beside the sandbox as a person would."""
    environment = {**stage.world.environment(), "GITOPS_BOT_TIMING__QUESTION_DEADLINE": "3s"}
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["scan", *options], env=environment))


async def test_a_bad_day_is_a_table_of_its_causes(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=20, stories={"cases": read_recording(RECORDED, "cases")}) as stage:
        await stage.world.play("cases")
        await stage.world.player.finished()
        found = await scanned(stage, "--json")
        assert found.exit_code == 0, found.output
        document = json.loads(found.stdout)
        causes = {(item["entry"], name) for item in document["findings"] for name in item["apps"]}
        wanted = {(item["root"], name) for item in EXPECTED["cases"]["incidents"] for name in item["apps"]}
        # A look comes after Events that were contradicted or retold meanwhile; most causes must still be seen.
        assert len(wanted & causes) >= 0.9 * len(wanted), sorted(wanted - causes)
        assert not {name for _, name in causes} & set(EXPECTED["cases"]["silent"])
        severities = [item["severity"] for item in document["findings"]]
        assert severities == sorted(severities, key=["critical", "high", "medium", "low"].index)
        assert {"confirmed"} <= {item["verdict"] for item in document["findings"]}
        assert "Applications read" in found.stderr

        one = await scanned(stage, "--namespace", "quota", "--strict")
        assert one.exit_code == 1
        assert "Quota compute leaves no room" in one.stdout
        assert re.search(
            r"^Looked at 1 Application, \d+ Pods? and \d+ Events? in namespace quota: 1 f", one.stdout, re.MULTILINE
        )
        assert "Certificate" not in one.stdout


async def test_well_applications_are_no_finding(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=20, stories={"healthy": read_recording(RECORDED, "healthy")}) as stage:
        await stage.world.play("healthy")
        await stage.world.player.finished()
        found = await scanned(stage, "--strict")
        assert (found.exit_code, found.stdout.splitlines()[-1].endswith(": 0 findings.")) == (0, True), found.output


async def test_what_cannot_be_read_is_named_and_is_status_1(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=20, stories={"healthy": read_recording(RECORDED, "healthy")}) as stage:
        await stage.world.play("healthy")
        stage.world.faults.add(Fault(target="kubernetes", kind="drop", times=1_000_000, path=re.compile("")))
        found = await scanned(stage)
        assert found.exit_code == 1
        assert "Could not be read: Kubernetes default, Pods" in found.stderr
        assert "Looked at" in found.stdout


@pytest.mark.parametrize("name", ["Not_A_Name", "-x", "a" * 64, "x/y"])
def test_a_name_that_no_namespace_has_is_wrong_use(name: str) -> None:
    found = CliRunner().invoke(app, ["scan", f"--namespace={name}"])
    assert found.exit_code == 2
    assert "--namespace wants a namespace's name" in found.stderr
