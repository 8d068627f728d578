"""Slack's events by signed HTTP instead of Socket Mode: the same answers."""

from pathlib import Path

import pytest

from tests.e2e.stage import Stage, shown

pytestmark = pytest.mark.timeout(240)


async def test_commands_and_clicks_arrive_by_signed_http(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        await stage.start_bot(GITOPS_BOT_SLACK__MODE="http")
        stage.world.slack.set_request_url(f"{stage.address}/slack/events")
        await stage.world.play("image-platform")
        root = await stage.root_about("no variant for the nodes' platform")
        await stage.world.player.finished()
        await stage.control("command", text="why k8s-web-app-prod")

        async def answered() -> str | None:
            return next((shown(item) for item in await stage.ephemerals() if "no variant" in shown(item)), None)

        assert await stage.eventually(answered, "the answer")
        await stage.click(root, "Roll back")
        assert "auto-sync" in shown(await stage.plan())


async def test_an_unsigned_request_is_refused(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        await stage.start_bot(GITOPS_BOT_SLACK__MODE="http")
        status, _ = await stage.post(f"{stage.address}/slack/events", {"type": "event_callback"})
        assert status == 401
