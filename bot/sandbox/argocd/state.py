"""Everything the fake knows: Applications as JSON, and the answers beside them. Every write is told to who listens."""

import asyncio
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from bot.sandbox.argocd import defaults
from bot.sandbox.argocd.values import CONTROL_NAMESPACE, AppKey, Json, key_of
from bot.sandbox.argocd.windows import Windows

GitFailureKind = Literal["manifests", "repository", "repo-server"]
ResourceKey = tuple[str, str, str]
"""(namespace, name, uid) of an object whose events were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitFailure:
    """Why manifests can't be had: they don't render, the repository is away, or the repo-server is."""

    kind: GitFailureKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write of an Application, as the watch sees it. `app` is never changed afterwards."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    app: Json


@dataclass(slots=True)
class Answers:
    """What the reads beside GET application answer; each is set whole by whoever tells the story."""

    trees: dict[AppKey, Json] = field(default_factory=dict)
    managed_resources: dict[AppKey, Json] = field(default_factory=dict)
    events: dict[AppKey, list[Json]] = field(default_factory=dict)
    resource_events: dict[tuple[AppKey, ResourceKey], list[Json]] = field(default_factory=dict)
    manifests: dict[tuple[AppKey, str], Json] = field(default_factory=dict)
    logs: dict[AppKey, list[Json]] = field(default_factory=dict)
    revisions: dict[str, Json] = field(default_factory=dict)
    windows: dict[str, Windows] = field(default_factory=dict)
    application_sets: dict[AppKey, Json] = field(default_factory=dict)
    projects: list[Json] = field(default_factory=list)
    clusters: list[Json] = field(default_factory=defaults.clusters)
    repositories: list[Json] = field(default_factory=list)
    settings: Json = field(default_factory=defaults.settings)
    version: Json = field(default_factory=defaults.version)
    git_failure: GitFailure | None = None
    cache_failure: str | None = None
    hanging_refreshes: set[AppKey] = field(default_factory=set)


class State:
    """The Applications, their resourceVersion and their readers."""

    def __init__(self) -> None:
        self.answers = Answers()
        self.resource_version = 0
        self.desired_sync_policies: dict[AppKey, Json | None] = {}
        self.changed_through_api: set[AppKey] = set()
        self._apps: dict[AppKey, Json] = {}
        self._listeners: list[Callable[[Change], None]] = []
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    @property
    def applications(self) -> Mapping[AppKey, Json]:
        """Return the Applications by (namespace, name); read only."""
        return MappingProxyType(self._apps)

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` at every write."""
        self._listeners.append(listener)

    def put(self, app: Json) -> None:
        """Store an Application as told: with its own resourceVersion when it is new or that rises, else the next one.

        An identical copy is no write. What is put is what its owner wants of the sync policy.
        """
        stored = copy.deepcopy(app)
        metadata = stored["metadata"]
        metadata.setdefault("namespace", CONTROL_NAMESPACE)
        stored.setdefault("status", {})
        key = key_of(stored)
        given = str(metadata.get("resourceVersion", ""))
        before = self._apps.get(key)
        if before is not None and stored == before:
            return
        if given.isdecimal() and (before is None or int(given) > self.resource_version):
            # What is new here may have been written long ago; what is known must rise.
            self.resource_version = max(self.resource_version, int(given))
        else:
            self.resource_version += 1
            metadata["resourceVersion"] = str(self.resource_version)
        self.desired_sync_policies[key] = stored["spec"].get("syncPolicy")
        self._store(key, stored, "ADDED" if before is None else "MODIFIED")

    def update(self, key: AppKey, change: Callable[[Json], None]) -> Json:
        """Apply a change to a copy and store it as the next write; nothing is written where nothing changed."""
        before = self._apps[key]
        after = copy.deepcopy(before)
        change(after)
        if after == before:
            return before
        self.resource_version += 1
        metadata = after["metadata"]
        metadata["resourceVersion"] = str(self.resource_version)
        metadata["generation"] = metadata.get("generation", 0) + 1
        self._store(key, after, "MODIFIED")
        return after

    def delete(self, key: AppKey, *, announce: bool = True) -> None:
        """Drop an Application; without `announce` the stream keeps silent, as it was seen to."""
        app = self._apps.pop(key, None)
        self.desired_sync_policies.pop(key, None)
        if app is None:
            return
        self.resource_version += 1
        if announce:
            self._tell(Change(type="DELETED", app=app))
        self.wake()

    def windows_of(self, app: Json) -> Windows:
        """Return the windows of an Application's project."""
        return self.answers.windows.get(app["spec"].get("project") or "default", Windows())

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a write or an answer makes the condition true."""
        if condition():
            return
        met: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, met))
        await met

    def wake(self) -> None:
        """Let the waiting look again."""
        still: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        for condition, met in self._waiting:
            if met.done():
                continue
            if condition():
                met.set_result(None)
            else:
                still.append((condition, met))
        self._waiting = still

    def of_project(self, names: Sequence[str]) -> list[Json]:
        """Return the Applications, sorted by name, of the given projects (all when none is given)."""
        return sorted(
            (app for app in self._apps.values() if not names or app["spec"].get("project", "default") in names),
            key=lambda app: (app["metadata"]["name"], app["metadata"]["namespace"]),
        )

    def _store(self, key: AppKey, app: Json, kind: Literal["ADDED", "MODIFIED"]) -> None:
        self._apps[key] = app
        self._tell(Change(type=kind, app=app))
        self.wake()

    def _tell(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)
