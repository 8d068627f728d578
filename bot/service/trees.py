"""Whose an object is that no owner reference and no list of resources tells: Applications' resource trees, cached.

A StatefulSet's claims and a Service's endpoints are in the tree of their Application only.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, TreeNode
from bot.service.ports import GitOps, PortError

log = structlog.get_logger(__name__)

TREES_ASKED = 5
"""Unread trees, of Applications with something in the object's namespace, that one look reads; the next reads on."""

AT_ONCE = 8
"""Trees read at the same time; an object that comes meanwhile is looked for when it is reported again."""

HEIGHT = 6
KEPT_FOR = timedelta(minutes=2)
FAILED_FOR = timedelta(seconds=30)
TREES_KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An object's place in a tree: its Application, and the topmost object above it (itself where none is)."""

    app: AppRef
    topmost: ObjectRef


Tree = Mapping[ObjectRef, TreeNode]


class Trees:
    """Resource trees by Application. `deadline` is in seconds and bounds a whole look, so that no decision hangs."""

    def __init__(self, gitops: Mapping[str, GitOps], *, deadline: float) -> None:
        self._gitops = gitops
        self._deadline = deadline
        self._cache: OrderedDict[AppRef, tuple[datetime, Tree]] = OrderedDict()
        self._reading: dict[AppRef, asyncio.Lock] = {}

    async def find(
        self, cluster: str, ref: ObjectRef, *, apps: Mapping[AppRef, AppState], now: datetime
    ) -> Place | None:
        """Where an object stands in the trees of the Applications of its namespace; None where it isn't in any."""
        if not ref.namespace:
            return None
        near = [app for app, state in apps.items() if state.cluster == cluster and _reaches(state, ref.namespace)]
        trees = {app: tree for app in near if (tree := self._known(app, now)) is not None}
        if not any(ref in tree for tree in trees.values()):
            unread = [app for app in near if app not in trees][:TREES_ASKED]
            trees = dict(zip(unread, await asyncio.gather(*(self._tree(app, now) for app in unread)), strict=True))
        return next((Place(app=app, topmost=_topmost(ref, tree)) for app, tree in trees.items() if ref in tree), None)

    async def _tree(self, app: AppRef, now: datetime) -> Tree:
        known = self._known(app, now)
        port = self._gitops.get(app.argocd)
        if known is not None or port is None:
            return known or {}
        if app not in self._reading and len(self._reading) >= AT_ONCE:
            return {}
        async with self._reading.setdefault(app, asyncio.Lock()):
            known = self._known(app, now)
            if known is not None:
                return known
            try:
                async with asyncio.timeout(self._deadline):
                    tree = {node.object: node for node in await port.tree(app)}
            except (TimeoutError, PortError) as error:
                log.info("a resource tree could not be read", app=str(app), error=str(error) or "no answer in time")
                tree = {}
            finally:
                self._reading.pop(app, None)
            self._cache[app] = (now, tree)
            self._cache.move_to_end(app)
            if len(self._cache) > TREES_KEPT:
                self._cache.popitem(last=False)
            return tree

    def _known(self, app: AppRef, now: datetime) -> Tree | None:
        read_at, tree = self._cache.get(app, (now, None))
        return tree if tree is not None and now - read_at < (KEPT_FOR if tree else FAILED_FOR) else None


def _reaches(state: AppState, namespace: str) -> bool:
    return state.destination_namespace == namespace or any(
        resource.object.namespace == namespace for resource in state.resources
    )


def _topmost(ref: ObjectRef, tree: Tree) -> ObjectRef:
    for _ in range(HEIGHT):
        parents = tree[ref].parents if ref in tree else ()
        if not parents:
            break
        ref = parents[0]
    return ref
