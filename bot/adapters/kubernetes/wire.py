"""Kubernetes' JSON as typed structs with only the fields that are read (measured: ~100 times the model classes).

Everything may be null or absent: bookmarks carry zero values (`containers: null`), scheduler events null times.
"""

from typing import Any

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of a Kubernetes object; unknown fields are skipped without being built."""


class OwnerReference(Wire, frozen=True, kw_only=True, rename="camel"):
    api_version: str | None = None
    kind: str | None = None
    name: str | None = None
    controller: bool | None = None


class Metadata(Wire, frozen=True, kw_only=True, rename="camel"):
    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    generation: int | None = None
    resource_version: str | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str | None] | None = None
    annotations: dict[str, str | None] | None = None
    owner_references: list[OwnerReference] | None = None
    continue_: str | None = msgspec.field(default=None, name="continue")


class Reference(Wire, frozen=True, kw_only=True, rename="camel"):
    api_version: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None
    field_path: str | None = None


class EventSource(Wire, frozen=True, kw_only=True, rename="camel"):
    component: str | None = None


class EventSeries(Wire, frozen=True, kw_only=True, rename="camel"):
    count: int | None = None
    last_observed_time: str | None = None


class Event(Wire, frozen=True, kw_only=True, rename="camel"):
    metadata: Metadata = Metadata()
    involved_object: Reference | None = None
    regarding: Reference | None = None
    reason: str | None = None
    message: str | None = None
    note: str | None = None
    type: str | None = None
    count: int | None = None
    deprecated_count: int | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    series: EventSeries | None = None
    source: EventSource | None = None
    reporting_component: str | None = None
    reporting_controller: str | None = None


class Waiting(Wire, frozen=True, kw_only=True, rename="camel"):
    reason: str | None = None
    message: str | None = None


class Terminated(Wire, frozen=True, kw_only=True, rename="camel"):
    reason: str | None = None
    message: str | None = None
    exit_code: int | None = None


class RunState(Wire, frozen=True, kw_only=True, rename="camel"):
    waiting: Waiting | None = None
    terminated: Terminated | None = None


class ContainerStatus(Wire, frozen=True, kw_only=True, rename="camel"):
    name: str | None = None
    image: str | None = None
    ready: bool | None = None
    restart_count: int | None = None
    state: RunState | None = None
    last_state: RunState | None = None


class PodCondition(Wire, frozen=True, kw_only=True, rename="camel"):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None


class Named(Wire, frozen=True, kw_only=True, rename="camel"):
    name: str | None = None


class Source(Wire, frozen=True, kw_only=True, rename="camel"):
    config_map: Named | None = None
    secret: Named | None = None
    config_map_ref: Named | None = None
    secret_ref: Named | None = None
    config_map_key_ref: Named | None = None
    secret_key_ref: Named | None = None


class SecretVolume(Wire, frozen=True, kw_only=True, rename="camel"):
    secret_name: str | None = None


class ClaimVolume(Wire, frozen=True, kw_only=True, rename="camel"):
    claim_name: str | None = None


class Projected(Wire, frozen=True, kw_only=True, rename="camel"):
    sources: list[Source] | None = None


class Volume(Wire, frozen=True, kw_only=True, rename="camel"):
    persistent_volume_claim: ClaimVolume | None = None
    secret: SecretVolume | None = None
    config_map: Named | None = None
    projected: Projected | None = None


class EnvVar(Wire, frozen=True, kw_only=True, rename="camel"):
    value_from: Source | None = None


class Container(Wire, frozen=True, kw_only=True, rename="camel"):
    name: str | None = None
    image: str | None = None
    env: list[EnvVar] | None = None
    env_from: list[Source] | None = None


class PodSpec(Wire, frozen=True, kw_only=True, rename="camel"):
    node_name: str | None = None
    service_account_name: str | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    volumes: list[Volume] | None = None
    image_pull_secrets: list[Named] | None = None


class PodStatus(Wire, frozen=True, kw_only=True, rename="camel"):
    phase: str | None = None
    reason: str | None = None
    message: str | None = None
    conditions: list[PodCondition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    ephemeral_container_statuses: list[ContainerStatus] | None = None


class Pod(Wire, frozen=True, kw_only=True, rename="camel"):
    metadata: Metadata = Metadata()
    spec: PodSpec | None = None
    status: PodStatus | None = None


class ListOf(Wire, frozen=True, kw_only=True, rename="camel"):
    """A list whose items stay undecoded, so that one odd item can't spoil the rest."""

    kind: str | None = None
    metadata: Metadata = Metadata()
    items: list[msgspec.Raw] | None = None


class WatchLine(Wire, frozen=True, kw_only=True, rename="camel"):
    """One watch line: the type is read before the object is."""

    type: str = ""
    object: msgspec.Raw = msgspec.Raw(b"{}")


class Bare(Wire, frozen=True, kw_only=True, rename="camel"):
    """What every object and Status has."""

    kind: str | None = None
    metadata: Metadata = Metadata()
    code: int | None = None
    reason: str | None = None
    message: str | None = None


class LiveObject(Wire, frozen=True, kw_only=True, rename="camel"):
    """An object of any kind, for owner walks."""

    kind: str | None = None
    metadata: Metadata = Metadata()
    spec: dict[str, Any] | None = None
    status: dict[str, Any] | None = None


class GroupVersion(Wire, frozen=True, kw_only=True, rename="camel"):
    version: str = ""


class ApiGroup(Wire, frozen=True, kw_only=True, rename="camel"):
    """A group's versions, from discovery."""

    versions: list[GroupVersion] | None = None
    preferred_version: GroupVersion | None = None


class ApiResource(Wire, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    kind: str = ""
    namespaced: bool = False


class ApiResourceList(Wire, frozen=True, kw_only=True, rename="camel"):
    """The kinds of one group and version, from discovery; subresources have a slash in their name."""

    resources: list[ApiResource] | None = None


class NamedGroup(Wire, frozen=True, kw_only=True, rename="camel"):
    name: str = ""


class DiscoveredKind(Wire, frozen=True, kw_only=True, rename="camel"):
    response_kind: Reference | None = None


class DiscoveredVersion(Wire, frozen=True, kw_only=True, rename="camel"):
    resources: list[DiscoveredKind] | None = None


class DiscoveredGroup(Wire, frozen=True, kw_only=True, rename="camel"):
    metadata: Metadata = Metadata()
    versions: list[DiscoveredVersion] | None = None


class DiscoveredGroups(Wire, frozen=True, kw_only=True, rename="camel"):
    """All groups: with their kinds (`items`) where the server has aggregated discovery, else by name (`groups`)."""

    kind: str | None = None
    items: list[DiscoveredGroup] | None = None
    groups: list[NamedGroup] | None = None


class Version(Wire, frozen=True, kw_only=True, rename="camel"):
    """Answer of /version."""

    git_version: str = ""
