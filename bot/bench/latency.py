"""From the first evidence to the post: recorded stories at their own speed, over the wire, hold-down aside.

Each story runs until its first thread is there; the bot's own histogram tells how long each took.
"""

import asyncio
import tempfile
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from bot.app.bot import Bot
from bot.bench.figures import Figure
from bot.sandbox.slack import INCIDENTS
from bot.sandbox.world import World
from bot.settings import load

STORIES = ("shared-resource", "first-install", "serviceaccount-missing", "pod-security", "image-platform", "cascade")
WITHIN = 60.0
GOAL = 1.0
HISTOGRAM = "gitops_bot_evidence_to_post_seconds"


def latency() -> list[Figure]:
    """Run the benchmark."""
    return asyncio.run(measured(STORIES))


async def measured(stories: tuple[str, ...]) -> list[Figure]:
    """Play the stories one after another, each to its first thread."""
    seconds, posts, in_time = 0.0, 0.0, 0.0
    for story in stories:
        with tempfile.TemporaryDirectory(prefix="gitops-bot-bench-") as folder:
            figures = await _first_thread(story, Path(folder))
        seconds += figures.get(f"{HISTOGRAM}_sum", 0.0)
        posts += figures.get(f"{HISTOGRAM}_count", 0.0)
        in_time += figures.get("in time", 0.0)
    return [
        Figure(what="evidence to post, mean", value=1000 * seconds / max(posts, 1), unit="ms", baseline=1000 * GOAL,
               beside="goal at p99"),
        Figure(what="posts within a second", value=in_time, unit="", baseline=posts, beside="all posts"),
    ]  # fmt: skip


async def _first_thread(story: str, folder: Path) -> dict[str, float]:
    world = World(directory=folder, ports={})
    await world.start()
    environment = world.environment() | {
        "GITOPS_BOT_WEB__HOST": "127.0.0.1",
        "GITOPS_BOT_WEB__PORT": "0",
        "GITOPS_BOT_DATABASE__URL": f"sqlite:///{folder / 'state.db'}",
        "GITOPS_BOT_TIMING__HOLD_SYMPTOM": "0s",
    }
    bot = Bot(load(environment, env_file=None))
    try:
        world.deliver_notifications(await bot.start())
        await world.play(story)
        conversation = world.slack.workspace.messages.conversation(INCIDENTS)
        for _ in range(int(WITHIN / 0.05)):
            if conversation.messages:
                break
            await asyncio.sleep(0.05)
        return _histogram(bot.metrics.exposition()[0].decode())
    finally:
        await bot.stop()
        await world.stop()


def _histogram(exposition: str) -> dict[str, float]:
    """Sum, count, and how many were in time, of the bot's own histogram."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples if family.name == HISTOGRAM else ():
            if sample.name.endswith("_bucket"):
                if float(sample.labels["le"]) == GOAL:
                    found["in time"] = sample.value
            else:
                found[sample.name] = sample.value
    return found
