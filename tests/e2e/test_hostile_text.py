"""Whoever can write an Event can write its text: it is shown as text, within Slack's limits, and pings nobody."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.stage import Stage, shown

pytestmark = pytest.mark.timeout(240)

REFUSED = 'Error creating: pods "web-1" is forbidden: violates PodSecurity "restricted:latest": '
HOSTILE = [
    pytest.param(
        REFUSED + "<!channel> <@U0ONCALL> <https://evil.example|click me> `code` *bold*", id="pings and links"
    ),
    pytest.param(REFUSED + "x" * 100_000, id="100 KB"),
    pytest.param(REFUSED + "\x00\x07\x1b[31m\u202e\u200b\ud800 end", id="control characters and a lone surrogate"),
    pytest.param(REFUSED + "```\n```` {{title}} {{signal.app}} &amp; &lt;!here&gt;", id="fences and placeholders"),
    pytest.param(REFUSED + "Authorization: Bearer abcdef0123456789abcdef", id="a token"),
]


def _event(text: str, number: int) -> dict[str, object]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"k8s-web-app-prod.{number}", "namespace": "production"},
        "involvedObject": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "namespace": "production",
            "name": "k8s-web-app-prod",
        },
        "reason": "FailedCreate",
        "message": text,
        "type": "Warning",
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "source": {"component": "replicaset-controller"},
    }


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_shown_as_text(tmp_path: Path, text: str) -> None:
    async with Stage(tmp_path, speed=20) as stage:
        await stage.start_bot()
        await stage.world.play("healthy")
        await stage.world.player.finished()
        stage.world.kubernetes.put(_event(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), 1))
        root = await stage.root_about("Pod Security refuses")
        await stage.in_thread(root, "Cause, ")
        for message in await stage.messages():
            assert message["pings"] == []
            assert "abcdef0123456789abcdef" not in shown(message)
            assert "\x1b" not in shown(message)
        assert stage.bot is not None
        assert not stage.bot.failed.is_set()
