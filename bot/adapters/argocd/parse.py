"""Argo CD's JSON in our own words. Pure; whatever comes, the result is a reading or a `ParseError`.

Shapes: facts/argocd.md §1.4 and, measured, §8.15.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bot.adapters.argocd.values import flag, moment, name, names, number, record, records, text
from bot.core.signals import AppRef, ObjectRef, fingerprint
from bot.core.states import (
    AppState,
    Condition,
    HistoryEntry,
    ListedApp,
    ManagedResource,
    Operation,
    Resource,
    ResourceResult,
    RevisionInfo,
    SyncWindows,
    TreeNode,
)

LIST_LIMIT = 20_000
"""Resources, conditions and results read of one Application."""


class ParseError(ValueError):
    """What came isn't what Argo CD sends; the text says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which Argo CD a reading comes from, and how its destinations are called as clusters."""

    argocd: str = "default"
    clusters: Mapping[str, str] = field(default_factory=dict)

    def cluster(self, destination: str) -> str:
        """The cluster that holds a destination (server or name), else `<argocd>/<destination>`: unwatched."""
        return self.clusters.get(destination) or f"{self.argocd}/{destination}"


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None


class _Listed(msgspec.Struct, frozen=True):
    metadata: _Metadata = _Metadata()


class _Listing(msgspec.Struct, frozen=True):
    items: list[_Listed] | None = None


_SYNC_POLICY = frozenset(
    start + rest
    for start, rests in (
        ("/spec/syncPolicy", ("", "/automated", "/automated/enabled")),
        (".spec.syncPolicy", ("", ".automated", ".automated.enabled")),
    )
    for rest in rests
)
"""What an ApplicationSet must ignore for a pause to stand, as JSON pointers and as jq paths."""


def json_value(body: bytes) -> object:
    """Any JSON; broken, too deep or not UTF-8 is a `ParseError`."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not JSON: {error}") from error


def application(value: object, place: Place) -> AppState:
    """One Application as GET and the stream give it."""
    body = record(value)
    metadata, spec, status = record(body.get("metadata")), record(body.get("spec")), record(body.get("status"))
    if not name(metadata.get("name")):
        raise ParseError("an Application without metadata.name")
    ref = _ref(place, namespace=metadata.get("namespace"), bare=metadata["name"])
    destination = record(spec.get("destination"))
    where = name(destination.get("server")) or name(destination.get("name"))
    sources = _sources(spec)
    sync, health = record(status.get("sync")), record(status.get("health"))
    automated = record(spec.get("syncPolicy")).get("automated")
    hydrator = record(record(status.get("sourceHydrator")).get("currentOperation"))
    return AppState(
        ref=ref,
        uid=name(metadata.get("uid")),
        resource_version=name(metadata.get("resourceVersion")),
        project=name(spec.get("project")) or "default",
        cluster=place.cluster(where),
        destination=where,
        destination_namespace=name(destination.get("namespace")),
        repositories=tuple(filter(None, (text(source.get("repoURL")) for source in sources))),
        paths=tuple(filter(None, (name(source.get("path")) or name(source.get("chart")) for source in sources))),
        target_revision=",".join(filter(None, (name(source.get("targetRevision")) for source in sources))),
        created_at=moment(metadata.get("creationTimestamp")),
        deleting=bool(metadata.get("deletionTimestamp")),
        sync=name(sync.get("status")),
        revision=_revision(sync),
        health=name(health.get("status")),
        health_message=text(health.get("message")),
        health_since=moment(health.get("lastTransitionTime")),
        auto_sync=isinstance(automated, dict) and automated.get("enabled") is not False,
        self_heal=flag(record(automated).get("selfHeal")),
        reconciled_at=moment(status.get("reconciledAt")),
        operation_pending=isinstance(body.get("operation"), dict),
        operation=_operation(status.get("operationState")),
        conditions=tuple(
            Condition(type=name(item.get("type")), message=text(item.get("message")))
            for item in records(status.get("conditions"))[:LIST_LIMIT]
        ),
        resources=tuple(_resource(item) for item in records(status.get("resources"))[:LIST_LIMIT]),
        history=tuple(_history(item) for item in records(status.get("history"))[:LIST_LIMIT]),
        images=names(record(status.get("summary")).get("images"))[:LIST_LIMIT],
        hydrator_phase=name(hydrator.get("phase")),
        hydrator_message=text(hydrator.get("message")),
        parent=_parent(ref, metadata, home=name(status.get("controllerNamespace")) or ref.namespace),
        application_set=next(
            (
                name(owner.get("name"))
                for owner in records(metadata.get("ownerReferences"))
                if owner.get("kind") == "ApplicationSet"
            ),
            "",
        ),
        source=_parameters(spec),
    )


def listed(body: bytes, place: Place) -> tuple[ListedApp, ...]:
    """The list's answer, tens of megabytes where there are many: only the three fields that are read are built."""
    try:
        listing = msgspec.json.decode(body, type=_Listing)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"a list of Applications that can't be read: {error}") from error
    return tuple(
        ListedApp(
            ref=_ref(place, namespace=item.metadata.namespace, bare=item.metadata.name),
            uid=name(item.metadata.uid),
            resource_version=name(item.metadata.resource_version),
        )
        for item in listing.items or ()
        if item.metadata.name
    )


def tree(value: object) -> tuple[TreeNode, ...]:
    """A resource tree's nodes."""
    return tuple(_node(item) for item in records(record(value).get("nodes"))[:LIST_LIMIT])


def managed(value: object) -> tuple[ManagedResource, ...]:
    """Desired and live states."""
    return tuple(
        ManagedResource(
            object=_object(item), target=_state(item.get("targetState")), live=_state(item.get("liveState"))
        )
        for item in records(record(value).get("items"))[:LIST_LIMIT]
    )


def manifests(body: bytes) -> tuple[str, ...]:
    """What a revision renders to, each object as the JSON text it is."""
    found = record(json_value(body)).get("manifests")
    return tuple(item for item in found if isinstance(item, str))[:LIST_LIMIT] if isinstance(found, list) else ()


def revision_info(value: object, revision: str) -> RevisionInfo:
    """A commit's author, date and message."""
    body = record(value)
    return RevisionInfo(
        revision=revision,
        author=text(body.get("author")),
        date=moment(body.get("date")),
        message=text(body.get("message")),
    )


def sync_windows(value: object) -> SyncWindows:
    """Whether a manual sync is allowed now. Without windows the answer is only `canSync`."""
    body = record(value)
    windows = records(body.get("activeWindows")) or records(body.get("assignedWindows"))
    told = ", ".join(
        f"{name(item.get('kind'))} {name(item.get('schedule'))} for {name(item.get('duration'))}"
        for item in windows[:3]
    )
    return SyncWindows(can_sync=body.get("canSync") is not False, description=told)


def application_set_keeps_sync_policy(value: object) -> bool:
    """Whether an ApplicationSet leaves /spec/syncPolicy of its Applications alone (facts/argocd.md §8.1).

    An exception for one named Application isn't counted: it says nothing about the others.
    """
    spec = record(record(value).get("spec"))
    if name(record(spec.get("syncPolicy")).get("applicationsSync")) in ("create-only", "create-delete"):
        return True
    return any(
        pointer in _SYNC_POLICY
        for item in records(spec.get("ignoreApplicationDifferences"))
        if not item.get("name")
        for pointer in (*names(item.get("jsonPointers")), *names(item.get("jqPathExpressions")))
    )


def _sources(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is deployed from: several sources, one, or the branch a hydrator writes to."""
    hydrator = record(spec.get("sourceHydrator"))
    if hydrator:
        dry, written = record(hydrator.get("drySource")), record(hydrator.get("syncSource"))
        return [
            {
                "repoURL": dry.get("repoURL"),
                "path": written.get("path"),
                "targetRevision": written.get("targetBranch"),
            }
        ]
    return records(spec.get("sources")) or [record(spec.get("source"))]


def _operation(value: object) -> Operation | None:
    body = record(value)
    if not body:
        return None
    asked = record(body.get("operation"))
    sync, result = record(asked.get("sync")), record(body.get("syncResult"))
    initiated = record(asked.get("initiatedBy"))
    return Operation(
        phase=name(body.get("phase")),
        message=text(body.get("message")),
        revision=_revision(result) or _revision(sync),
        started_at=moment(body.get("startedAt")),
        finished_at=moment(body.get("finishedAt")),
        retry_count=number(body.get("retryCount")),
        dry_run=flag(sync.get("dryRun")),
        partial=bool(records(sync.get("resources"))),
        automated=flag(initiated.get("automated")),
        initiated_by=name(initiated.get("username")),
        info=tuple((name(item.get("name")), text(item.get("value"))) for item in records(asked.get("info"))[:50]),
        results=tuple(
            ResourceResult(
                object=_object(item),
                status=name(item.get("status")),
                message=text(item.get("message")),
                hook_phase=name(item.get("hookPhase")),
                hook_type=name(item.get("hookType")),
            )
            for item in records(result.get("resources"))[:LIST_LIMIT]
        ),
    )


def _resource(item: Mapping[str, Any]) -> Resource:
    health = record(item.get("health"))
    return Resource(
        object=_object(item),
        version=name(item.get("version")),
        status=name(item.get("status")),
        health=name(health.get("status")),
        health_message=text(health.get("message")),
        requires_pruning=flag(item.get("requiresPruning")),
        hook=flag(item.get("hook")),
    )


def _history(item: Mapping[str, Any]) -> HistoryEntry:
    initiated = record(item.get("initiatedBy"))
    return HistoryEntry(
        id=number(item.get("id")),
        revision=_revision(item),
        deployed_at=moment(item.get("deployedAt")),
        initiated_by=name(initiated.get("username")),
        automated=flag(initiated.get("automated")),
        source=_parameters(item),
    )


def _node(item: Mapping[str, Any]) -> TreeNode:
    health = record(item.get("health"))
    info = {name(row.get("name")): text(row.get("value")) for row in records(item.get("info"))}
    return TreeNode(
        object=_object(item),
        uid=name(item.get("uid")),
        health=name(health.get("status")),
        health_message=text(health.get("message")),
        parents=tuple(_object(parent) for parent in records(item.get("parentRefs"))),
        images=names(item.get("images")),
        status_reason=info.get("Status Reason", ""),
    )


def _parameters(body: Mapping[str, Any]) -> str:
    """A mark of what manifests are made from beside the revision: where two are equal, so are the parameters."""
    sources = records(body.get("sources")) or [record(body.get("source"))]
    bare = [{key: value for key, value in source.items() if key != "targetRevision"} for source in sources]
    return fingerprint(msgspec.json.encode(bare, order="deterministic").decode()) if any(bare) else ""


def _object(item: Mapping[str, Any]) -> ObjectRef:
    return ObjectRef(
        group=name(item.get("group")),
        kind=name(item.get("kind")),
        namespace=name(item.get("namespace")),
        name=name(item.get("name")),
    )


def _state(value: object) -> str | None:
    return value if isinstance(value, str) and value not in ("", "null") else None


def _revision(body: Mapping[str, Any]) -> str:
    several = body.get("revisions")
    if isinstance(several, list) and several:
        return ",".join(name(item) for item in several)
    return name(body.get("revision"))


def _ref(place: Place, *, namespace: object, bare: object) -> AppRef:
    return AppRef(argocd=place.argocd, namespace=name(namespace) or "argocd", name=name(bare))


def _parent(ref: AppRef, metadata: Mapping[str, Any], *, home: str) -> AppRef | None:
    """The app-of-apps that tracks this Application; a copied tracking-id names another object and is ignored.

    A parent in another namespace than Argo CD's own (`home`) is written `<namespace>_<name>`.
    """
    tracking = name(record(metadata.get("annotations")).get("argocd.argoproj.io/tracking-id"))
    parent, _, rest = tracking.partition(":")
    if not parent or rest != f"argoproj.io/Application:{ref.namespace}/{ref.name}":
        return None
    namespace, separator, bare = parent.partition("_")
    return AppRef(argocd=ref.argocd, namespace=namespace if separator else home, name=bare if separator else parent)
