"""Following an operation to its real end (facts §2.4, measured in §8.15–16).

After a POST the last operation's state is absent; then it runs, may wait for a retry (Running with `finishedAt`), may
hang in Terminating or behind a closed window; its final phase comes with `.operation` gone; and only a comparison made
strictly after `finishedAt` tells what it led to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.states import AppState, Operation, ResourceResult

FINAL = ("Succeeded", "Failed", "Error")
WINDOW_TEXT = "blocked by sync window"

Ours = Callable[[Operation], bool]
"""Whether an operation is the one we asked for (by who asked, its info, its revision)."""


def mark(state: AppState) -> dict[str, str]:
    """What changes once anything began on an Application: its last operation's start, its last history entry."""
    started = state.operation.started_at if state.operation else None
    return {
        "operation": started.isoformat() if started else "",
        "history": str(state.history[-1].id) if state.history else "",
    }


class Stage(StrEnum):
    """Where a followed operation stands."""

    NOTHING = "nothing of ours"
    ACCEPTED = "accepted"
    RUNNING = "running"
    RETRYING = "waiting for a retry"
    BLOCKED = "blocked by a sync window"
    TERMINATING = "terminating"
    COMPARING = "being compared"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A reading of a followed operation. `failures` are its failed resources, `phase` is final once FINISHED."""

    stage: Stage
    phase: str = ""
    message: str = ""
    failures: tuple[ResourceResult, ...] = ()


def progress(state: AppState, *, since: datetime, ours: Ours) -> Progress:
    """Where the operation that we asked for at or after `since` stands."""
    operation = state.operation
    known = operation is not None and operation.started_at is not None and operation.started_at >= since
    if operation is None or not known or not ours(operation):
        return Progress(stage=Stage.ACCEPTED if state.operation_pending and not known else Stage.NOTHING)
    stage = _stage(state, operation)
    return Progress(
        stage=stage,
        phase=operation.phase,
        message=operation.message,
        failures=tuple(result for result in operation.results if result.failed),
    )


def _stage(state: AppState, operation: Operation) -> Stage:
    if operation.phase in FINAL and not state.operation_pending:
        finished, compared = operation.finished_at, state.reconciled_at
        return Stage.FINISHED if finished and compared and compared > finished else Stage.COMPARING
    if operation.phase in FINAL:
        return Stage.RUNNING
    if operation.phase == "Terminating":
        return Stage.TERMINATING
    if WINDOW_TEXT in operation.message:
        return Stage.BLOCKED
    return Stage.RETRYING if operation.finished_at is not None else Stage.RUNNING
