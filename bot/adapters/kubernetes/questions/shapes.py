"""Nodes and pods with what scheduling depends on: lists of them are long, so only that is decoded."""

import msgspec

from bot.adapters.kubernetes.wire import Metadata, PodCondition, Wire

Amounts = dict[str, str | int | float | None]


class Taint(Wire, frozen=True, kw_only=True, rename="camel"):
    key: str = ""
    value: str | None = None
    effect: str = ""

    def __str__(self) -> str:
        return f"{self.key}={self.value or ''}:{self.effect}"


class NodeSpec(Wire, frozen=True, kw_only=True, rename="camel"):
    provider_id: str | None = msgspec.field(default=None, name="providerID")
    unschedulable: bool | None = None
    taints: list[Taint] | None = None


class NodeInfo(Wire, frozen=True, kw_only=True, rename="camel"):
    operating_system: str = ""
    architecture: str = ""
    kubelet_version: str = ""


class NodeStatus(Wire, frozen=True, kw_only=True, rename="camel"):
    allocatable: Amounts | None = None
    conditions: list[PodCondition] | None = None
    node_info: NodeInfo | None = None


class Node(Wire, frozen=True, kw_only=True, rename="camel"):
    metadata: Metadata = Metadata()
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def name(self) -> str:
        return self.metadata.name or ""

    @property
    def labels(self) -> dict[str, str]:
        return {key: value or "" for key, value in (self.metadata.labels or {}).items()}

    @property
    def taints(self) -> list[Taint]:
        return self.spec.taints or []


class Resources(Wire, frozen=True, kw_only=True, rename="camel"):
    requests: Amounts | None = None
    limits: Amounts | None = None


class Container(Wire, frozen=True, kw_only=True, rename="camel"):
    name: str = ""
    resources: Resources | None = None
    restart_policy: str | None = None


class Toleration(Wire, frozen=True, kw_only=True, rename="camel"):
    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None


class Requirement(Wire, frozen=True, kw_only=True, rename="camel"):
    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class SelectorTerm(Wire, frozen=True, kw_only=True, rename="camel"):
    match_expressions: list[Requirement] | None = None
    match_fields: list[Requirement] | None = None


class NodeSelector(Wire, frozen=True, kw_only=True, rename="camel"):
    node_selector_terms: list[SelectorTerm] | None = None


class NodeAffinity(Wire, frozen=True, kw_only=True, rename="camel"):
    required: NodeSelector | None = msgspec.field(default=None, name="requiredDuringSchedulingIgnoredDuringExecution")


class Affinity(Wire, frozen=True, kw_only=True, rename="camel"):
    node_affinity: NodeAffinity | None = None


class PodSpec(Wire, frozen=True, kw_only=True, rename="camel"):
    node_name: str | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    overhead: Amounts | None = None
    node_selector: dict[str, str] | None = None
    affinity: Affinity | None = None
    tolerations: list[Toleration] | None = None


class PodStatus(Wire, frozen=True, kw_only=True, rename="camel"):
    phase: str | None = None


class Pod(Wire, frozen=True, kw_only=True, rename="camel"):
    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()
    status: PodStatus | None = None
