"""Reads are answered from the recording up to now, and what isn't in it is not known."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.signals import AppRef, ObjectRef
from bot.replay.recorded import COUNTS_STAND_FOR, Recorded
from bot.replay.stories import Answer, Line, Story
from bot.service.ports import NotFound, Unreachable
from tests.replay.playing import story

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DEPLOYMENT = ObjectRef(group="apps", kind="Deployment", namespace="shop", name="web")
REPLICA_SET = ObjectRef(group="apps", kind="ReplicaSet", namespace="shop", name="web-6c9f7d5b8")
SHOP = AppRef(name="shop")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def answer(seconds: float, path: str, body: object, status: int = 200) -> Answer:
    return Answer(at=at(seconds), path=path, status=status, body=body)


def recorded(*answers: Answer, lines: tuple[Line, ...] = ()) -> Recorded:
    return Recorded(Story(name="x", lines=lines, answers=answers))


def live(ready: int) -> dict[str, Any]:
    return {
        "metadata": {"uid": "u"},
        "spec": {"replicas": 3},
        "status": {"replicas": 3, "readyReplicas": ready, "updatedReplicas": 3},
    }


def managed(seconds: float, ready: int) -> Answer:
    item = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}
    body = {"items": [{**item, "liveState": json.dumps(live(ready))}]}
    return answer(seconds, "/api/v1/applications/shop/managed-resources", body)


async def test_nothing_is_known_before_it_was_recorded() -> None:
    world = recorded(managed(10, ready=3))
    world.advance(at(9))
    with pytest.raises(Unreachable, match="isn't in the recording"):
        await world.workload(DEPLOYMENT)
    with pytest.raises(Unreachable):
        world.managed(SHOP)
    world.advance(at(10))
    assert (await world.workload(DEPLOYMENT)).ready == 3
    assert [item.object for item in world.managed(SHOP)] == [DEPLOYMENT]


async def test_the_newest_answer_counts() -> None:
    world = recorded(managed(10, ready=3), managed(20, ready=1))
    world.advance(at(21))
    assert (await world.workload(DEPLOYMENT)).ready == 1


async def test_old_counts_say_nothing_of_now() -> None:
    world = recorded(managed(10, ready=3))
    world.advance(at(10) + COUNTS_STAND_FOR + timedelta(seconds=1))
    assert (await world.workload(DEPLOYMENT)).ready is None


async def test_an_owner_is_found_in_the_tree_at_any_age() -> None:
    node = {"group": "apps", "kind": "ReplicaSet", "namespace": "shop", "name": REPLICA_SET.name}
    parent = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}
    tree = {"nodes": [{**node, "uid": "r", "parentRefs": [parent]}]}
    world = recorded(answer(1, "/api/v1/applications/shop/resource-tree", tree))
    world.advance(at(10_000))
    assert (await world.workload(REPLICA_SET)).controller == DEPLOYMENT
    assert [item.object for item in world.tree(SHOP)] == [REPLICA_SET]


async def test_absence_was_seen_then_and_is_not_known_later() -> None:
    world = recorded(answer(1, "/apis/apps/v1/namespaces/shop/deployments/web", {"code": 404}, status=404))
    world.advance(at(2))
    with pytest.raises(NotFound):
        await world.workload(DEPLOYMENT)
    world.advance(at(1) + COUNTS_STAND_FOR + timedelta(seconds=1))
    with pytest.raises(Unreachable):
        await world.workload(DEPLOYMENT)


async def test_a_recorded_owner_walk_leads_to_the_deployment() -> None:
    told = story("pod-security")
    world = Recorded(told)
    world.advance(told.lines[0].at)
    old = ObjectRef(group="apps", kind="ReplicaSet", namespace="production", name="k8s-web-app-prod-bb5b5467")
    workload = await world.workload(old)
    assert workload.controller == ObjectRef(
        group="apps", kind="Deployment", namespace="production", name="k8s-web-app-prod"
    )


async def test_an_application_is_its_newest_line_and_a_deleted_object_leaves_the_list() -> None:
    told = story("rollback")
    world = Recorded(told)
    world.advance(told.lines[0].at)
    before = set(world.pods())
    world.advance(told.lines[-1].at)
    assert AppRef(name="k8s-web-app-prod") in world.apps()
    state = world.app(AppRef(name="k8s-web-app-prod"))
    assert state is not None
    assert state.sync == "Synced"
    assert world.pods().keys() != before
