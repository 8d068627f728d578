"""What a finished operation leaves in an Application's status, its tree and its managed resources. Pure."""

import copy
from datetime import datetime

from bot.sandbox.argocd.outcomes import WORKLOADS, Outcome
from bot.sandbox.argocd.values import Json, dig, rfc3339

_DEFAULT_HISTORY_LIMIT = 10


def is_partial(operation: Json) -> bool:
    """Say whether only named resources are synced; such an operation leaves no history."""
    return bool(dig(operation, "sync.resources"))


def is_dry_run(operation: Json) -> bool:
    """Say whether nothing is applied."""
    return bool(dig(operation, "sync.dryRun"))


def append_history(app: Json, now: datetime) -> None:
    """Add the running operation to the history: last id + 1, trimmed to the Application's limit."""
    state = app["status"]["operationState"]
    sync = state["operation"]["sync"]
    history = list(app["status"].get("history") or [])
    entry: Json = {
        "revision": sync.get("revision", ""),
        "deployedAt": rfc3339(now),
        "id": history[-1].get("id", 0) + 1 if history else 0,
        "source": sync.get("source") or {"repoURL": ""},
        "deployStartedAt": state["startedAt"],
        "initiatedBy": state["operation"].get("initiatedBy") or {},
    }
    entry |= {name: sync[name] for name in ("sources", "revisions") if name in sync}
    limit = app["spec"].get("revisionHistoryLimit", _DEFAULT_HISTORY_LIMIT)
    app["status"]["history"] = [*history, entry][-limit:] if limit else []


def compare(app: Json, operation: Json, outcome: Outcome, now: datetime) -> None:
    """Set sync, health, resources and conditions as the comparison after a successful operation finds them."""
    status = app["status"]
    on_head = dig(operation, "sync.revision") == dig(status, "sync.revision")
    touched = {
        (result.get("group") or "", result.get("kind"), result.get("name")) for result in outcome.resources or ()
    }
    for resource in status.get("resources") or []:
        if (resource.get("group") or "", resource.get("kind"), resource.get("name")) not in touched:
            continue
        _settle_resource(resource, outcome, synced=on_head)
    synced = "Synced" if on_head else "OutOfSync"
    if is_partial(operation) and any(r.get("status") == "OutOfSync" for r in status.get("resources") or []):
        synced = "OutOfSync"
    status.setdefault("sync", {})["status"] = outcome.sync or synced
    _set_health(status, outcome, now)
    _set_conditions(status, outcome)


def cause(outcome: Outcome) -> str:
    """Return the text Argo CD gives an Application's health: the first workload that isn't there yet."""
    for result in outcome.resources or ():
        if result.get("kind") in WORKLOADS:
            return f"Caused by {result['group']}/{result['kind']}:{result['namespace']}/{result['name']}"
    return ""


def _settle_resource(resource: Json, outcome: Outcome, *, synced: bool) -> None:
    if resource.get("status"):
        if synced:
            resource["status"] = "Synced"
        elif outcome.sync != "Synced" and resource.get("kind") in WORKLOADS:
            resource["status"] = "OutOfSync"
    if outcome.kind != "healthy" or "health" not in resource:
        return
    if dig(resource, "health.status") == "Missing" and resource.get("kind") not in WORKLOADS:
        del resource["health"]  # it exists now, and most kinds have no health of their own
    else:
        resource["health"] = {"status": "Healthy"}


def _set_health(status: Json, outcome: Outcome, now: datetime) -> None:
    before = status.get("health") or {}
    message = outcome.health_message or ("" if outcome.kind == "healthy" else before.get("message", ""))
    if before.get("status") == outcome.health and before.get("message", "") == message:
        return
    status["health"] = {"status": outcome.health} | ({"message": message} if message else {})
    status["health"]["lastTransitionTime"] = rfc3339(now)


def _set_conditions(status: Json, outcome: Outcome) -> None:
    if outcome.conditions:
        status["conditions"] = [dict(condition) for condition in outcome.conditions]
        return
    # A successful sync ends the sync's own complaint; what comparisons complain of isn't touched by it.
    kept = [condition for condition in status.get("conditions") or [] if condition.get("type") != "SyncError"]
    if kept:
        status["conditions"] = kept
    else:
        status.pop("conditions", None)


def terminated(app: Json, now: datetime) -> None:
    """End an operation by force: its unfinished hooks fail as `Terminated`."""
    state = app["status"]["operationState"]
    state |= {"phase": "Failed", "message": "Operation terminated", "finishedAt": rfc3339(now)}
    for result in dig(state, "syncResult.resources") or []:
        if result.get("hookType") and result.get("hookPhase") == "Running":
            result |= {"hookPhase": "Failed", "message": "Terminated"}
    app.pop("operation", None)


def healed_tree(tree: Json) -> Json:
    """Return a tree after everything in it became well: failing pods and replica sets are gone, the rest is Healthy."""
    healed = copy.deepcopy(tree)
    nodes = []
    for node in healed.get("nodes") or []:
        health = dig(node, "health.status")
        if health in {None, "Healthy", "Suspended"}:
            nodes.append(node)
        elif node.get("kind") not in {"Pod", "ReplicaSet"}:
            node["health"] = {"status": "Healthy"}
            nodes.append(node)
    healed["nodes"] = nodes
    return healed


def applied(managed_resources: Json) -> Json:
    """Return the managed resources after Git's revision was applied: live is what was wanted."""
    items = []
    for item in managed_resources.get("items") or []:
        target = item.get("targetState")
        if target and target != "null" and item.get("modified"):
            state = dict.fromkeys(("liveState", "normalizedLiveState", "predictedLiveState"), target)
            items.append({name: value for name, value in item.items() if name != "modified"} | state)
        else:
            items.append(item)
    return {**managed_resources, "items": items}
