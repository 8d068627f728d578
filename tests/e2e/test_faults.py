"""One fault at a time, on demand: nothing is lost, nothing is doubled."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.sandbox.faults import Fault, Kind, Target
from tests.e2e.stage import Stage, shown

pytestmark = pytest.mark.timeout(240)
TITLE = "no variant for the nodes' platform"


def fault(target: Target, kind: Kind, path: str, *, times: int = 3, seconds: float = 1.0) -> Fault:
    return Fault(target=target, kind=kind, times=times, seconds=seconds, path=re.compile(path))


@pytest.mark.parametrize(
    "makes",
    [
        pytest.param(lambda: fault("argocd", "429", "/applications"), id="Argo CD: 429 with Retry-After"),
        pytest.param(lambda: fault("argocd", "500", "/applications"), id="Argo CD: 500"),
        pytest.param(lambda: fault("argocd", "503", "/stream"), id="Argo CD: stream refused"),
        pytest.param(lambda: fault("argocd", "slow", "/applications", seconds=2), id="Argo CD: slow"),
        pytest.param(lambda: fault("argocd", "truncate", "/applications"), id="Argo CD: truncated JSON"),
        pytest.param(lambda: fault("kubernetes", "429", "/api/v1"), id="Kubernetes: 429"),
        pytest.param(lambda: fault("kubernetes", "500", "/api/v1"), id="Kubernetes: 500"),
        pytest.param(lambda: fault("kubernetes", "drop", "/api/v1", times=6), id="Kubernetes: dropped socket"),
        pytest.param(lambda: fault("kubernetes", "truncate", "/api/v1/pods"), id="Kubernetes: truncated list"),
        pytest.param(lambda: fault("slack", "429", "chat.postMessage"), id="Slack: 429"),
        pytest.param(lambda: fault("slack", "500", "chat.postMessage"), id="Slack: 500"),
        pytest.param(lambda: fault("slack", "cut", "chat.postMessage", times=1), id="Slack: posted, answer lost"),
        pytest.param(lambda: fault("slack", "truncate", "chat.postMessage", times=1), id="Slack: answer cut in half"),
        pytest.param(lambda: fault("slack", "slow", "chat.postMessage", seconds=3), id="Slack: slow"),
        pytest.param(lambda: fault("slack", "500", "chat.update"), id="Slack: edits fail"),
    ],
)
async def test_a_failure_is_told_once_in_spite_of(tmp_path: Path, makes: Callable[[], Fault]) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        stage.world.faults.add(makes())
        await stage.start_bot()
        await stage.world.play("image-platform")
        root = await stage.root_about(TITLE, seconds=60)
        await stage.in_thread(root, "Cause, ", seconds=60)
        await stage.world.player.finished()
        assert len(await stage.roots()) == 1
        assert len([item for item in await stage.thread(root) if item["text"].startswith("Details")]) == 1


async def test_an_expired_watch_is_listed_again(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        await stage.start_bot()
        await stage.world.play("image-platform")
        root = await stage.root_about(TITLE)
        await stage.control("fault", target="kubernetes", kind="410")
        await stage.world.player.finished()
        await stage.in_thread(root, "Cause, ")
        assert len(await stage.roots()) == 1


async def test_an_expired_trigger_is_answered_with_a_button_that_works(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        await stage.start_bot()
        await stage.world.play("image-platform")
        root = await stage.root_about(TITLE)
        await stage.world.player.finished()
        stage.world.faults.add(Fault(target="slack", kind="expired_trigger"))
        await stage.click(root, "Roll back")

        async def offered() -> str | None:
            return next((shown(item) for item in await stage.ephemerals() if "Review plan" in shown(item)), None)

        assert await stage.eventually(offered, "a way to try again")
        assert await stage.views() == []


async def test_a_click_and_a_confirmation_delivered_twice_act_once(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        await stage.start_bot()
        await stage.world.play("image-platform")
        root = await stage.root_about(TITLE)
        await stage.world.player.finished()
        stage.world.faults.add(Fault(target="slack", kind="duplicate", times=10))
        await stage.click(root, "Roll back")
        plan = await stage.plan()
        await stage.control("submit", view_id=plan["id"])
        await stage.in_thread(root, "stays paused")
        app = stage.world.argocd.applications["argocd", "k8s-web-app-prod"]
        rollbacks = [item for item in app["status"]["history"] if not item["initiatedBy"].get("automated")]
        assert len(rollbacks) == 1
        assert len([item for item in await stage.thread(root) if "Rolling back" in shown(item)]) == 1
