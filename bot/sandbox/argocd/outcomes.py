"""How an operation ends: told by the story, or the way this revision ended before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.sandbox.argocd.state import State
from bot.sandbox.argocd.values import AppKey, Json, dig, key_of

ANY_REVISION: Final = "*"
NO_MORE_TASKS: Final = "successfully synced (no more tasks)"
ALL_TASKS: Final = "successfully synced (all tasks run)"
WORKLOADS: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "Rollout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an operation on one revision does.

    `healthy`, `progressing` and `degraded` succeed and leave that health; `failed` ends Failed (or `phase`) with
    `message`; `hanging` waits with `message` until it is terminated, like a hook that never ends. `resources` is the
    `syncResult.resources` to show, derived from the Application when None. `sync` is the sync status afterwards,
    by Argo CD's rule when None: Synced on Git's own revision, OutOfSync on another. `conditions` stand afterwards.
    """

    kind: Literal["healthy", "progressing", "degraded", "failed", "hanging"] = "healthy"
    message: str | None = None
    phase: Literal["Failed", "Error"] = "Failed"
    resources: Sequence[Json] | None = None
    sync: Literal["Synced", "OutOfSync"] | None = None
    health_message: str = ""
    conditions: Sequence[Json] = ()

    @property
    def health(self) -> str:
        """Return the Application's health after this outcome."""
        return self.kind.capitalize()


class Outcomes:
    """Remembers what the story wants and what was seen, by Application and revision."""

    def __init__(self, state: State) -> None:
        self._told: dict[tuple[AppKey, str], Outcome] = {}
        self._seen: dict[tuple[AppKey, str], Outcome] = {}
        state.listen(lambda change: self._observe(key_of(change.app), change.app))

    def tell(self, key: AppKey, revision: str, outcome: Outcome) -> None:
        """Set how operations on this revision end; ANY_REVISION for all that aren't told singly."""
        self._told[key, revision] = outcome

    def forget(self, key: AppKey) -> None:
        """Drop what was told and seen of an Application: from now on it heals."""
        for memory in (self._told, self._seen):
            for known in [known for known in memory if known[0] == key]:
                del memory[known]

    def decide(self, key: AppKey, app: Json, operation: Json) -> Outcome:
        """Return the outcome of an operation."""
        revision = dig(operation, "sync.revision") or ""
        outcome = (
            self._told.get((key, revision))
            or self._told.get((key, ANY_REVISION))
            or self._seen.get((key, revision))
            or Outcome()
        )
        if outcome.resources is None:
            outcome = replace(outcome, resources=sync_results(app, operation))
        return outcome

    def _observe(self, key: AppKey, app: Json) -> None:
        status = app.get("status") or {}
        state = status.get("operationState") or {}
        if app.get("operation") or dig(state, "operation.sync.dryRun"):
            return
        revision = dig(state, "syncResult.revision") or dig(state, "operation.sync.revision")
        if not revision:
            return
        if state.get("phase") in {"Failed", "Error"}:
            if state.get("message") == "Operation terminated":
                return
            self._seen[key, revision] = Outcome(
                kind="failed",
                phase=state["phase"],
                message=_without_retries(state.get("message", "")),
                resources=dig(state, "syncResult.resources") or (),
            )
        elif state.get("phase") == "Succeeded" and dig(status, "sync.revision") == revision:
            self._observe_health(key, revision, status)

    def _observe_health(self, key: AppKey, revision: str, status: Json) -> None:
        # A revision that was applied whole and is unwell is unwell again when it is applied again.
        health = dig(status, "health.status")
        if dig(status, "sync.status") != "Synced":
            return
        known = self._seen.get((key, revision))
        if health == "Degraded":
            self._seen[key, revision] = Outcome(kind="degraded", health_message=dig(status, "health.message") or "")
        elif known is not None and (health == "Healthy" or known.kind == "failed"):
            del self._seen[key, revision]


def sync_results(app: Json, operation: Json) -> list[Json]:
    """Derive `syncResult.resources[]` of a success from the Application's own resources."""
    dry_run = bool(dig(operation, "sync.dryRun"))
    asked = dig(operation, "sync.resources")
    return [
        _sync_result(resource, dry_run=dry_run)
        for resource in dig(app, "status.resources") or []
        if not resource.get("hook") and (asked is None or any(_is_named(resource, wanted) for wanted in asked))
    ]


def _is_named(resource: Json, wanted: Json) -> bool:
    same = all((resource.get(part) or "") == (wanted.get(part) or "") for part in ("group", "kind", "name"))
    # Self-heal names resources without a namespace.
    return same and (not wanted.get("namespace") or resource.get("namespace") == wanted["namespace"])


def _sync_result(resource: Json, *, dry_run: bool) -> Json:
    group = resource.get("group", "")
    kind = resource["kind"].lower() + (f".{group}" if group else "")
    changed = resource.get("status") == "OutOfSync" or resource["kind"] in WORKLOADS
    message = f"{kind}/{resource['name']} {'configured' if changed else 'unchanged'}{' (dry run)' if dry_run else ''}"
    return {
        "group": group,
        "version": resource.get("version", ""),
        "kind": resource["kind"],
        "namespace": resource.get("namespace", ""),
        "name": resource["name"],
        "status": "Synced",
        "message": message,
        "hookPhase": "Succeeded" if dry_run else "Running",
        "syncPhase": "Sync",
    }


def _without_retries(message: str) -> str:
    before, found, _ = message.rpartition(" (retried ")
    return before if found else message.rstrip(".")
