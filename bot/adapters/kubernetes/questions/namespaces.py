"""What a namespace demands of what is created in it: Pod Security, quotas, limit ranges; and whether it is going."""

from collections.abc import Sequence

from bot.adapters.kubernetes.questions.fields import Json, condition, items, mapping, name_of, text, told
from bot.adapters.kubernetes.questions.quantities import amount
from bot.core.inquiry import Answered

LEVEL = "pod-security.kubernetes.io/enforce"
REMAINING = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
)


def pod_security_level(namespace: Json) -> Answered:
    """The level that is enforced by label. Empty without a label: then the API server's own default counts."""
    labels = mapping(namespace, "metadata", "labels")
    level, version = text(labels, LEVEL), text(labels, f"{LEVEL}-version")
    name = f"namespace {name_of(namespace)}"
    if not level:
        return Answered(
            value="", saw=f"{name} has no label {LEVEL}; the cluster's default counts", fields={"version": ""}
        )
    saw = f"{name} has {LEVEL}={level}" + (f" and {LEVEL}-version={version}" if version else "")
    return Answered(value=level, saw=saw, fields={"version": version or "latest"})


def phase(namespace: Json | None, name: str) -> Answered:
    """Active, Terminating or Absent; of one that is going, what holds it."""
    if namespace is None:
        return Answered(value="Absent", saw=f"there is no namespace {name}")
    found = text(namespace, "status", "phase") or "Active"
    if text(namespace, "metadata", "deletionTimestamp"):
        found = "Terminating"
    holding = [held for kind in REMAINING if text(held := condition(namespace, kind), "status") == "True"]
    message = "; ".join(text(item, "message") for item in holding)
    saw = "\n".join([f"namespace {name} is {found}", *(told(item) for item in holding)])
    return Answered(value=found, saw=saw, fields={"message": message})


def used_up(quotas: Sequence[Json]) -> Answered:
    """What of the quotas is used up, each `name: resource used/hard`."""
    full, rows = [], []
    for quota in quotas:
        used = mapping(quota, "status", "used")
        for resource, hard in sorted(mapping(quota, "status", "hard").items()):
            row = f"{name_of(quota)}: {resource} {used.get(resource, '0')}/{hard}"
            rows.append(row)
            if amount(used.get(resource)) >= amount(hard):
                full.append(row)
    if not quotas:
        return Answered(value=(), saw="the namespace has no ResourceQuota")
    saw = "; ".join(full) if full else f"nothing is used up: {'; '.join(rows)}"
    return Answered(value=tuple(full), saw=saw, fields={"first": full[0] if full else ""})


def limit_ranges(ranges: Sequence[Json]) -> Answered:
    """What the LimitRanges demand, each `name: Container min cpu=100m max cpu=2`."""
    rows = []
    for item in ranges:
        for limit in items(item, "spec", "limits"):
            demands = [
                f"{word} {', '.join(f'{key}={value}' for key, value in sorted(mapping(limit, word).items()))}"
                for word in ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")
                if mapping(limit, word)
            ]
            rows.append(f"{name_of(item)}: {text(limit, 'type')} {' '.join(demands)}".rstrip())
    return Answered(value=tuple(rows), saw="\n".join(rows) or "the namespace has no LimitRange")
