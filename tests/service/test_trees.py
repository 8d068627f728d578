"""An object that has no owner and is in no list belongs to the Application whose tree shows it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.core.observation import Owners
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, TreeNode
from bot.service.enrich import OwnerFinder
from bot.service.ports import Unreachable
from bot.service.trees import FAILED_FOR, KEPT_FOR, TREES_ASKED, TREES_KEPT, Trees
from tests.core.stories import SHOP, START, app

SERVICE = ObjectRef(kind="Service", namespace="shop", name="web")
SLICE = ObjectRef(group="discovery.k8s.io", kind="EndpointSlice", namespace="shop", name="web-x2x9k")
TREE = (TreeNode(object=SERVICE), TreeNode(object=SLICE, parents=(SERVICE,)))


class ArgoCD:
    """Answers with these trees and counts the questions; an exception in place of a tree is raised."""

    def __init__(self, trees: dict[AppRef, Sequence[TreeNode] | Exception], *, seconds: float = 0) -> None:
        self._trees = trees
        self._seconds = seconds
        self.asked: list[AppRef] = []

    async def tree(self, ref: AppRef) -> Sequence[TreeNode]:
        self.asked.append(ref)
        await asyncio.sleep(self._seconds)
        tree = self._trees.get(ref, ())
        if isinstance(tree, Exception):
            raise tree
        return tree


def trees(argocd: ArgoCD, *, deadline: float = 5) -> Trees:
    return Trees({"default": argocd}, deadline=deadline)  # type: ignore[dict-item]  # the part that is used


def known(*names: str, **change: object) -> dict[AppRef, AppState]:
    refs = [AppRef(name=name) for name in names]
    return {ref: app(ref=ref, resources=(), **change) for ref in refs}


async def test_its_owner_in_the_tree_is_the_topmost() -> None:
    argocd = ArgoCD({SHOP: TREE})
    finder = OwnerFinder({}, trees(argocd))
    for _ in range(3):
        found = await finder.owners(
            "default", SLICE, controller=None, managed={}, apps=known("shop", "other"), now=START
        )
        assert found == Owners(topmost=SERVICE, app=SHOP)
    assert sorted(argocd.asked) == [AppRef(name="other"), SHOP]


@pytest.mark.parametrize(
    "apps",
    [
        pytest.param(known("shop", destination_namespace="elsewhere"), id="nothing in that namespace"),
        pytest.param(known("shop", cluster="west"), id="another cluster"),
        pytest.param({}, id="no Application known"),
    ],
)
async def test_only_applications_near_it_are_asked(apps: dict[AppRef, AppState]) -> None:
    argocd = ArgoCD({SHOP: TREE})
    assert await trees(argocd).find("default", SLICE, apps=apps, now=START) is None
    assert argocd.asked == []


async def test_an_object_of_the_cluster_is_in_no_namespace_to_look_near() -> None:
    argocd = ArgoCD({SHOP: TREE})
    volume = ObjectRef(kind="PersistentVolume", name="pvc-1")
    assert await trees(argocd).find("default", volume, apps=known("shop"), now=START) is None
    assert argocd.asked == []


async def test_many_trees_are_read_a_few_at_a_time_until_one_shows_it() -> None:
    names = [f"app-{number}" for number in range(2 * TREES_ASKED)]
    argocd = ArgoCD({AppRef(name=names[-1]): TREE, **{AppRef(name=name): (TREE[0],) for name in names[:-1]}})
    it = trees(argocd)
    assert await it.find("default", SLICE, apps=known(*names), now=START) is None
    assert len(argocd.asked) == TREES_ASKED
    found = await it.find("default", SLICE, apps=known(*names), now=START)
    assert found is not None
    assert found.app.name == names[-1]
    assert len(argocd.asked) == 2 * TREES_ASKED


async def test_a_crowd_of_looks_reads_each_tree_once_and_waits_no_longer_than_the_deadline() -> None:
    argocd = ArgoCD({SHOP: TREE}, seconds=60)
    it = trees(argocd, deadline=0.05)
    loop = asyncio.get_running_loop()
    began = loop.time()
    found = await asyncio.gather(*(it.find("default", SLICE, apps=known("shop"), now=START) for _ in range(100)))
    assert set(found) == {None}
    assert argocd.asked == [SHOP]
    assert loop.time() - began < 5


@pytest.mark.parametrize(
    ("tree", "later", "times"),
    [
        pytest.param(TREE, KEPT_FOR - timedelta(seconds=1), 1, id="kept"),
        pytest.param(TREE, KEPT_FOR, 2, id="read again"),
        pytest.param(Unreachable("away"), FAILED_FOR - timedelta(seconds=1), 1, id="away, not asked at once again"),
        pytest.param(Unreachable("away"), FAILED_FOR, 2, id="away, asked again"),
    ],
)
async def test_how_long_an_answer_is_kept(tree: Sequence[TreeNode] | Exception, later: timedelta, times: int) -> None:
    argocd = ArgoCD({SHOP: tree})
    it = trees(argocd)
    for now in (START, START + later):
        await it.find("default", SLICE, apps=known("shop"), now=now)
    assert len(argocd.asked) == times


async def test_the_cache_is_bounded() -> None:
    argocd = ArgoCD({})
    it = trees(argocd)
    for number in range(TREES_KEPT + 1):
        await it.find("default", SLICE, apps=known(f"app-{number}"), now=START)
    await it.find("default", SLICE, apps=known("app-1"), now=START)
    assert len(argocd.asked) == TREES_KEPT + 1
    await it.find("default", SLICE, apps=known("app-0"), now=START)
    assert len(argocd.asked) == TREES_KEPT + 2
