"""Argo CD, Kubernetes or Slack away, at start or later: it is said, nothing is lost, nothing is doubled."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.faults import Fault, Target
from tests.e2e.stage import Stage

pytestmark = pytest.mark.timeout(240)
FOR_EVER = 1_000_000


async def parts(stage: Stage) -> dict[str, Any]:
    answer = await stage.get(f"{stage.address}/readyz")
    return dict(answer["parts"])


async def failing(stage: Stage, word: str) -> str | None:
    for name, part in (await parts(stage)).items():
        if word in name and part["health"] == "failing":
            return str(part["detail"]) or "without a word"
    return None


async def all_well(stage: Stage) -> bool:
    return all(part["health"] == "ok" for part in (await parts(stage)).values())


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("argocd", id="Argo CD"),
        pytest.param("kubernetes", id="Kubernetes"),
        pytest.param("slack", id="Slack"),
    ],
)
async def test_away_at_start(tmp_path: Path, target: Target) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        stage.world.faults.add(Fault(target=target, kind="drop", times=FOR_EVER))
        await stage.start_bot()
        await stage.world.play("pod-security" if target != "argocd" else "shared-resource")
        assert await stage.eventually(lambda: failing(stage, target), f"/readyz naming {target}")
        stage.world.faults.clear()
        await stage.eventually(lambda: all_well(stage), "recovery", seconds=60)
        words = "Pod Security refuses" if target != "argocd" else "is defined by two Applications"
        await stage.root_about(words, seconds=60)
        assert len(await stage.roots()) == 1


@pytest.mark.parametrize("target", [pytest.param("argocd", id="Argo CD"), pytest.param("kubernetes", id="Kubernetes")])
async def test_away_later_is_not_taken_for_a_recovery(tmp_path: Path, target: Target) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        await stage.start_bot()
        await stage.world.play("image-platform")
        root = await stage.root_about("no variant for the nodes' platform")
        stage.world.faults.add(Fault(target=target, kind="drop", times=FOR_EVER))
        if target == "argocd":
            stage.world.argocd.restart()
        else:
            stage.world.kubernetes.drop_watches()
        assert await stage.eventually(lambda: failing(stage, target), f"/readyz naming {target}")
        stage.world.faults.clear()
        await stage.eventually(lambda: all_well(stage), "recovery", seconds=60)
        now = next(item for item in await stage.roots() if item["ts"] == root["ts"])
        assert "RESOLVED" not in now["text"]
        assert len(await stage.roots()) == 1


async def test_an_argo_cd_that_goes_away_is_told_without_waiting_for_the_next_list(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        await stage.start_bot(GITOPS_BOT_TIMING__LIST_EVERY="10m")
        await stage.world.play("healthy")
        await stage.eventually(lambda: all_well(stage), "a good start")
        stage.world.faults.add(Fault(target="argocd", kind="drop", times=FOR_EVER))
        stage.world.argocd.restart()
        assert await stage.eventually(lambda: failing(stage, "argocd"), "/readyz naming Argo CD", seconds=20)
        stage.world.faults.clear()
        await stage.eventually(lambda: all_well(stage), "recovery", seconds=60)


async def test_a_message_that_slack_refused_comes_once_when_it_takes_it_again(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=8) as stage:
        await stage.start_bot()
        stage.world.faults.add(Fault(target="slack", kind="429", times=3, seconds=1, path=_path("chat.postMessage")))
        stage.world.faults.add(Fault(target="slack", kind="cut", times=1, path=_path("chat.postMessage")))
        await stage.world.play("image-platform")
        root = await stage.root_about("no variant for the nodes' platform", seconds=60)
        await stage.in_thread(root, "Cause, ", seconds=60)
        await stage.world.player.finished()
        assert len(await stage.roots()) == 1
        assert len([item for item in await stage.thread(root) if item["text"].startswith("Details")]) == 1


def _path(method: str) -> re.Pattern[str]:
    return re.compile(method.replace(".", r"\."))
