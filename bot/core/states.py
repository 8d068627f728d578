"""Readings of the live systems in our own words. Adapters fill these; the core decides on them.

Every text in here has been redacted by the adapter that read it.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.core.signals import AppRef, ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One entry of an Application's conditions: its type (`ComparisonError`, `SharedResourceWarning` …) and text."""

    type: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceResult:
    """What an operation did with one resource. `status`: Synced, SyncFailed, Pruned, PruneSkipped or empty (hooks).

    `hook_type` is empty for what isn't a hook; `hook_phase` is given for others too (facts §2.4).
    """

    object: ObjectRef
    status: str
    message: str
    hook_phase: str = ""
    hook_type: str = ""

    @property
    def failed(self) -> bool:
        """Whether the operation failed on this resource."""
        return self.status == "SyncFailed" or self.hook_phase in ("Failed", "Error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The last operation of an Application: `phase` is Running, Terminating, Succeeded, Failed or Error.

    `revision` joins several sources' revisions with a comma. `partial`: only chosen resources. `rollback` can't be
    told from a sync by Argo CD's data; who asked is in `initiated_by` (empty for auto-sync) and `info`.
    """

    phase: str
    message: str
    revision: str
    started_at: datetime | None
    finished_at: datetime | None
    retry_count: int = 0
    dry_run: bool = False
    partial: bool = False
    automated: bool = False
    initiated_by: str = ""
    info: tuple[tuple[str, str], ...] = ()
    results: tuple[ResourceResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One managed resource of an Application. `status`: Synced, OutOfSync, Unknown or empty (hooks).

    `health` is empty where the kind has none or the reading doesn't say.
    """

    object: ObjectRef
    version: str = ""
    status: str = ""
    health: str = ""
    health_message: str = ""
    requires_pruning: bool = False
    hook: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One deployment in an Application's history, oldest first in `AppState.history`. `id` is what a rollback names.

    `source` is a mark of what it was made from, as `AppState.source`: equal marks mean equal parameters.
    """

    id: int
    revision: str
    deployed_at: datetime | None
    initiated_by: str = ""
    automated: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """One complete reading of an Application (GET app or a stream line; never a list item, which lacks health).

    `sync` is Synced, OutOfSync, Unknown or empty (never compared); `revision` the compared one (joined with a comma
    for several sources). `auto_sync` is the effective switch (automated present and not disabled), `self_heal` its
    option. `operation_pending`: `.operation` is set, so conditions and results may vanish without being gone.
    `cluster` is the name of the destination cluster as this bot knows it, `destination` its server or name.
    `parent` is the app-of-apps that tracks this Application, `application_set` the ApplicationSet that owns it.
    `source` is a mark of its sources' parameters (path, chart, Helm values …), revisions left out.
    """

    ref: AppRef
    uid: str
    resource_version: str
    project: str = "default"
    cluster: str = "default"
    destination: str = ""
    destination_namespace: str = ""
    repositories: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    target_revision: str = ""
    created_at: datetime | None = None
    deleting: bool = False
    sync: str = ""
    revision: str = ""
    health: str = ""
    health_message: str = ""
    health_since: datetime | None = None
    auto_sync: bool = False
    self_heal: bool = False
    reconciled_at: datetime | None = None
    operation_pending: bool = False
    operation: Operation | None = None
    conditions: tuple[Condition, ...] = ()
    resources: tuple[Resource, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    images: tuple[str, ...] = ()
    hydrator_phase: str = ""
    hydrator_message: str = ""
    parent: AppRef | None = None
    application_set: str = ""
    source: str = ""


def settled_healthy(state: AppState) -> bool:
    """Whether the last deployment is what runs, and was compared Synced and Healthy after it ended."""
    operation = state.operation
    if not state.history or state.operation_pending or (operation is not None and operation.phase != "Succeeded"):
        return False
    compared, finished = state.reconciled_at, operation.finished_at if operation else None
    return (
        state.sync == "Synced"
        and state.health == "Healthy"
        and state.revision == state.history[-1].revision
        and (finished is None or (compared is not None and compared >= finished))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedApp:
    """What the list says of an Application: enough to know which ones must be read."""

    ref: AppRef
    uid: str
    resource_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReport:
    """One Kubernetes Event. `object` is the involved object; `count` and times follow `series` where that is used.

    `container` is the container of a Pod that it is about; empty where it is about the whole.
    """

    cluster: str
    uid: str
    resource_version: str
    object: ObjectRef
    object_uid: str
    reason: str
    message: str
    warning: bool
    count: int
    first_at: datetime
    last_at: datetime
    component: str = ""
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReport:
    """One alert as Alertmanager told it. `fingerprint` is the same as long as its labels are.

    `object` is what is unwell (None: nothing in particular), `told_by` what evaluated the rule. `seen_at` is when this
    report came in.
    """

    cluster: str
    fingerprint: str
    name: str
    message: str
    firing: bool
    started_at: datetime
    seen_at: datetime
    object: ObjectRef | None = None
    told_by: ObjectRef | None = None
    node: str = ""
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """One container's status. `role`: container, init or ephemeral. Texts of the current and the last state."""

    name: str
    role: str
    image: str
    ready: bool
    restart_count: int
    waiting_reason: str = ""
    waiting_message: str = ""
    terminated_reason: str = ""
    terminated_message: str = ""
    exit_code: int | None = None
    last_terminated_reason: str = ""
    last_terminated_message: str = ""
    last_exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodState:
    """One reading of a Pod. `controller` is its direct controller (ownerReferences, controller=true)."""

    cluster: str
    uid: str
    resource_version: str
    object: ObjectRef
    controller: ObjectRef | None
    phase: str
    reason: str
    message: str
    node: str
    created_at: datetime
    deleting: bool
    ready: bool
    scheduled_message: str = ""
    containers: tuple[ContainerState, ...] = ()
    claims: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    config_maps: frozenset[str] = frozenset()
    service_account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A live object as owner walks and recovery checks need it. `wanted`/`ready` are None where the kind has neither.

    `tracking_app` is Argo CD's tracking-id or instance label (bare or `ns_name` form), only if it names this object.
    """

    object: ObjectRef
    uid: str
    controller: ObjectRef | None = None
    wanted: int | None = None
    ready: int | None = None
    tracking_app: str = ""
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """One node of an Application's resource tree; `parents` are the objects that own it. Missing = `health` Missing."""

    object: ObjectRef
    uid: str = ""
    health: str = ""
    health_message: str = ""
    parents: tuple[ObjectRef, ...] = ()
    images: tuple[str, ...] = ()
    status_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedResource:
    """Desired and live state of one resource, as JSON texts (Secrets already masked by Argo CD); None = absent."""

    object: ObjectRef
    target: str | None
    live: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionInfo:
    """A commit as Argo CD tells it."""

    revision: str
    author: str = ""
    date: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncWindows:
    """Whether a manual sync is allowed now, and a sentence about the windows that decide it."""

    can_sync: bool
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A cluster node: its platform (`linux/amd64`), provider id (`aws:///…`) and labels."""

    name: str
    platform: str
    provider_id: str = ""
    ready: bool = True
    labels: tuple[tuple[str, str], ...] = ()
