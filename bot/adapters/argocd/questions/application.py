"""Answers from one reading of an Application: health, sync, conditions, the last operation, who manages it. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.adapters.argocd.values import number, record
from bot.core.inquiry import Answered
from bot.core.observation import failed_attempt
from bot.core.signals import ObjectRef
from bot.core.states import AppState, Operation

SHOWN = 600
"""Characters of one message that are quoted."""

MESSAGES = 20
RUNNING = ("Running", "Terminating")


def health(state: AppState) -> Answered:
    """The Application's health as Argo CD last assessed it."""
    if not state.health:
        return Answered(value=None, saw=f"Argo CD has not assessed {state.ref} yet")
    saw = f"{state.ref}: {state.health}" + (f", {state.health_message[:SHOWN]}" if state.health_message else "")
    return Answered(value=state.health, saw=saw, fields={"message": state.health_message})


def sync(state: AppState) -> Answered:
    """The Application's sync status."""
    if not state.sync:
        return Answered(value=None, saw=f"Argo CD has not compared {state.ref} yet")
    saw = f"{state.ref}: {state.sync} at {state.revision[:40] or 'no revision'}"
    return Answered(value=state.sync, saw=saw, fields={"revision": state.revision})


def auto_sync(state: AppState, *, prune: bool) -> Answered:
    """Whether it syncs by itself."""
    told = "on" if state.auto_sync else "off"
    heals = f", selfHeal {'on' if state.self_heal else 'off'}" if state.auto_sync else ""
    return Answered(
        value=state.auto_sync,
        saw=f"auto-sync of {state.ref} is {told}{heals}",
        fields={"self_heal": "true" if state.self_heal else "false", "prune": "true" if prune else "false"},
    )


def conditions(state: AppState) -> Answered:
    """Every condition. None while an operation is pending: conditions may vanish then without being gone."""
    found = [f"{item.type}: {item.message}" for item in state.conditions]
    if not found and _in_motion(state):
        return Answered(value=None, saw=f"an operation on {state.ref} is under way; its conditions may come back")
    saw = "\n".join(text[:SHOWN] for text in found[:MESSAGES]) or f"{state.ref} has no condition"
    return Answered(value=tuple(found), saw=saw)


def condition_gone(state: AppState, *, type_: str, contains: str) -> Answered:
    """Whether no condition of this type (with this text) stands."""
    standing = [item for item in state.conditions if item.type == type_ and contains in item.message]
    if standing:
        return Answered(value=False, saw=f"{standing[0].type}: {standing[0].message[:SHOWN]}")
    if _in_motion(state):
        return Answered(value=None, saw=f"an operation on {state.ref} is under way; its conditions may come back")
    return Answered(value=True, saw=f"{state.ref} has no {type_} now")


def last_operation(state: AppState) -> Answered:
    """Phase and message of the last operation. A dry run says nothing of what happened."""
    operation = state.operation
    if operation is None:
        return Answered(value="", saw=f"{state.ref} has had no operation yet")
    if operation.dry_run:
        return Answered(value=None, saw=f"the last operation of {state.ref} was a dry run")
    return Answered(
        value=operation.phase,
        saw=f"{operation.phase}: {operation.message[:SHOWN]}",
        fields={"message": operation.message, "revision": operation.revision},
    )


def operation_messages(state: AppState) -> Answered:
    """What failed in the last operation, its own message first. None where a new attempt has only begun."""
    operation = state.operation
    if operation is None:
        return Answered(value=(), saw=f"{state.ref} has had no operation yet")
    if operation.dry_run:
        return Answered(value=None, saw=f"the last operation of {state.ref} was a dry run")
    if not failed_attempt(operation):
        if operation.phase in RUNNING or state.operation_pending:
            return Answered(value=None, saw=f"a new attempt is {operation.phase.lower()}; it has not failed yet")
        return Answered(value=(), saw=f"{operation.phase}: {operation.message[:SHOWN]}")
    found = (
        operation.message,
        *(f"{item.object}: {item.message}" for item in operation.results if item.failed),
    )
    told = [text for text in found if text]
    return Answered(value=tuple(told), saw="\n".join(text[:SHOWN] for text in told[:5]))


def operation_result(state: AppState, wanted: ObjectRef) -> Answered:
    """What the last operation says about one object; a failed result before others of the same name."""
    operation = state.operation
    if operation is None or operation.dry_run:
        return Answered(value=None, saw=f"{state.ref} has had no operation that tells")
    found = [item for item in operation.results if same(item.object, wanted)]
    if not found:
        if operation.phase in RUNNING:
            return Answered(value=None, saw=f"the operation is {operation.phase.lower()} and has not come to {wanted}")
        return Answered(value="", saw=f"the last operation did not touch {wanted}")
    result = min(found, key=lambda item: not item.failed)
    status = result.status or result.hook_phase
    return Answered(
        value=result.message, saw=f"{result.object}: {status}, {result.message[:SHOWN]}", fields={"status": status}
    )


def repeated_syncs(state: AppState, document: Mapping[str, Any]) -> Answered:
    """How often auto-sync repaired the same revision: self-heal attempts, and entries of the history that repeat it.

    Self-heal syncs are partial and leave no history, so Argo CD's own count is what tells (facts §8.16).
    """
    asked = record(record(record(record(document.get("status")).get("operationState")).get("operation")).get("sync"))
    healed = number(asked.get("autoHealAttemptsCount")) if _automated(state.operation) else 0
    repeats = 0
    for entry in reversed(state.history[:-1]):
        if entry.revision != state.history[-1].revision or not entry.automated:
            break
        repeats += 1
    count = max(healed, repeats)
    saw = f"auto-sync has repaired {state.ref} {count} times at {state.revision[:12] or 'this revision'}"
    return Answered(value=count, saw=saw)


def parent(state: AppState) -> Answered:
    """The app-of-apps that tracks the Application; empty where none does."""
    if state.parent is None:
        return Answered(value="", saw=f"no app-of-apps manages {state.ref}")
    return Answered(
        value=str(state.parent), saw=f"{state.ref} is managed by {state.parent}", fields={"app": str(state.parent)}
    )


def same(item: ObjectRef, wanted: ObjectRef) -> bool:
    """Whether an object is the one asked for; group and namespace count where they were given."""
    return (
        (item.kind, item.name) == (wanted.kind, wanted.name)
        and (not wanted.group or item.group == wanted.group)
        and (not wanted.namespace or not item.namespace or item.namespace == wanted.namespace)
    )


def _automated(operation: Operation | None) -> bool:
    return operation is not None and operation.automated


def _in_motion(state: AppState) -> bool:
    return state.operation_pending or (state.operation is not None and state.operation.phase in RUNNING)
