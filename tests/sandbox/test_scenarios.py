"""Stories are told as if they happened now, until somebody acts."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.scenarios import scenarios
from bot.sandbox.scenarios.healing import belongs, healed
from bot.sandbox.scenarios.moments import Moments

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NOW = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stamp", "speed", "moved"),
    [
        pytest.param("2026-11-23T08:00:10Z", 1, "2027-01-01T12:00:10Z", id="later"),
        pytest.param("2026-11-23T08:00:10Z", 10, "2027-01-01T12:00:01Z", id="later, and faster"),
        pytest.param("2026-11-23T07:00:00Z", 10, "2027-01-01T11:00:00Z", id="before the start: as long ago as then"),
        pytest.param("2026-11-23T08:00:10.500000Z", 1, "2027-01-01T12:00:10.500000Z", id="microseconds are kept"),
        pytest.param("at 2026-11-23T08:00:10Z", 1, "at 2026-11-23T08:00:10Z", id="inside other text: left alone"),
    ],
)
def test_time_stamps_move_to_now(stamp: str, speed: float, moved: str) -> None:
    told = Moments(start=START, now=NOW, speed=speed).told({"a": [{"at": stamp}], "n": 1})
    assert told == {"a": [{"at": moved}], "n": 1}


@pytest.mark.parametrize("name", scenarios())
def test_every_shipped_story_can_be_read(name: str) -> None:
    recording = scenarios()[name].read()
    assert recording.lines
    assert recording.lines[0].at == recording.start
    assert recording.seconds < timedelta(minutes=5).total_seconds()


APP = {"status": {"resources": [{"kind": "Deployment", "namespace": "shop", "name": "web"}]}}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "uid": "d1"},
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}},
}


def pod(name: str, *, ready: bool) -> dict[str, object]:
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-bad", "controller": True}],
        },
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }


def test_healing_replaces_what_fails_and_leaves_the_rest() -> None:
    pods = [pod("web-bad-1", ready=False), pod("web-good-1", ready=True), pod("other-1", ready=False)]
    healing = healed(APP, pods=pods, events=[], workloads=[DEPLOYMENT], now=NOW)
    assert healing.deleted == (("shop", "web-bad-1"),)
    kinds = [obj["kind"] for obj in healing.put]
    assert kinds == ["Deployment", "Event", "Pod"]
    assert healing.put[0]["status"]["readyReplicas"] == 2
    assert healing.put[1]["message"] == "Scaled down replica set web-bad to 0 from 1"


@pytest.mark.parametrize(
    ("namespace", "name", "mine"),
    [
        pytest.param("shop", "web", True, id="the workload"),
        pytest.param("shop", "web-6c9f-x", True, id="its pod"),
        pytest.param("shop", "website", False, id="a longer name"),
        pytest.param("prod", "web", False, id="another namespace"),
    ],
)
def test_what_belongs_to_an_application(namespace: str, name: str, *, mine: bool) -> None:
    assert belongs(APP, namespace, name) is mine
