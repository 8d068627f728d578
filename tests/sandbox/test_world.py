"""The sandbox as a whole: which parts run, and the settings it writes for the bot."""

import json
import shlex
from pathlib import Path

import pytest

from bot.sandbox.world import World


async def test_the_settings_file_can_be_sourced(tmp_path: Path) -> None:
    world = World(directory=tmp_path, ports={})
    addresses = await world.start()
    try:
        assert addresses.environment is not None
        lines = addresses.environment.read_text(encoding="utf-8").splitlines()
        read = dict(shlex.split(line)[0].split("=", 1) for line in lines)
        assert read == world.environment()
        assert json.loads(read["GITOPS_BOT_REGISTRY__MIRRORS"]) == {"docker.io": addresses.urls["registry"]}
    finally:
        await world.stop()


@pytest.mark.parametrize("part", ["slack", "argocd", "kubernetes", "registry"])
async def test_each_part_runs_alone(tmp_path: Path, part: str) -> None:
    world = World(directory=tmp_path, ports={}, only=(part,))
    addresses = await world.start()
    try:
        assert set(addresses.urls) - {"page"} == {part}
    finally:
        await world.stop()
