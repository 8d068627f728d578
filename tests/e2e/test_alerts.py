"""Alertmanager's webhook over the wire: the mission's third failure as it is first seen, and alerts that join."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.scenarios import read_recording
from tests.adapters.alertmanager.payloads import SCHEDULER, alert, body
from tests.e2e.stage import Stage, shown
from tests.replay.playing import RECORDED

pytestmark = pytest.mark.timeout(240)
SECRET = "alerts-7Qp2Zt4Lm9Wx"
SETTINGS = {"GITOPS_BOT_ALERTMANAGER__WEBHOOK_SECRET": SECRET}


async def send(stage: Stage, *alerts: dict[str, Any], secret: str = SECRET) -> tuple[int, Any]:
    """As Alertmanager does: what a replica can't take now is sent again."""
    url = f"{stage.address}/webhooks/alertmanager"
    while True:
        status, answer = await stage.post(url, json.loads(body(*alerts)), Authorization=f"Bearer {secret}")
        if status != 503:
            return status, answer
        await asyncio.sleep(0.2)


async def test_a_scheduler_that_prometheus_cannot_see_is_told_with_its_proof_and_over_when_resolved(
    tmp_path: Path,
) -> None:
    healthy = {"healthy": read_recording(RECORDED, "healthy")}
    async with Stage(tmp_path, speed=20, settings=SETTINGS, stories=healthy) as stage:
        await stage.start_bot()
        await stage.world.play("healthy")
        down = alert("KubeSchedulerDown", SCHEDULER, fingerprint="a1")
        assert await send(stage, down, alert("Watchdog", "always firing", fingerprint="a2")) == (200, {"alerts": 2})
        root = await stage.root_about("managed control plane")
        details = await stage.in_thread(root, "Cause, confirmed")
        assert "aws:///" in shown(details)
        assert SCHEDULER in shown(root)
        assert len(await stage.roots()) == 1
        up = alert("KubeSchedulerDown", SCHEDULER, fingerprint="a1", status="resolved", ended="2026-11-24T03:30:00Z")
        assert await send(stage, up) == (200, {"alerts": 1})
        await stage.root_about("RESOLVED")
        ready = await stage.get(f"{stage.address}/readyz")
        assert ready["parts"]["alertmanager"]["detail"].startswith("1 alert at ")


async def test_alerts_about_what_is_known_open_no_second_thread(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=5, settings=SETTINGS) as stage:
        await stage.start_bot()
        await stage.world.play("image-platform")
        await stage.root_about("no variant for the nodes' platform")
        status, _ = await send(
            stage,
            alert(
                "KubeDeploymentReplicasMismatch",
                "Deployment production/k8s-web-app has not matched the expected number of replicas for longer than "
                "15 minutes.",
                fingerprint="a1",
                labels={"namespace": "production", "deployment": "k8s-web-app"},
            ),
        )
        assert status == 200
        await asyncio.sleep(3)
        assert len(await stage.roots()) == 1


async def test_a_wrong_secret_is_refused_and_nothing_is_said(tmp_path: Path) -> None:
    async with Stage(tmp_path, settings=SETTINGS) as stage:
        await stage.start_bot()
        status, answer = await send(stage, alert("KubeSchedulerDown", SCHEDULER), secret="guess")
        assert (status, answer) == (401, {"error": "the webhook's secret is wrong"})
        await asyncio.sleep(1)
        assert await stage.roots() == []
