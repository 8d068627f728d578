"""Two replicas on one PostgreSQL: one is active, the other takes over; a thread is opened once, an act is done once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.faults import Fault
from tests.adapters.store.postgres import PostgresServer, running_server
from tests.e2e.stage import Stage, shown

pytestmark = [pytest.mark.timeout(240), pytest.mark.postgres]
TITLE = "no variant for the nodes' platform"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


async def becomes(stage: Stage, address: str, role: str) -> None:
    """Wait, for the ten seconds that a takeover may take, until a replica says this of itself."""

    async def says() -> bool:
        parts = (await stage.get(f"{address}/readyz"))["parts"]
        return role in parts.get("replica", {}).get("detail", "")

    await stage.eventually(says, f"a replica {role}", seconds=10)


async def test_another_replica_takes_over_and_goes_on(tmp_path: Path, postgres: PostgresServer) -> None:
    url = await postgres.create("replicas")
    async with Stage(tmp_path, speed=4, settings={"GITOPS_BOT_DATABASE__URL": url}) as stage:
        first, first_address = await stage.another_bot()
        await becomes(stage, first_address, "active")
        second, second_address = await stage.another_bot()
        await becomes(stage, second_address, "standing by")
        await stage.world.play("image-platform")
        root = await stage.root_about(TITLE)
        await first.stop()
        await becomes(stage, second_address, "active")
        await stage.world.player.finished()
        await stage.click(root, "Roll back")
        plan = await stage.plan()
        await stage.control("submit", view_id=plan["id"])
        await stage.in_thread(root, "stays paused")
        assert len(await stage.roots()) == 1
        await second.stop()


async def test_what_a_standing_replica_receives_the_active_one_does(tmp_path: Path, postgres: PostgresServer) -> None:
    url = await postgres.create("inbox")
    async with Stage(tmp_path, speed=8, settings={"GITOPS_BOT_DATABASE__URL": url}) as stage:
        first, _ = await stage.another_bot()
        second, _ = await stage.another_bot()
        await stage.world.play("healthy")
        # Slack hands each event to one of the two connections; twice, in case it delivers again.
        stage.world.faults.add(Fault(target="slack", kind="duplicate", times=4))
        for _ in range(4):
            await stage.control("command", text="why grafana-prod")

        async def answered() -> bool:
            return len([item for item in await stage.ephemerals() if "is healthy" in shown(item)]) == 4

        await stage.eventually(answered, "four answers")
        await first.stop()
        await second.stop()
