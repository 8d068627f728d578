"""What ends an Event's signal: an Event is a report, not a state, and its age never closes anything (design §2.2).

(a) its object is gone; (b) a later Normal event contradicts it; (c) a Pod of the controller created later is Ready;
(d) its Application is Synced + Healthy, compared after the event; (e) the controller has what it wants.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime
from typing import TypeVar

import re2

from bot.core.signals import AppRef, ObjectRef, Signal
from bot.core.states import AppState, EventReport, PodState, Workload

CONTRADICTED_BY = {
    "SuccessfulCreate": frozenset({"FailedCreate"}),
    "SuccessfulDelete": frozenset({"FailedDelete"}),
    "Scheduled": frozenset({"FailedScheduling"}),
    "Started": frozenset(
        {"Failed", "BackOff", "ErrImageNeverPull", "InspectFailed", "FailedCreatePodSandBox", "FailedMount"}
    ),
    "Pulled": frozenset({"ErrImageNeverPull", "InspectFailed"}),
    "SuccessfulAttachVolume": frozenset({"FailedAttachVolume"}),
    "SuccessfulMountVolume": frozenset({"FailedMount"}),
    "ProvisioningSucceeded": frozenset({"ProvisioningFailed", "FailedBinding"}),
    "VolumeResizeSuccessful": frozenset({"VolumeResizeFailed"}),
    "FileSystemResizeSuccessful": frozenset({"FileSystemResizeFailed", "VolumeResizeFailed"}),
    "SuccessfulRescale": frozenset({"FailedGetResourceMetric", "FailedComputeMetricsReplicas", "FailedRescale"}),
    "Completed": frozenset({"BackoffLimitExceeded", "DeadlineExceeded"}),
    "NodeReady": frozenset({"NodeNotReady"}),
    "EnsuredLoadBalancer": frozenset({"SyncLoadBalancerFailed"}),
    "Issued": frozenset({"Failed"}),
    "OperationCompleted": frozenset({"OperationCompleted"}),
}
"""Which Warning reasons a later Normal event of the same object takes back."""

_SCALED_TO_ZERO = re2.compile(r"^Scaled down replica set (\S+) (?:from \d+ )?to 0")
_REMEMBERED = 20_000

Key = TypeVar("Key", bound=Hashable)


class Recovery:
    """What has been seen that contradicts Events: bounded memory over Normal events, Pods and Applications."""

    def __init__(self) -> None:
        self._normal: OrderedDict[tuple[str, ObjectRef, str], datetime] = OrderedDict()
        self._scaled_down: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
        self._ready_since: OrderedDict[tuple[str, ObjectRef], datetime] = OrderedDict()

    def normal_event(self, report: EventReport) -> None:
        """Note a Normal event."""
        for reason in CONTRADICTED_BY.get(report.reason, ()):
            _latest(self._normal, (report.cluster, report.object, reason), report.last_at)
        scaled = _SCALED_TO_ZERO.search(report.message) if report.reason == "ScalingReplicaSet" else None
        if scaled:
            _latest(self._scaled_down, (report.cluster, report.object.namespace, scaled.group(1)), report.last_at)

    def ready_pod(self, pod: PodState, topmost: ObjectRef) -> None:
        """Note that a Pod of a controller is Ready."""
        _latest(self._ready_since, (pod.cluster, topmost), pod.created_at)

    def contradicts(self, signal: Signal, state: AppState | None) -> str:
        """Why an Event's signal is no longer true, or an empty string."""
        ref = signal.object
        if ref is None:
            return ""
        taken_back = self._normal.get((signal.cluster, ref, signal.reason))
        if taken_back is not None and taken_back >= signal.last_seen:
            return "a later event of the object says it worked"
        replica_set = ref.name if ref.kind == "ReplicaSet" else ref.name.rpartition("-")[0]
        scaled = self._scaled_down.get((signal.cluster, ref.namespace, replica_set))
        if ref.kind in ("ReplicaSet", "Pod") and scaled is not None and scaled >= signal.last_seen:
            return f"ReplicaSet {replica_set} was scaled down to 0"
        ready = self._ready_since.get((signal.cluster, signal.owner or ref))
        if ready is not None and ready > signal.last_seen:
            return "a newer Pod of the controller is Ready"
        if state is not None and healthy_after(state, signal.last_seen):
            return f"Application {state.ref.name} is Synced and Healthy again"
        return ""


def healthy_after(state: AppState, moment: datetime) -> bool:
    """Whether an Application was found Synced and Healthy by a comparison after this moment."""
    return (
        state.sync == "Synced"
        and state.health == "Healthy"
        and not state.operation_pending
        and state.reconciled_at is not None
        and state.reconciled_at > moment
    )


def satisfied(workload: Workload) -> bool:
    """Whether a controller has what it wants."""
    return workload.wanted is not None and workload.ready is not None and workload.ready >= workload.wanted


def about_application(report: EventReport) -> AppRef | None:
    """The Application an Event is about, if it is one of Argo CD's own reports on an Application."""
    if report.object.kind == "Application" and report.object.group in ("argoproj.io", ""):
        return AppRef(namespace=report.object.namespace, name=report.object.name)
    return None


def _latest(memory: OrderedDict[Key, datetime], key: Key, at: datetime) -> None:
    memory[key] = max(at, memory.get(key, at))
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
