"""What a newcomer sees in the demo, over the wire: failures become threads, and buttons act in Argo CD."""

from pathlib import Path

import pytest

from bot.sandbox.slack import DEVELOPER
from tests.e2e.stage import Stage, buttons, shown

pytestmark = pytest.mark.timeout(240)


async def test_an_afternoon_becomes_four_threads(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=4) as stage:
        await stage.start_bot()
        await stage.world.play("cascade")
        crd = await stage.root_about("PrometheusRule")
        shared = await stage.root_about("defined by two Applications")
        image = await stage.root_about("no variant for the nodes' platform")
        refused = await stage.root_about("Pod Security refuses")
        await stage.world.player.finished()
        roots = await stage.roots()
        assert {root["ts"] for root in roots} == {message["ts"] for message in (crd, shared, image, refused)}
        for root in roots:
            assert not root["pings"]
            assert await stage.in_thread(root, "Cause, ")
        assert "prometheus-prod" in shown(await stage.in_thread(crd, "follows from it"))


async def test_a_rollback_is_confirmed_followed_and_told(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=4) as stage:
        await stage.start_bot()
        await stage.world.play("image-platform")
        root = await stage.root_about("no variant for the nodes' platform")
        await stage.world.player.finished()
        await stage.click(root, "Roll back")
        plan = await stage.plan()
        assert "auto-sync" in shown(plan)
        assert "Drop the production security override" in shown(plan)
        await stage.control("submit", view_id=plan["id"])
        await stage.in_thread(root, "stays paused")
        app = stage.world.argocd.applications["argocd", "k8s-web-app-prod"]
        assert app["spec"]["syncPolicy"]["automated"]["enabled"] is False
        assert app["status"]["operationState"]["phase"] == "Succeeded"
        assert app["status"]["health"]["status"] == "Healthy"
        await stage.in_thread(root, "Resolved")


async def test_a_stranger_is_refused_in_private(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=4) as stage:
        await stage.start_bot()
        await stage.world.play("image-platform")
        root = await stage.root_about("no variant for the nodes' platform")
        before = dict(stage.world.argocd.applications["argocd", "k8s-web-app-prod"]["spec"])
        await stage.click(root, "Roll back", user=DEVELOPER)

        async def told() -> str | None:
            return next((shown(item) for item in await stage.ephemerals() if "may not do this" in shown(item)), None)

        assert "U0ONCALL" in await stage.eventually(told, "the refusal")
        assert await stage.views() == []
        assert stage.world.argocd.applications["argocd", "k8s-web-app-prod"]["spec"] == before


async def test_without_actors_there_is_no_action_button(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=4) as stage:
        await stage.start_bot(GITOPS_BOT_POLICY__ACTORS="")
        await stage.world.play("image-platform")
        root = await stage.root_about("no variant for the nodes' platform")
        assert [item["text"]["text"] for item in buttons(root) if item["action_id"].startswith("plan")] == []


async def test_why_answers_only_the_one_who_asked(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=6) as stage:
        await stage.start_bot()
        await stage.world.play("cascade")
        await stage.root_about("defined by two Applications")
        before = len(await stage.messages())
        await stage.control("command", text="why grafana-prod")

        async def answered() -> str | None:
            return next((shown(item) for item in await stage.ephemerals() if "grafana-prod" in shown(item)), None)

        assert "ConfigMap" in await stage.eventually(answered, "the answer")
        await stage.control("command", text="status")

        async def status() -> str | None:
            return next((shown(item) for item in await stage.ephemerals() if "open incident" in shown(item)), None)

        assert await stage.eventually(status, "the status")
        assert len([m for m in await stage.messages() if m.get("thread_ts") is None]) <= before + 4


async def test_a_healthy_morning_posts_nothing(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=10) as stage:
        await stage.start_bot()
        await stage.world.play("healthy")
        await stage.world.player.finished()
        await stage.control("command", text="why grafana-prod")

        async def answered() -> str | None:
            return next((shown(item) for item in await stage.ephemerals() if "healthy" in shown(item)), None)

        assert await stage.eventually(answered, "the answer")
        assert await stage.messages() == []


async def test_a_restart_in_the_middle_opens_no_second_thread(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=3) as stage:
        await stage.start_bot()
        await stage.world.play("cascade")
        await stage.root_about("defined by two Applications")
        await stage.stop_bot()
        await stage.start_bot()
        await stage.root_about("Pod Security refuses")
        await stage.world.player.finished()
        titles = [root["text"].split(".")[0] for root in await stage.roots()]
        assert len(titles) == len(set(titles)) == 4, titles
