"""Where an object belongs: its chain of controllers up to the topmost, and the Application that manages it."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core.observation import Owners
from bot.core.relations import qualify, workload_name
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, Workload
from bot.service.ports import NotFound, PortError, Workloads
from bot.service.trees import Trees

CHAIN_LIMIT = 6
"""Controllers above a Pod that are walked; operators add a few levels, nobody adds more."""

TEMPLATE_OWNERS = 4
"""StatefulSets that a claim's name may come from, tried from the longest name on."""

CACHE_SIZE = 20_000
FOUND_FOR = timedelta(minutes=10)
FAILED_FOR = timedelta(seconds=30)


class OwnerFinder:
    """Walks ownerReferences with a cache. An owner that can't be read is guessed from the name (design §4).

    What has no owner is looked for in the Applications' resource trees, where they are given.
    """

    def __init__(self, clusters: Mapping[str, Workloads], trees: Trees | None = None) -> None:
        self._clusters = clusters
        self._trees = trees
        self._cache: OrderedDict[tuple[str, ObjectRef], tuple[datetime, Workload | None]] = OrderedDict()

    async def owners(
        self,
        cluster: str,
        ref: ObjectRef,
        *,
        controller: ObjectRef | None,
        managed: Mapping[tuple[str, ObjectRef], AppRef],
        apps: Mapping[AppRef, AppState],
        now: datetime,
    ) -> Owners:
        """The topmost controller of an object and its Application.

        `controller` is the direct owner where it is known already (a Pod's). `managed` says which Application
        manages an object, for the whole chain; else the tracking-id of the topmost decides.
        """
        chain = [ref]
        tracking = ""
        if controller is not None:
            chain.append(controller)
        while len(chain) < CHAIN_LIMIT:
            current = chain[-1]
            if not _may_be_owned(current, cluster, managed):
                break
            workload = await self._read(cluster, current, now)
            if workload is None:
                guessed = _guess(current)
                if guessed is not None:
                    chain.extend(item for item in guessed if item not in chain)
                break
            tracking = workload.tracking_app or tracking
            if workload.controller is None:
                break
            chain.append(workload.controller)
        if len(chain) == 1 and ref.kind == "PersistentVolumeClaim" and (cluster, ref) not in managed:
            chain.extend(await self._claims_for(cluster, ref, managed, now))
        managing = [managed[(cluster, item)] for item in chain if (cluster, item) in managed]
        app = managing[-1] if managing else _tracked(tracking, apps)
        topmost = next((item for item in reversed(chain) if item.kind != "Pod"), ref)
        if app is None and self._trees is not None and ref.kind != "Pod":
            place = await self._trees.find(cluster, ref, apps=apps, now=now)
            if place is not None:
                return Owners(topmost=place.topmost, app=place.app)
        if app is not None:
            # A guessed or operator's owner that the Application doesn't list stays below the one it lists.
            topmost = next((item for item in reversed(chain) if (cluster, item) in managed), topmost)
        return Owners(topmost=topmost, app=app)

    async def _claims_for(
        self, cluster: str, ref: ObjectRef, managed: Mapping[tuple[str, ObjectRef], AppRef], now: datetime
    ) -> list[ObjectRef]:
        """The StatefulSet that a claim was made for, `<template>-<statefulset>-<ordinal>`: it sets no owner there."""
        name, _, ordinal = ref.name.rpartition("-")
        words = name.split("-")
        if not ordinal.isdigit():
            return []
        for start in range(1, min(len(words), TEMPLATE_OWNERS + 1)):
            owner = ObjectRef(group="apps", kind="StatefulSet", namespace=ref.namespace, name="-".join(words[start:]))
            if (cluster, owner) in managed or await self._read(cluster, owner, now) is not None:
                return [owner]
        return []

    async def _read(self, cluster: str, ref: ObjectRef, now: datetime) -> Workload | None:
        key = (cluster, ref)
        cached = self._cache.get(key)
        if cached is not None and now - cached[0] < (FOUND_FOR if cached[1] else FAILED_FOR):
            return cached[1]
        port = self._clusters.get(cluster)
        workload = None
        if port is not None:
            try:
                workload = await port.workload(ref)
            except NotFound:
                workload = None
            except PortError:
                workload = None
        self._cache[key] = (now, workload)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return workload


def _may_be_owned(ref: ObjectRef, cluster: str, managed: Mapping[tuple[str, ObjectRef], AppRef]) -> bool:
    """Whether reading this object can tell an owner: what an Application manages itself needs no look upwards."""
    return (cluster, ref) not in managed or ref.kind in ("Pod", "ReplicaSet", "Job")


def _guess(ref: ObjectRef) -> list[ObjectRef] | None:
    """Candidate owners by name, the likeliest last."""
    name = workload_name(ref)
    if ref.kind == "ReplicaSet":
        return [ObjectRef(group="apps", kind="Deployment", namespace=ref.namespace, name=name)]
    if ref.kind == "Job":
        cron_job, _, minute = name.rpartition("-")
        if not (cron_job and minute.isdigit()):
            return None  # a Job of its own: a CronJob's carry the minute they were due
        return [ObjectRef(group="batch", kind="CronJob", namespace=ref.namespace, name=cron_job)]
    if ref.kind == "Pod" and name != ref.name:
        replica_set = ObjectRef(
            group="apps", kind="ReplicaSet", namespace=ref.namespace, name=ref.name.rpartition("-")[0]
        )
        return [replica_set, ObjectRef(group="apps", kind="Deployment", namespace=ref.namespace, name=name)]
    if ref.kind == "Pod" and ref.name.rpartition("-")[2].isdigit():
        base = ref.name.rpartition("-")[0]
        return [ObjectRef(group="apps", kind="StatefulSet", namespace=ref.namespace, name=base)]
    return None


def _tracked(name: str, apps: Mapping[AppRef, AppState]) -> AppRef | None:
    """The known Application that a tracking-id or instance label names."""
    if not name:
        return None
    for ref in apps:
        wanted = qualify(name, like=ref)
        if (wanted.namespace, wanted.name) == (ref.namespace, ref.name):
            return ref
    return None
