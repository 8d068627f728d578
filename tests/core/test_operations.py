"""Following an operation: what is an end and what only looks like one (facts §2.4)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.operations import Stage, progress
from bot.core.signals import AppRef
from bot.core.states import AppState, Operation

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OURS = Operation(
    phase="Running", message="", revision="b", started_at=NOW, finished_at=None, initiated_by="gitops-responder"
)
STATE = AppState(ref=AppRef(name="shop"), uid="u", resource_version="1", operation=OURS, operation_pending=True)
ENDED = replace(OURS, phase="Succeeded", finished_at=NOW + timedelta(seconds=2))


def after(seconds: float, **change: object) -> AppState:
    return replace(
        STATE,
        operation_pending=False,
        reconciled_at=NOW + timedelta(seconds=seconds),
        **change,  # type: ignore[arg-type]  # a table of fields
    )


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        pytest.param(replace(STATE, operation=None), Stage.ACCEPTED, id="just posted: the state is absent"),
        pytest.param(
            replace(STATE, operation=replace(OURS, started_at=NOW - timedelta(hours=1), phase="Succeeded")),
            Stage.ACCEPTED,
            id="just posted: the last one still shows",
        ),
        pytest.param(STATE, Stage.RUNNING, id="running"),
        pytest.param(replace(STATE, operation=replace(OURS, finished_at=NOW)), Stage.RETRYING, id="between retries"),
        pytest.param(replace(STATE, operation=replace(OURS, phase="Terminating")), Stage.TERMINATING, id="terminating"),
        pytest.param(
            replace(STATE, operation=replace(OURS, message="Sync operation blocked by sync window")),
            Stage.BLOCKED,
            id="window",
        ),
        pytest.param(replace(STATE, operation=ENDED), Stage.RUNNING, id="final phase, operation still there"),
        pytest.param(after(2, operation=ENDED), Stage.COMPARING, id="compared within the same second"),
        pytest.param(after(3, operation=ENDED), Stage.FINISHED, id="compared after it"),
        pytest.param(after(3, operation=replace(ENDED, initiated_by="someone")), Stage.NOTHING, id="somebody else's"),
        pytest.param(after(3, operation=None), Stage.NOTHING, id="none"),
    ],
)
def test_where_an_operation_stands(state: AppState, stage: Stage) -> None:
    told = progress(state, since=NOW, ours=lambda operation: operation.initiated_by == "gitops-responder")
    assert told.stage is stage
