"""Kubernetes events Argo CD writes on an Application: who asked for what, and how it ended."""

import uuid

from bot.sandbox.argocd.state import State
from bot.sandbox.argocd.timeline import Timeline
from bot.sandbox.argocd.values import Json, dig, key_of, rfc3339


class EventLog:
    """Appends to the events GET app/events answers."""

    def __init__(self, state: State, timeline: Timeline) -> None:
        self._state = state
        self._timeline = timeline

    def sync_started(self, app: Json, username: str, revision: str) -> None:
        """Tell a person's sync; the branch stands before its commit."""
        target = dig(app, "spec.source.targetRevision") or "HEAD"
        self._add(app, "OperationStarted", f"{username} initiated sync to {target} ({revision})", user=username)

    def rollback_started(self, app: Json, username: str, history_id: int) -> None:
        """Tell a rollback."""
        self._add(app, "OperationStarted", f"{username} initiated rollback to {history_id}", user=username)

    def automated(self, app: Json) -> None:
        """Tell an operation auto-sync starts."""
        revision = dig(app, "status.sync.revision") or ""
        self._add(app, "OperationStarted", f"Initiated automated sync to '{revision}'")

    def spec_updated(self, app: Json, username: str) -> None:
        """Tell a changed spec."""
        self._add(app, "ResourceUpdated", f"{username} updated application spec", user=username)

    def action_ran(self, app: Json, username: str, action: str) -> None:
        """Tell a resource action."""
        self._add(app, "ResourceActionRan", f"{username} ran action {action}", user=username)

    def completed(self, app: Json, operation: Json) -> None:
        """Tell an operation's end; a failure is a Warning with the message."""
        state = dig(app, "status.operationState") or {}
        what = "Partial sync operation" if dig(operation, "sync.resources") else "Sync operation"
        subject = f"{what} to {dig(operation, 'sync.revision') or ''}"
        if state.get("phase") == "Succeeded":
            self._add(app, "OperationCompleted", f"{subject} succeeded")
        else:
            self._add(app, "OperationCompleted", f"{subject} failed: {state.get('message', '')}", kind="Warning")

    def compared(self, before: Json, after: Json) -> None:
        """Tell changed sync and health states."""
        for what, path in (("sync", "status.sync.status"), ("health", "status.health.status")):
            old, new = dig(before, path) or "", dig(after, path) or ""
            if old == new:
                continue
            cause = dig(after, "status.health.message") if what == "health" else ""
            suffix = f" ({cause})" if cause else ""
            self._add(after, "ResourceUpdated", f"Updated {what} status: {old} -> {new}{suffix}")

    def _add(self, app: Json, reason: str, message: str, *, kind: str = "Normal", user: str = "") -> None:
        namespace, name = key_of(app)
        log = self._state.answers.events.setdefault((namespace, name), [])
        self._state.resource_version += 1
        version = str(self._state.resource_version)
        moment = rfc3339(self._timeline.now())
        destination = app["spec"].get("destination") or {}
        annotations = {
            "dest-namespace": destination.get("namespace", ""),
            "dest-server": destination.get("server", ""),
        }
        if user:
            annotations["user"] = user
        uid = uuid.uuid5(uuid.NAMESPACE_URL, f"event/{namespace}/{name}/{version}")
        log.append(
            {
                "metadata": {
                    "name": f"{name}.{uid.hex[:16]}",
                    "namespace": namespace,
                    "uid": str(uid),
                    "resourceVersion": version,
                    "creationTimestamp": moment,
                    "annotations": annotations,
                },
                "involvedObject": {
                    "kind": "Application",
                    "namespace": namespace,
                    "name": name,
                    "uid": app["metadata"].get("uid", ""),
                    "apiVersion": "argoproj.io/v1alpha1",
                    "resourceVersion": app["metadata"].get("resourceVersion", ""),
                },
                "reason": reason,
                "message": message,
                "source": {"component": "argocd-server" if user else "argocd-application-controller"},
                "firstTimestamp": moment,
                "lastTimestamp": moment,
                "count": 1,
                "type": kind,
                "eventTime": None,
            }
        )
