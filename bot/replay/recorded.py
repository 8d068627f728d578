"""What the read ports would answer at a moment of a story, from what was recorded up to then.

Applications: the newest stream line. Objects: the newest recorded answer that holds them. Otherwise *not known*.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bot.adapters.argocd import parse as argocd
from bot.adapters.kubernetes import parse as kubernetes
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, ManagedResource, TreeNode, Workload
from bot.replay.stories import Answer, Line, Story
from bot.service.ports import NotFound, Unreachable

CLUSTER = "default"
PLACE = argocd.Place(clusters={"https://kubernetes.default.svc": CLUSTER, "in-cluster": CLUSTER})

COUNTS_STAND_FOR = timedelta(seconds=60)
"""How long recorded replica counts stand: the recording has no later ones, but the cluster moved on. Owners stay."""

Found = TypeVar("Found")

_PLURALS = {
    "pods": "Pod", "replicasets": "ReplicaSet", "deployments": "Deployment", "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet", "jobs": "Job", "configmaps": "ConfigMap", "serviceaccounts": "ServiceAccount",
}  # fmt: skip


class Recorded:
    """The world of one story; `advance` moves its clock."""

    def __init__(self, story: Story) -> None:
        self._lines = iter(story.lines)
        self._answers = iter(story.answers)
        self._next_line = next(self._lines, None)
        self._next_answer = next(self._answers, None)
        self._now = datetime.min.replace(tzinfo=UTC)
        self._apps: dict[AppRef, AppState] = {}
        self._held: dict[str, dict[str, Any]] = {"pod": {}, "event": {}}
        self._trees: dict[str, tuple[TreeNode, ...]] = {}
        self._managed: dict[str, tuple[ManagedResource, ...]] = {}
        self._objects: dict[ObjectRef, tuple[datetime, Workload | None]] = {}

    def advance(self, now: datetime) -> None:
        """Take in everything recorded up to now."""
        self._now = now
        while self._next_line is not None and self._next_line.at <= now:
            self._take_line(self._next_line)
            self._next_line = next(self._lines, None)
        while self._next_answer is not None and self._next_answer.at <= now:
            self._take_answer(self._next_answer)
            self._next_answer = next(self._answers, None)

    # -- Argo CD

    def app(self, ref: AppRef) -> AppState | None:
        """GET of an Application: its newest stream line."""
        return self._apps.get(ref)

    def apps(self) -> list[AppRef]:
        """The list of Applications."""
        return list(self._apps)

    def tree(self, ref: AppRef) -> Sequence[TreeNode]:
        """An Application's resource tree. Raises `Unreachable` where none was recorded."""
        return _known(self._trees.get(ref.name), f"the resource tree of {ref}")

    def managed(self, ref: AppRef) -> Sequence[ManagedResource]:
        """An Application's managed resources. Raises `Unreachable` where none were recorded."""
        return _known(self._managed.get(ref.name), f"the managed resources of {ref}")

    # -- Kubernetes

    def pods(self) -> Mapping[str, Any]:
        """The list of Pods, by uid."""
        return self._held["pod"]

    def events(self) -> Mapping[str, Any]:
        """The list of Events, by uid."""
        return self._held["event"]

    async def workload(self, ref: ObjectRef) -> Workload:
        """One object. Raises `NotFound` where its absence was recorded, `Unreachable` where nothing was."""
        at, found = _known(self._objects.get(ref), str(ref))
        fresh = self._now - at <= COUNTS_STAND_FOR
        if found is None and fresh:
            raise NotFound(f"{ref} doesn't exist", status=404, reason="NotFound")
        if found is None:
            raise Unreachable(f"{ref} isn't in the recording")
        return found if fresh else replace(found, ready=None)

    # -- taking in

    def _take_line(self, line: Line) -> None:
        data = line.data
        if line.kind == "stream" and isinstance(data.get("result"), dict):
            state = argocd.application(data["result"].get("application"), PLACE)
            if data["result"].get("type") == "DELETED":
                self._apps.pop(state.ref, None)
            else:
                self._apps[state.ref] = state
        elif line.kind in self._held:
            uid = data.get("object", {}).get("metadata", {}).get("uid")
            if uid and data.get("type") == "DELETED":
                self._held[line.kind].pop(uid, None)
            elif uid:
                self._held[line.kind][uid] = data["object"]

    def _take_answer(self, answer: Answer) -> None:
        parts = urlsplit(answer.path).path.strip("/").split("/")
        match parts:
            case ["api", "v1", "applications", name, "resource-tree"] if answer.status == 200:
                self._trees[name] = argocd.tree(answer.body)
                for node in self._trees[name]:
                    self._keep(answer.at, _from_tree(node), unless_known=True)
            case ["api", "v1", "applications", name, "managed-resources"] if answer.status == 200:
                self._managed[name] = argocd.managed(answer.body)
                for item in self._managed[name]:
                    if item.live is not None:
                        self._keep(answer.at, kubernetes.workload(item.live.encode(), item.object))
            case ["api", "v1", "namespaces", namespace, plural, name] if plural in _PLURALS:
                self._take_object(answer, ObjectRef(kind=_PLURALS[plural], namespace=namespace, name=name))
            case ["apis", group, _, "namespaces", namespace, plural, name] if plural in _PLURALS:
                ref = ObjectRef(group=group, kind=_PLURALS[plural], namespace=namespace, name=name)
                self._take_object(answer, ref)

    def _take_object(self, answer: Answer, ref: ObjectRef) -> None:
        if answer.status == 200:
            self._keep(answer.at, kubernetes.workload(json.dumps(answer.body).encode(), ref))
        elif answer.status == 404:
            self._objects[ref] = (answer.at, None)

    def _keep(self, at: datetime, workload: Workload, *, unless_known: bool = False) -> None:
        if not (unless_known and workload.object in self._objects):
            self._objects[workload.object] = (at, workload)


def _from_tree(node: TreeNode) -> Workload:
    """What a tree tells of an object: its owner, no counts."""
    return Workload(object=node.object, uid=node.uid, controller=node.parents[0] if node.parents else None)


def _known(found: Found | None, what: str) -> Found:
    if found is None:
        raise Unreachable(f"{what} isn't in the recording")
    return found
