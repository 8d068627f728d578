"""Every recorded story over the wire, faster than it was: exactly the incidents of the oracle, one thread each."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.store import SqlStore, open_store
from bot.app.parts import utc_now
from bot.replay.check import differences
from bot.replay.play import SOURCES, described
from bot.sandbox.scenarios import read_recording
from tests.e2e.stage import Stage
from tests.replay.playing import EXPECTED, RECORDED, STORIES

pytestmark = pytest.mark.timeout(240)

SPEED = 5.0
SETTLES_WITHIN = 40.0


async def decided(store: SqlStore) -> list[dict[str, Any]]:
    """The incidents that were written, as `replay` prints them."""
    snapshot = await store.load()
    entries = {f"{item.subject}|{item.id}": item.entry for item in snapshot.standings}
    return [
        described(incident, [entries[item] for item in incident.symptoms if entries.get(item)])
        for incident in snapshot.incidents
    ]


@pytest.mark.parametrize("name", STORIES)
async def test_a_story_gives_exactly_its_incidents(tmp_path: Path, name: str) -> None:
    recording = read_recording(RECORDED, name)
    async with Stage(tmp_path, speed=SPEED, stories={name: recording}) as stage:
        await stage.start_bot()
        await stage.world.play(name)
        await stage.world.player.finished()
        url = f"sqlite:///{tmp_path / 'state.db'}"
        store = await open_store(url, retention=timedelta(days=1), clock=utc_now, upgrade=False)
        try:
            until = time.monotonic() + SETTLES_WITHIN
            while found := differences(await decided(store), EXPECTED[name], sources=SOURCES):
                assert time.monotonic() < until, found
                await asyncio.sleep(0.2)
            posted = [item for item in await decided(store) if item["posted"]]
        finally:
            await store.close()
        assert len(await stage.roots()) == len(posted)
