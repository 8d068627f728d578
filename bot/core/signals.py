"""What a source says is wrong, in our own words: references, signals and how a signal is made from a message."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.masking import mask
from bot.core.redaction import redact
from bot.core.wrappers import unwrap


class Source(StrEnum):
    """Where a signal comes from. The values are those of knowledge entries and of `match --jsonl`."""

    ARGOCD_CONDITION = "argocd-condition"
    ARGOCD_OPERATION = "argocd-operation"
    ARGOCD_RESOURCE = "argocd-resource"
    ARGOCD_HEALTH = "argocd-health"
    APPSET = "appset"
    K8S_EVENT = "k8s-event"
    POD_STATUS = "pod-status"
    LOG = "log"
    ALERT = "alert"
    CLI = "cli"


MACHINE_SOURCES = frozenset(
    {
        Source.ARGOCD_CONDITION,
        Source.ARGOCD_OPERATION,
        Source.ARGOCD_RESOURCE,
        Source.ARGOCD_HEALTH,
        Source.APPSET,
        Source.K8S_EVENT,
        Source.POD_STATUS,
    }
)
"""Sources that fill `reason` and `kind` themselves, so that an entry's filters on them decide (entry-format.md)."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AppRef:
    """One Argo CD Application: the Argo CD it belongs to (a setting's name), its namespace there and its name."""

    argocd: str = "default"
    namespace: str = "argocd"
    name: str

    def __str__(self) -> str:
        """`namespace/name`, as Argo CD itself writes it in messages."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ObjectRef:
    """One Kubernetes object. `group` is empty for the core group, `namespace` for cluster-scoped objects."""

    group: str = ""
    kind: str
    namespace: str = ""
    name: str

    def __str__(self) -> str:
        """`Kind namespace/name`, short enough for a phone."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One error that is true now of one subject.

    `message` is the innermost cause, `original` the whole text; both are redacted. `fingerprint` is the same for
    repeats of one failure: it covers source, place and the masked message, never times or counts. `reason` is the
    condition's type, the operation's phase, the event's reason or the container's waiting reason. The sets name what
    the object refers to (names in its own namespace), for relations between incidents. `hook_type` is PreSync,
    PostSync … where the object is a hook of a sync.
    """

    source: Source
    reason: str = ""
    message: str
    original: str
    fingerprint: str
    cluster: str = "default"
    app: AppRef | None = None
    object: ObjectRef | None = None
    owner: ObjectRef | None = None
    node: str = ""
    container: str = ""
    image: str = ""
    warning: bool = True
    first_seen: datetime
    last_seen: datetime
    count: int = 1
    claims: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    config_maps: frozenset[str] = frozenset()
    service_account: str = ""
    hook_type: str = ""


MESSAGE_LIMIT = 65_536
"""Characters of one message that are looked at (the pattern window of entry-format.md)."""


def fingerprint(*parts: str) -> str:
    """A short stable hash of what makes two reports the same failure."""
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "replace"))
    return digest.hexdigest()[:20]


def make_signal(
    *,
    source: Source,
    text: str,
    first_seen: datetime,
    last_seen: datetime | None = None,
    reason: str = "",
    cluster: str = "default",
    app: AppRef | None = None,
    object: ObjectRef | None = None,  # noqa: A002  the field's own name
    owner: ObjectRef | None = None,
    node: str = "",
    container: str = "",
    image: str = "",
    warning: bool = True,
    count: int = 1,
    claims: frozenset[str] = frozenset(),
    secrets: frozenset[str] = frozenset(),
    config_maps: frozenset[str] = frozenset(),
    service_account: str = "",
    hook_type: str = "",
) -> Signal:
    """Make a signal from a source's text: cut to `MESSAGE_LIMIT`, redacted, unwrapped, masked and fingerprinted.

    The place in the fingerprint is the topmost controller where it is known: pods of one workload repeat one failure.
    """
    original = redact(text[:MESSAGE_LIMIT])
    message = unwrap(original)
    place = owner or object
    return Signal(
        source=source,
        reason=reason,
        message=message,
        original=original,
        fingerprint=fingerprint(
            source,
            cluster,
            f"{app.argocd}/{app}" if app else "",
            str(place) if place else "",
            container,
            reason if source in (Source.ARGOCD_CONDITION, Source.ARGOCD_OPERATION, Source.ALERT) else "",
            mask(message),
        ),
        cluster=cluster,
        app=app,
        object=object,
        owner=owner,
        node=node,
        container=container,
        image=image,
        warning=warning,
        first_seen=first_seen,
        last_seen=last_seen or first_seen,
        count=count,
        claims=claims,
        secrets=secrets,
        config_maps=config_maps,
        service_account=service_account,
        hook_type=hook_type,
    )
