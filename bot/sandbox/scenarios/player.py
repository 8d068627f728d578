"""Tells a recorded story to the fake Argo CD and the fake Kubernetes, until somebody acts and it goes another way."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.sandbox.argocd import FakeArgoCD
from bot.sandbox.kubernetes import FakeKubernetes
from bot.sandbox.scenarios import objects
from bot.sandbox.scenarios.earlier import earlier_manifests
from bot.sandbox.scenarios.healing import WORKLOADS, belongs, healed
from bot.sandbox.scenarios.moments import Moments
from bot.sandbox.scenarios.recording import Line, Recording

_log = logging.getLogger(__name__)

Json = dict[str, Any]
HEALS_WITHIN = 10.0
"""Seconds an Application may take from a finished operation to Healthy for its Pods to follow."""

REPLAYED_WITHIN = timedelta(seconds=1)
"""A stream begins with everything that is there already; those lines stand before a story begins."""

APPS = "apps/v1"
CLEARED = (*((APPS, kind) for kind in (*WORKLOADS, "ReplicaSet")), ("v1", "Pod"), ("v1", "Event"))
"""API version and kind of what a new story must not find from the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where Argo CD's notifications go, and the bearer secret they carry."""

    url: str
    secret: str


class Player:
    """Plays one story at a time. `clock` returns the current UTC time."""

    def __init__(self, *, argocd: FakeArgoCD, kubernetes: FakeKubernetes, clock: Callable[[], datetime]) -> None:
        self._argocd = argocd
        self._kubernetes = kubernetes
        self._clock = clock
        self._playing: asyncio.Task[None] | None = None
        self._told_of: tuple[Line, ...] = ()
        self._others: set[asyncio.Task[None]] = set()
        self.webhook: Webhook | None = None
        argocd.set_on_operation_finished(self._operation_finished)

    async def start(self, recording: Recording, *, speed: float = 1.0) -> None:
        """Forget what was told and begin this story; its first lines stand when this returns."""
        await self.stop()
        self._clear()
        self._told_of = recording.lines
        moments = Moments(start=recording.start, now=self._clock(), speed=speed)
        for each in objects.SURROUNDINGS:
            self._kubernetes.put(each)
        first = {line.kind + line.about: line for line in reversed(recording.answers)}
        for line in first.values():
            self._answer(line, moments)
        rest = sorted((*recording.lines, *recording.answers), key=lambda line: line.at)
        while rest and rest[0].at - recording.start <= REPLAYED_WITHIN and rest[0].data.get("type") == "ADDED":
            self._tell(rest.pop(0), moments)
        self._playing = asyncio.create_task(self._play(rest, moments))

    async def finished(self) -> None:
        """Wait until the story is told."""
        if self._playing is not None:
            await asyncio.wait({self._playing})

    async def stop(self) -> None:
        """Leave everything as it stands."""
        tasks = [task for task in (self._playing, *self._others) if task is not None]
        self._playing = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- telling ---

    async def _play(self, lines: list[Line], moments: Moments) -> None:
        for line in lines:
            wait = (moments.due(line.at) - self._clock()).total_seconds()
            if wait > 0:
                await asyncio.sleep(wait)
            if line.kind in ("tree", "managed", "revision", "manifests"):
                self._answer(line, moments)
            else:
                self._tell(line, moments)

    def _tell(self, line: Line, moments: Moments) -> None:
        data = moments.told(line.data)
        match line.kind:
            case "application":
                self._application(data)
            case "notification":
                self._spawn_notification(data)
            case _:
                self._object(data)

    def _application(self, data: Json) -> None:
        app = data["application"]
        metadata = app["metadata"]
        if self._argocd.was_changed_through_api(metadata["namespace"], metadata["name"]):
            return
        if data["type"] == "DELETED":
            self._argocd.delete_application(metadata["namespace"], metadata["name"])
        else:
            self._argocd.put_application(app)

    def _object(self, data: Json) -> None:
        obj = data["object"]
        if data["type"] == "BOOKMARK" or obj.get("kind") == "Status" or self._goes_another_way(obj):
            return
        metadata = obj["metadata"]
        if data["type"] == "DELETED":
            self._kubernetes.delete(
                obj["apiVersion"], obj["kind"], metadata["name"], namespace=metadata.get("namespace", "")
            )
        else:
            self._kubernetes.put(obj)

    def _goes_another_way(self, obj: Json) -> bool:
        """Whether a person's action changed the Application that this object belongs to."""
        reference = obj.get("involvedObject") or obj["metadata"]
        return any(
            belongs(app, reference.get("namespace", ""), reference.get("name", ""))
            for (namespace, name), app in self._argocd.applications.items()
            if self._argocd.was_changed_through_api(namespace, name)
        )

    def _answer(self, line: Line, moments: Moments) -> None:
        data = moments.told(line.data)
        match line.kind:
            case "tree":
                self._argocd.set_tree(line.about, data)
                self._put_missing(objects.from_tree(data))
            case "managed":
                self._argocd.set_managed_resources(line.about, data)
                self._put_missing(objects.from_managed(data))
                self._give_templates()
                for revision, manifests in earlier_manifests(self._told_of, line.about, data):
                    self._argocd.set_manifests(line.about, revision, manifests)
            case "manifests":
                app, _, revision = line.about.partition("@")
                self._argocd.set_manifests(app, revision, data)
            case _:
                self._argocd.set_revision(
                    line.about,
                    author=data["author"],
                    date=data["date"],
                    message=data["message"],
                    tags=data.get("tags", ()),
                )

    def _put_missing(self, found: Iterable[Json]) -> None:
        """Put objects that aren't there yet; a fuller one (with a spec) replaces a bare one."""
        for obj in found:
            metadata = obj["metadata"]
            key = (metadata.get("namespace", ""), metadata["name"])
            before = self._objects_of(obj, namespaced=bool(key[0])).get(key)
            if before is None or (obj.get("spec") and not before.get("spec")):
                self._kubernetes.put(obj)

    def _give_templates(self) -> None:
        """Trees know ReplicaSets by name alone; their Deployments say what their pods look like."""
        deployments = self._kubernetes.objects(APPS, "Deployment")
        for replica_set in self._kubernetes.objects(APPS, "ReplicaSet"):
            if fuller := objects.with_template(replica_set, deployments):
                self._kubernetes.put(fuller)

    def _objects_of(self, like: Json, *, namespaced: bool) -> dict[tuple[str, str], Json]:
        """The objects of a kind by namespace and name; a custom kind is served from its first object on."""
        api_version, kind = like["apiVersion"], like["kind"]
        try:
            found = self._kubernetes.objects(api_version, kind)
        except ValueError:
            self._kubernetes.serve_kind(api_version, kind, f"{kind.lower()}s", namespaced=namespaced)
            return {}
        return {(each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in found}

    def _clear(self) -> None:
        for namespace, name in list(self._argocd.applications):
            self._argocd.delete_application(namespace, name)
        for api_version, kind in CLEARED:
            for obj in self._kubernetes.objects(api_version, kind):
                metadata = obj["metadata"]
                self._kubernetes.delete(api_version, kind, metadata["name"], namespace=metadata.get("namespace", ""))

    # --- notifications ---

    def _spawn_notification(self, body: Mapping[str, Any]) -> None:
        if self.webhook is not None:
            self._spawn(self._notify(self.webhook, body))

    async def _notify(self, webhook: Webhook, body: Mapping[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {webhook.secret}"}
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(webhook.url, json=body, headers=headers) as answer,
            ):
                if answer.status >= 300:
                    _log.warning("the webhook answered %s: %s", answer.status, (await answer.text())[:200])
        except aiohttp.ClientError as error:
            # As Argo CD's notifications controller does: a delivery that fails is logged and lost.
            _log.warning("a notification could not be delivered: %s", error)

    # --- after an action ---

    async def _operation_finished(self, app: Json) -> None:
        if app["status"]["operationState"].get("phase") == "Succeeded":
            self._spawn(self._heal(app["metadata"]["namespace"], app["metadata"]["name"]))

    async def _heal(self, namespace: str, name: str) -> None:
        """Let the Pods follow once the Application is Healthy again."""
        until = asyncio.get_running_loop().time() + HEALS_WITHIN
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.1)
            app = self._argocd.applications.get((namespace, name))
            if app is not None and app["status"].get("health", {}).get("status") == "Healthy":
                self._apply_healing(app)
                return

    def _apply_healing(self, app: Json) -> None:
        kubernetes = self._kubernetes
        healing = healed(
            app,
            pods=kubernetes.objects("v1", "Pod"),
            events=kubernetes.objects("v1", "Event"),
            workloads=[obj for kind in WORKLOADS for obj in kubernetes.objects(APPS, kind)],
            now=self._clock(),
        )
        for pod_namespace, pod_name in healing.deleted:
            kubernetes.delete("v1", "Pod", pod_name, namespace=pod_namespace)
        for obj in healing.put:
            kubernetes.put(obj)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)
