"""Kubernetes' objects in our own words. Pure; whatever comes, the result is a reading or a `ParseError`."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from bot.adapters.kubernetes import wire
from bot.core.redaction import redact
from bot.core.signals import ObjectRef
from bot.core.states import ContainerState, EventReport, Node, PodState, Workload

TEXT_LIMIT = 65_536
NAME_LIMIT = 512
TRACKING_ID = "argocd.argoproj.io/tracking-id"
INSTANCE_LABEL = "app.kubernetes.io/instance"
CONTAINER_PATH = re.compile(r"spec\.(?:containers|initContainers|ephemeralContainers)\{([^{}]+)\}")

Struct = TypeVar("Struct", bound=msgspec.Struct)


class ParseError(ValueError):
    """What came isn't what Kubernetes sends; the text says where."""


def decode(raw: bytes | msgspec.Raw, shape: type[Struct]) -> Struct:
    """JSON bytes as one of the wire shapes."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"not a {shape.__name__}: {error}") from error


def event(raw: bytes | msgspec.Raw, cluster: str) -> EventReport:
    """An Event of either API; scheduler events have no count and null times (facts/kubernetes.md)."""
    body = decode(raw, wire.Event)
    about = body.involved_object or body.regarding
    if about is None or not about.kind or not about.name:
        raise ParseError("an Event without the object it is about")
    series = body.series or wire.EventSeries()
    created = _moment(body.metadata.creation_timestamp)
    first = _moment(body.first_timestamp) or _moment(body.event_time) or created
    last = _moment(series.last_observed_time) or _moment(body.last_timestamp) or _moment(body.event_time) or first
    if first is None or last is None:
        raise ParseError("an Event without any time")
    source = body.source or wire.EventSource()
    return EventReport(
        cluster=cluster,
        uid=_name(body.metadata.uid),
        resource_version=_name(body.metadata.resource_version),
        object=ObjectRef(
            group=_group(about.api_version),
            kind=_name(about.kind),
            namespace=_name(about.namespace),
            name=_name(about.name),
        ),
        object_uid=_name(about.uid),
        reason=_name(body.reason),
        message=_text(body.message or body.note),
        warning=body.type != "Normal",
        count=max(body.count or body.deprecated_count or 0, series.count or 0, 1),
        first_at=first,
        last_at=max(first, last),
        component=_name(source.component or body.reporting_component or body.reporting_controller),
        container=_container(about.field_path),
    )


def pod(raw: bytes | msgspec.Raw, cluster: str) -> PodState:
    """A Pod with what its status says and what its spec refers to."""
    body = decode(raw, wire.Pod)
    metadata = body.metadata
    if not metadata.name or not metadata.uid:
        raise ParseError("a Pod without name or uid")
    spec, status = body.spec or wire.PodSpec(), body.status or wire.PodStatus()
    conditions = {item.type: item for item in status.conditions or ()}
    scheduled = conditions.get("PodScheduled")
    waits = scheduled is not None and scheduled.status == "False" and scheduled.reason != "SchedulingGated"
    ready = conditions.get("Ready")
    claims, secrets, config_maps = _references(spec)
    return PodState(
        cluster=cluster,
        uid=metadata.uid,
        resource_version=_name(metadata.resource_version),
        object=ObjectRef(kind="Pod", namespace=_name(metadata.namespace), name=_name(metadata.name)),
        controller=_controller(metadata),
        phase=_name(status.phase),
        reason=_name(status.reason),
        message=_text(status.message),
        node=_name(spec.node_name),
        created_at=_moment(metadata.creation_timestamp) or datetime.fromtimestamp(0, UTC),
        deleting=metadata.deletion_timestamp is not None,
        ready=ready is not None and ready.status == "True",
        scheduled_message=_text(scheduled.message) if waits and scheduled else "",
        containers=(
            *_containers(status.init_container_statuses, "init"),
            *_containers(status.container_statuses, "container"),
            *_containers(status.ephemeral_container_statuses, "ephemeral"),
        ),
        claims=claims,
        secrets=secrets,
        config_maps=config_maps,
        service_account=_name(spec.service_account_name),
    )


def workload(raw: bytes, ref: ObjectRef) -> Workload:
    """A live object as owner walks need it."""
    body = decode(raw, wire.LiveObject)
    metadata = body.metadata
    spec, status = body.spec or {}, body.status or {}
    wanted, ready = _replicas(ref.kind, spec, status)
    seen = status.get("observedGeneration")
    if isinstance(seen, int) and metadata.generation is not None and seen < metadata.generation:
        ready = None  # the counts are of an earlier spec: its controller hasn't looked yet
    return Workload(
        object=ref,
        uid=_name(metadata.uid),
        controller=_controller(metadata),
        wanted=wanted,
        ready=ready,
        tracking_app=_tracking(metadata, ref),
        labels=tuple(sorted((key, value or "") for key, value in (metadata.labels or {}).items())),
    )


def node(raw: bytes | msgspec.Raw) -> Node:
    """A node's platform, provider and readiness."""
    body = decode(raw, wire.LiveObject)
    status = body.status or {}
    told, conditions = status.get("nodeInfo"), status.get("conditions")
    info = told if isinstance(told, dict) else {}
    ready = any(
        isinstance(item, dict) and item.get("type") == "Ready" and item.get("status") == "True"
        for item in (conditions if isinstance(conditions, list) else ())
    )
    return Node(
        name=_name(body.metadata.name),
        platform=f"{info.get('operatingSystem', '')}/{info.get('architecture', '')}",
        provider_id=_name((body.spec or {}).get("providerID")),
        ready=ready,
        labels=tuple(sorted((key, value or "") for key, value in (body.metadata.labels or {}).items())),
    )


def status_message(raw: bytes, status: int) -> tuple[str, str]:
    """A Status error's sentence and reason; anything else is quoted, cut short."""
    try:
        body = decode(raw, wire.Bare)
    except ParseError:
        body = wire.Bare()
    if body.kind == "Status" and body.message:
        return _text(body.message)[:500], _name(body.reason)
    return _text(raw[:300].decode("utf-8", "replace")) or f"HTTP {status} without a word", ""


def _containers(statuses: list[wire.ContainerStatus] | None, role: str) -> Iterable[ContainerState]:
    for item in statuses or ():
        state, last = item.state or wire.RunState(), item.last_state or wire.RunState()
        waiting = state.waiting or wire.Waiting()
        ended, before = state.terminated or wire.Terminated(), last.terminated or wire.Terminated()
        yield ContainerState(
            name=_name(item.name),
            role=role,
            image=_name(item.image),
            ready=bool(item.ready),
            restart_count=item.restart_count or 0,
            waiting_reason=_name(waiting.reason),
            waiting_message=_text(waiting.message),
            terminated_reason=_name(ended.reason),
            terminated_message=_text(ended.message),
            exit_code=ended.exit_code,
            last_terminated_reason=_name(before.reason),
            last_terminated_message=_text(before.message),
            last_exit_code=before.exit_code,
        )


def _references(spec: wire.PodSpec) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Names of the claims, secrets and config maps that a Pod's spec names."""
    claims: set[str | None] = set()
    secrets: set[str | None] = {item.name for item in spec.image_pull_secrets or ()}
    config_maps: set[str | None] = set()

    def take(source: wire.Source) -> None:
        secrets.update(item.name for item in (source.secret, source.secret_ref, source.secret_key_ref) if item)
        config_maps.update(
            item.name for item in (source.config_map, source.config_map_ref, source.config_map_key_ref) if item
        )

    for volume in spec.volumes or ():
        if volume.persistent_volume_claim:
            claims.add(volume.persistent_volume_claim.claim_name)
        if volume.secret:
            secrets.add(volume.secret.secret_name)
        if volume.config_map:
            config_maps.add(volume.config_map.name)
        for source in (volume.projected.sources if volume.projected else None) or ():
            take(source)
    for container in (*(spec.containers or ()), *(spec.init_containers or ())):
        for source in container.env_from or ():
            take(source)
        for variable in container.env or ():
            if variable.value_from:
                take(variable.value_from)
    return _named(claims), _named(secrets), _named(config_maps)


def _named(names: set[str | None]) -> frozenset[str]:
    return frozenset(item[:NAME_LIMIT] for item in names if item)


def _replicas(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> tuple[int | None, int | None]:
    """Wanted and ready replicas; None where the kind has none. Absent counts are 0, an absent `replicas` is 1.

    Only pods of the newest template count as ready, in doubt too few: in a rollout that is stuck the old ones are
    ready all along, and `updatedReplicas` may be left out.
    """

    def count(source: dict[str, Any], field: str, default: int) -> int:
        value = source.get(field, default)
        return value if isinstance(value, int) else default

    def ready_and_new(ready: str, all_pods: str, new: str) -> int:
        newest = count(status, new, 0)
        old = max(count(status, all_pods, 0) - newest, 0)
        return min(max(count(status, ready, 0) - old, 0), newest)

    match kind:
        case "ReplicaSet":
            return count(spec, "replicas", 1), count(status, "readyReplicas", 0)
        case "Deployment" | "StatefulSet":
            return count(spec, "replicas", 1), ready_and_new("readyReplicas", "replicas", "updatedReplicas")
        case "DaemonSet":
            new = ready_and_new("numberReady", "currentNumberScheduled", "updatedNumberScheduled")
            return count(status, "desiredNumberScheduled", 0), new
        case "Job":
            return count(spec, "completions", 1), count(status, "succeeded", 0)
        case _:
            return None, None


def _tracking(metadata: wire.Metadata, ref: ObjectRef) -> str:
    """The Application that tracks this object; a tracking-id of another object (copied) is ignored (facts §3.2)."""
    value = (metadata.annotations or {}).get(TRACKING_ID) or ""
    app, _, rest = value.partition(":")
    if rest.startswith(f"{ref.group}/{ref.kind}:") and rest.endswith(f"/{ref.name}"):
        return app[:NAME_LIMIT]
    return _name((metadata.labels or {}).get(INSTANCE_LABEL)) if not value else ""


def _controller(metadata: wire.Metadata) -> ObjectRef | None:
    for owner in metadata.owner_references or ():
        if owner.controller and owner.kind and owner.name:
            return ObjectRef(
                group=_group(owner.api_version),
                kind=owner.kind,
                namespace=_name(metadata.namespace),
                name=owner.name,
            )
    return None


def _group(api_version: str | None) -> str:
    group, separator, _ = (api_version or "").partition("/")
    return group[:NAME_LIMIT] if separator else ""


def _container(field_path: str | None) -> str:
    """The container that a path into a Pod's spec names: `spec.containers{web}`."""
    found = CONTAINER_PATH.fullmatch(field_path[:NAME_LIMIT]) if field_path else None
    return found[1] if found else ""


def _name(value: object) -> str:
    return value[:NAME_LIMIT] if isinstance(value, str) else ""


def _text(value: str | None) -> str:
    return redact(value[:TEXT_LIMIT]) if value else ""


def _moment(value: str | None) -> datetime | None:
    if not value or len(value) > 64:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
