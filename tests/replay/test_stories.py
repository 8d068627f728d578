"""Every recorded story gives exactly the incidents that happened, whatever the sources do to it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from bot.replay.check import differences
from bot.replay.distortion import Distortion
from bot.replay.play import SOURCES
from tests.replay.playing import EXPECTED, LATE, LOSS, STORIES, play

SEEDS = range(3)

MODES: dict[str, tuple[Sequence[str], Distortion]] = {
    "as it was": (SOURCES, Distortion()),
    "argocd alone": (("argocd",), Distortion()),
    "kubernetes alone": (("kubernetes",), Distortion()),
    "doubled": (SOURCES, Distortion(doubled=True)),
}
for seed in SEEDS:
    MODES |= {
        f"shuffled {seed}": (SOURCES, Distortion(seed=seed, shuffle_within=LATE)),
        f"dropped {seed}": (SOURCES, Distortion(seed=seed, dropped=LOSS)),
        f"cut {seed}": (SOURCES, Distortion(seed=seed, cuts=2)),
        f"argocd alone, cut {seed}": (("argocd",), Distortion(seed=seed, cuts=1)),
        f"kubernetes alone, cut {seed}": (("kubernetes",), Distortion(seed=seed, cuts=1)),
        f"all at once {seed}": (
            SOURCES,
            Distortion(seed=seed, shuffle_within=LATE, dropped=LOSS, doubled=True, cuts=1),
        ),
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STORIES)
async def test_a_story_gives_its_incidents(name: str, mode: str) -> None:
    sources, distortion = MODES[mode]
    incidents = await play(name, sources=sources, distortion=distortion)
    assert differences(incidents, EXPECTED[name], sources=sources) == []


async def test_healthy_applications_are_not_spoken_of() -> None:
    assert [incident for incident in await play("healthy") if incident["posted"]] == []


async def test_an_outage_is_one_incident_however_many_say_so() -> None:
    posted = [incident for incident in await play("repo-server-down") if incident["posted"]]
    assert [(incident["root"], len(incident["apps"])) for incident in posted] == [("repo-server-unavailable", 25)]


@pytest.mark.parametrize(
    ("name", "root", "latest"),
    [
        ("pod-security", "pod-security-violation", "2026-11-23T08:05:30+00:00"),
        ("serviceaccount-missing", "serviceaccount-missing", "2026-11-23T08:05:00+00:00"),
        ("image-platform", "image-platform-mismatch", "2026-11-23T08:07:40+00:00"),
    ],
    ids=["a refused pod", "a missing account", "an image that can't be pulled"],
)
async def test_the_first_event_tells_not_the_progress_deadline(name: str, root: str, latest: str) -> None:
    incident = next(item for item in await play(name) if item["root"] == root)
    opened, evidence = (datetime.fromisoformat(incident[key]) for key in ("opened_at", "first_evidence_at"))
    assert opened - evidence <= timedelta(seconds=1)
    assert opened <= datetime.fromisoformat(latest)
