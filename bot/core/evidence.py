"""The catalogue of read-only questions that entries may ask, and how answers become a verdict.

Typed declarations only: which adapter answers which question is wired in the service. An entry can't ask anything
that isn't here, and nothing here changes anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import re2

from bot.core.cards import Verdict
from bot.core.entries import Expect, Weight
from bot.core.signals import ObjectRef

Known = str | bool | int | Sequence[str] | Sequence[bool]
Value = Known | None
"""What a question's answer is, before an expectation judges it; None: not known."""


class ArgumentType(StrEnum):
    """What an argument, an answer or an exported field is."""

    APP = "app"
    OBJECT = "object"
    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    APPS = "list of app"
    OBJECTS = "list of object"
    TEXTS = "list of text"
    FLAGS = "list of flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a question or a verb."""

    name: str
    type: ArgumentType
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionType:
    """A question: its arguments, what its answer is, and the fields an entry may export.

    `doc` is one line for docs/knowledge.md: what a yes or the value means.
    """

    name: str
    arguments: tuple[Argument, ...]
    answer: ArgumentType
    fields: tuple[tuple[str, ArgumentType], ...] = ()
    doc: str

    @property
    def system(self) -> str:
        """Who is asked: argocd, kubernetes or registry."""
        return self.name.partition(".")[0]

    @property
    def required(self) -> frozenset[str]:
        """Names of the arguments that can't be left out."""
        return frozenset(argument.name for argument in self.arguments if argument.required)


def arguments_of(spec: str) -> tuple[Argument, ...]:
    """Arguments from `app: app, group?: text` (a question mark: may be left out)."""
    found = []
    for part in filter(None, (piece.strip() for piece in spec.split(","))):
        name, _, kind = part.partition(":")
        found.append(
            Argument(name=name.strip(" ?"), type=ArgumentType(kind.strip()), required=not name.strip().endswith("?"))
        )
    return tuple(found)


def _question(name: str, spec: str, answer: str, doc: str, fields: str = "") -> QuestionType:
    return QuestionType(
        name=name,
        arguments=arguments_of(spec),
        answer=ArgumentType(answer),
        fields=tuple((argument.name, argument.type) for argument in arguments_of(fields)),
        doc=doc,
    )


_REFERENCE = "kind: text, name: text, namespace?: text, group?: text"

CATALOGUE: Mapping[str, QuestionType] = {
    question.name: question
    for question in (
        _question("argocd.app_health", "app: app", "text", "Health of the Application: Healthy, Degraded …",
                  "message: text"),
        _question("argocd.app_sync", "app: app", "text", "Sync status of the Application: Synced, OutOfSync, Unknown",
                  "revision: text"),
        _question("argocd.auto_sync", "app: app", "flag", "Whether the Application syncs by itself",
                  "self_heal: flag, prune: flag"),
        _question("argocd.condition_gone", "app: app, type: text, contains?: text", "flag",
                  "Whether the Application has no condition of this type (with this text)"),
        _question("argocd.conditions", "app: app", "list of text", "The Application's conditions, `Type: message`"),
        _question("argocd.last_operation", "app: app", "text",
                  "Phase of the last operation: Succeeded, Failed, Error, Running", "message: text, revision: text"),
        _question("argocd.operation_result", f"app: app, {_REFERENCE}", "text",
                  "What the last operation says about one object", "status: text"),
        _question("argocd.operation_messages", "app: app", "list of text",
                  "Messages of everything that failed in the last operation, the operation's own first"),
        _question("argocd.tracking_owner", f"app?: app, {_REFERENCE}", "app",
                  "The Application that the live object's tracking id names", "app: app, object: object"),
        _question("argocd.declares", "apps: list of app, object: object", "list of flag",
                  "Per Application: whether its desired state has the object"),
        _question("argocd.desires", f"app: app, {_REFERENCE}", "flag",
                  "Whether the Application's desired state has the object", "object: object"),
        _question("argocd.resource_health", f"app: app, {_REFERENCE}", "text",
                  "Health of one object in the Application's tree; Missing when it isn't live, Live where its kind has "
                  "no health, Absent where the Application has no such object", "message: text"),
        _question("argocd.drift", "app: app", "list of object", "Objects whose live state differs from the desired one",
                  "first: object"),
        _question("argocd.repeated_syncs", "app: app", "number",
                  "How often auto-sync repaired the Application at the same revision lately"),
        _question("argocd.parent", "app: app", "app", "The app-of-apps that manages the Application", "app: app"),
        _question("argocd.application_set", "app: app", "text", "The ApplicationSet that owns the Application",
                  "keeps_pause: flag"),
        _question("argocd.sync_window", "app: app", "flag", "Whether a sync window forbids a sync now",
                  "description: text"),
        _question("argocd.project_permits", "app: app, kind: text, group?: text", "flag",
                  "Whether the Application's project permits this kind"),
        _question("argocd.destination_permitted", "app: app", "flag",
                  "Whether the Application's project permits its destination"),
        _question("argocd.source_permitted", "app: app", "flag",
                  "Whether the Application's project permits its repositories", "repo: text"),
        _question("argocd.repository_connected", "repo: text", "flag", "Whether Argo CD reaches the repository",
                  "message: text"),
        _question("argocd.cluster_connected", "cluster: text", "flag", "Whether Argo CD reaches the cluster",
                  "message: text"),
        _question("argocd.earlier_image", "app: app, image: text", "flag",
                  "Whether an earlier deployment in the history used another image in its place",
                  "image: text, history_id: text, revision: text"),
        _question("argocd.values_flag", "app: app, key: text", "text", "A Helm value of the Application (dotted key)"),
        _question("kubernetes.object_exists", _REFERENCE, "flag",
                  "Whether the object is live; its kind may not be served either (`state`)",
                  "object: object, state: text"),
        _question("kubernetes.api_served", "group: text, kind?: text, version?: text", "flag",
                  "Whether the API server serves this group (and kind, and version)"),
        _question("kubernetes.crd_status", "group: text, kind: text", "text",
                  "Established, NotEstablished, Terminating or Absent", "versions: list of text, name: text"),
        _question("kubernetes.api_service", "name: text", "text",
                  "Available, Unavailable or Absent: whether an aggregated API (`v1beta1.metrics.k8s.io`) answers",
                  "message: text, service: object"),
        _question("kubernetes.api_services_unavailable", "", "list of text",
                  "Aggregated APIs that don't answer, each `name: condition`"),
        _question("kubernetes.owner", _REFERENCE, "object", "The topmost controller of the object", "owner: object"),
        _question("kubernetes.events", f"{_REFERENCE}, contains?: text", "list of text",
                  "Warning events of the object, newest first; unknown without any, since they are kept for an hour"),
        _question("kubernetes.pod_security_level", "namespace: text", "text",
                  "The namespace's enforced Pod Security level: privileged, baseline, restricted or empty",
                  "version: text"),
        _question("kubernetes.pod_template", f"{_REFERENCE}, path: text", "list of text",
                  "Values at a path of the live pod template where it is set: pod level, then each container",
                  "unset: text"),
        _question("kubernetes.pod_template_unset", f"{_REFERENCE}, path: text", "list of text",
                  "Containers of the live pod template for which neither they nor the pod set the path"),
        _question("kubernetes.pull_secrets", _REFERENCE, "list of text",
                  "Names of the pull secrets the workload's pods get, from its template or its ServiceAccount"),
        _question("kubernetes.config_keys", "name: text, namespace: text", "list of text",
                  "Keys of a ConfigMap, without their values"),
        _question("kubernetes.ready_replicas", _REFERENCE, "number", "Ready pods of the workload", "wanted: number"),
        _question("kubernetes.last_exit", f"{_REFERENCE}, container?: text", "text",
                  "Why the container's last run ended: OOMKilled, Error, Completed …; empty where none has",
                  "container: text, exit_code: number"),
        _question("kubernetes.previous_log", _REFERENCE + ", container?: text, contains?: text", "list of text",
                  "Last lines of the container's last run that ended; only those with this text"),
        _question("kubernetes.node_platforms", "node?: text", "list of text",
                  "Platforms of the nodes, or of one: linux/amd64 …; `only` where they have the same", "only: text"),
        _question("kubernetes.node_ready", "node: text", "flag", "Whether the node is Ready", "message: text"),
        _question("kubernetes.node_taints", "", "list of text", "Taints of the nodes, each `node: key=value:effect`"),
        _question("kubernetes.allocatable", "resource: text", "text", "The largest free amount on one node",
                  "node: text"),
        _question("kubernetes.nodes_with_room", _REFERENCE, "number",
                  "Nodes with room for what one pod of the workload requests"),
        _question("kubernetes.nodes_selected", _REFERENCE, "number",
                  "Nodes that the workload's node selector and required node affinity admit"),
        _question("kubernetes.nodes_tolerated", _REFERENCE, "number",
                  "Nodes without a taint that the workload's pods don't tolerate"),
        _question("kubernetes.managed_control_plane", "", "text",
                  "EKS, GKE, AKS … by the nodes' labels and provider ids; empty when the control plane is one's own"),
        _question("kubernetes.service_endpoints", "name: text, namespace: text", "number",
                  "Ready endpoints behind the Service", "selector: text"),
        _question("kubernetes.namespace_phase", "namespace: text", "text",
                  "Active, Terminating or Absent", "message: text"),
        _question("kubernetes.webhook_ready", "webhook: text", "flag",
                  "Whether the webhook's Service has ready endpoints", "service: object, failure_policy: text"),
        _question("kubernetes.quota_left", "namespace: text", "list of text",
                  "ResourceQuotas that are used up, each `name: resource used/hard`", "first: text"),
        _question("kubernetes.limit_ranges", "namespace: text", "list of text", "LimitRanges of the namespace"),
        _question("kubernetes.claim_status", "name: text, namespace: text", "text",
                  "Pending, Bound, Lost or Absent", "storage_class: text, volume: text"),
        _question("kubernetes.storage_class", "name: text", "flag", "Whether the StorageClass exists",
                  "provisioner: text, binding: text"),
        _question("kubernetes.default_storage_class", "", "text",
                  "The default StorageClass; empty where there is none"),
        _question("kubernetes.volume_status", "name: text", "text",
                  "Phase of the PersistentVolume: Available, Bound, Released or Failed", "message: text"),
        _question("kubernetes.autoscaler", "name: text, namespace: text", "text",
                  "The HorizontalPodAutoscaler's failing condition, `Type: Reason`; empty where none fails",
                  "message: text"),
        _question("registry.platforms", "image: text", "list of text",
                  "Platforms the image has a manifest for: linux/amd64 …"),
        _question("registry.has_platform", "image: text, platform: text", "flag",
                  "Whether the image has a manifest for this platform", "platforms: text"),
        _question("registry.tag_exists", "image: text", "flag", "Whether the registry has this tag or digest"),
        _question("registry.credentials_accepted", "image: text, namespace: text", "flag",
                  "Whether the registry lets the namespace's pods read the image; unknown where it wants credentials"),
    )
}  # fmt: skip
"""Every question, by name."""


class Answer(StrEnum):
    """Yes, no, or not known: a timeout or a refusal is never a no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An answered question of an entry. `saw` quotes what the live system said; `exports` are for the texts below."""

    question: str
    weight: Weight
    answer: Answer
    saw: str = ""
    exports: Mapping[str, str] = field(default_factory=dict)


def object_text(ref: ObjectRef) -> str:
    """An object in one text: `Deployment.apps/production/web`, `Secret/shop/db`, `Node/worker-1`."""
    kind = f"{ref.kind}.{ref.group}" if ref.group else ref.kind
    return "/".join(filter(None, (kind, ref.namespace, ref.name)))


def object_from(text: str) -> ObjectRef | None:
    """The object of such a text; None where it is no such text."""
    kind, *rest = text.split("/")
    if not kind or len(rest) not in (1, 2) or not all(rest):
        return None
    bare, _, group = kind.partition(".")
    return ObjectRef(group=group, kind=bare, namespace=rest[0] if len(rest) == 2 else "", name=rest[-1])


def judge(findings: Iterable[Finding]) -> Verdict:
    """The verdict over an entry's answered questions.

    Confirmed: at least one confirm-yes and no refute-yes. Ruled out: a refute-yes, or every confirm answered no.
    Else likely.
    """
    found = tuple(findings)
    if any(item.weight == "refute" and item.answer is Answer.YES for item in found):
        return Verdict.RULED_OUT
    confirming = [item.answer for item in found if item.weight == "confirm"]
    if Answer.YES in confirming:
        return Verdict.CONFIRMED
    if confirming and all(answer is Answer.NO for answer in confirming):
        return Verdict.RULED_OUT
    return Verdict.LIKELY


def evaluate(expect: Expect | None, value: Value) -> Answer:
    """Whether a question's value is what the entry expects. `expect` is filled already; None means: it is true.

    An unknown value stays unknown, and so does an expectation that doesn't fit the value's type.
    """
    if value is None:
        return Answer.UNKNOWN
    fits = _fits(expect, value)
    if fits is None:
        return Answer.UNKNOWN
    return Answer.YES if fits else Answer.NO


def _fits(expect: Expect | None, value: Known) -> bool | None:
    if expect is None:
        return value if isinstance(value, bool) else None
    many: tuple[str | bool, ...] | None = None if isinstance(value, str | bool | int) else tuple(value)
    if expect.at_least is not None:
        number = len(many) if many is not None else value
        return number >= expect.at_least if isinstance(number, int) and not isinstance(number, bool) else None
    if many is not None:
        return _fits_many(expect, many)
    if expect.equals is not None:
        return _same(expect.equals, value)
    if expect.one_of is not None:
        return str(value) in expect.one_of
    if expect.matches is not None:
        return re2.search(expect.matches, str(value)) is not None
    return None


def _fits_many(expect: Expect, values: tuple[str | bool, ...]) -> bool | None:
    if expect.all_of is not None:
        return bool(values) and all(_same(expect.all_of, item) for item in values)
    if expect.any_of is not None:
        return any(_same(expect.any_of, item) for item in values)
    if expect.one_of is not None:
        return any(str(item) in expect.one_of for item in values)
    if expect.matches is not None:
        return any(re2.search(expect.matches, str(item)) is not None for item in values)
    return None


def _same(wanted: Known, value: Known) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    return str(wanted) == str(value)
