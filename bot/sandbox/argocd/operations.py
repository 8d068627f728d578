"""Operations asked for: the refusals of sync and rollback in their order, and the `.operation` they write."""

from bot.sandbox.argocd.errors import FAILED_PRECONDITION, INTERNAL, INVALID_ARGUMENT, PERMISSION_DENIED, ApiError
from bot.sandbox.argocd.state import State
from bot.sandbox.argocd.values import Json, auto_sync_enabled, dig, key_of, without_empty

SYNC_FIELDS = {
    "revision": "string",
    "prune": "bool",
    "dryRun": "bool",
    "strategy": "object",
    "resources": "list",
    "syncOptions": "object",
    "retryStrategy": "object",
    "infos": "list",
    "manifests": "list",
    "appNamespace": "string",
    "project": "string",
}
ROLLBACK_FIELDS = {
    "id": "int64",
    "prune": "bool",
    "dryRun": "bool",
    "appNamespace": "string",
    "project": "string",
}


def refuse_running(app: Json) -> None:
    """Refuse a second operation: also while one waits for its retry, since `.operation` is set then."""
    if app.get("operation"):
        raise ApiError(FAILED_PRECONDITION, "another operation is already in progress")


def _refuse_deleting(app: Json) -> None:
    if app["metadata"].get("deletionTimestamp"):
        raise ApiError(FAILED_PRECONDITION, "application is deleting")


def refuse_by_window(state: State, app: Json) -> None:
    """Refuse a sync while a window is closed; a rollback isn't asked."""
    if not state.windows_of(app).can_sync(manual=True):
        raise ApiError(PERMISSION_DENIED, "cannot sync: blocked by sync window")


def sync_operation(state: State, app: Json, body: Json, *, username: str) -> Json:
    """Return the operation of a sync request, or raise what Argo CD refuses it with."""
    _refuse_deleting(app)
    source = app["spec"].get("source") or {}
    target = source.get("targetRevision") or "HEAD"
    wanted = body.get("revision") or ""
    if auto_sync_enabled(app) and not body.get("dryRun") and wanted not in {"", target}:
        raise ApiError(FAILED_PRECONDITION, f"Cannot sync to {wanted}: auto-sync currently set to {target}")
    _refuse_unresolvable(state)
    options = dig(body, "syncOptions.items") if "syncOptions" in body else dig(app, "spec.syncPolicy.syncOptions")
    revision = head_of(app) if wanted in {"", target} else wanted
    sync = without_empty(
        {
            "revision": revision,
            "revisions": dig(app, "status.sync.revisions") if app["spec"].get("sources") else None,
            "prune": body.get("prune"),
            "dryRun": body.get("dryRun"),
            "syncStrategy": body.get("strategy"),
            "resources": [without_empty(resource) for resource in body.get("resources") or []],
            "source": app["spec"].get("source"),
            "sources": app["spec"].get("sources"),
            "syncOptions": options,
        }
    )
    # What the request doesn't say is the Application's own; what it says replaces that whole.
    retry = body["retryStrategy"] if body.get("retryStrategy") else dig(app, "spec.syncPolicy.retry")
    operation = {"sync": sync, "initiatedBy": {"username": username}, "retry": retry or {}}
    if body.get("infos"):
        operation["info"] = body["infos"]
    refuse_running(app)
    return operation


def rollback_operation(app: Json, body: Json, *, username: str) -> Json:
    """Return the operation of a rollback request, or raise what Argo CD refuses it with, in its order."""
    _refuse_deleting(app)
    if auto_sync_enabled(app):
        raise ApiError(FAILED_PRECONDITION, "rollback cannot be initiated when auto-sync is enabled")
    namespace, name = key_of(app)
    history_id = body["id"]
    history = dig(app, "status.history") or []
    entry = next((entry for entry in history if entry.get("id", 0) == history_id), None)
    if entry is None:
        raise ApiError(
            INVALID_ARGUMENT, f"application {namespace}/{name} does not have deployment with id {history_id}"
        )
    if not dig(entry, "source.repoURL") and not entry.get("sources"):
        raise ApiError(
            FAILED_PRECONDITION,
            "cannot rollback to revision deployed with Argo CD v0.11 or lower. sync to revision instead.",
        )
    refuse_running(app)
    sync = without_empty(
        {
            "revision": entry.get("revision"),
            "revisions": entry.get("revisions"),
            "prune": body.get("prune"),
            "dryRun": body.get("dryRun"),
            "syncStrategy": {"apply": {}},  # hooks don't run in a rollback
            "source": entry.get("source"),
            "sources": entry.get("sources"),
            "syncOptions": dig(app, "spec.syncPolicy.syncOptions"),
        }
    )
    return {"sync": sync, "initiatedBy": {"username": username}, "retry": {}}


def require_history_id(body: Json) -> None:
    """Refuse a rollback without `id`, which the gateway can't even pass on; 0 is an id."""
    if body.get("id") is None:
        raise ApiError(INTERNAL, 'grpc: error while marshaling: proto: required field "id" not set')


def automated_operation(app: Json) -> Json:
    """Return the operation auto-sync starts: Git's revision, the Application's own prune and retry."""
    policy = app["spec"].get("syncPolicy") or {}
    sync = without_empty(
        {
            "revision": head_of(app),
            "prune": (policy.get("automated") or {}).get("prune"),
            "source": app["spec"].get("source"),
            "sources": app["spec"].get("sources"),
            "syncOptions": policy.get("syncOptions"),
        }
    )
    return {"sync": sync, "initiatedBy": {"automated": True}, "retry": policy.get("retry") or {"limit": 5}}


def head_of(app: Json) -> str:
    """Return the commit Git's branch is at, as the last comparison saw it."""
    revision: str = dig(app, "status.sync.revision") or ""
    return revision


def _refuse_unresolvable(state: State) -> None:
    failure = state.answers.git_failure
    if failure is None or failure.kind == "manifests":
        return
    code = "Unavailable" if failure.kind == "repo-server" else "Unknown"
    raise ApiError(
        FAILED_PRECONDITION, f"error resolving repo revision: rpc error: code = {code} desc = {failure.text}"
    )
