"""How long it takes to place one more failure while 5,000 signals stand open, beside an empty board."""

import time
from datetime import UTC, datetime

from bot.bench.figures import Figure
from bot.core.board import Board
from bot.core.observation import Owners
from bot.core.recognition import recogniser
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import EventReport
from bot.core.timing import Timing
from bot.kb.loader import default_path, load_or_raise

OPEN = 5_000
MORE = 500
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MESSAGE = 'Error creating: pods "web-{number}" is forbidden: exceeded quota: compute, requested: pods=1'


def placement() -> list[Figure]:
    """Run the benchmark."""
    knowledge = load_or_raise((default_path(),))
    recognise = recogniser(knowledge.compile())

    def board(already: int) -> Board:
        made = Board(entries=knowledge.entries, recognise=recognise, timing=Timing(), unmanaged=False)
        for number in range(already):
            _report(made, number)
        made.take(now=NOW)
        return made

    empty, full = board(0), board(OPEN)
    opened = sum(item.gone_at is None for item in full.ledger.standings.values())
    what = f"placing one more beside {opened:,} open signals in {len(full.ledger.live()):,} incidents"
    one_more, alone = _milliseconds_each(full), _milliseconds_each(empty)
    return [Figure(what=what, value=one_more, unit="ms", baseline=alone, beside=f"an empty board that grows to {MORE}")]


def _milliseconds_each(board: Board) -> float:
    began = time.perf_counter()
    for number in range(OPEN, OPEN + MORE):
        _report(board, number)
        board.take(now=NOW)
    return (time.perf_counter() - began) / MORE * 1_000


def _report(board: Board, number: int) -> None:
    """A failure of its own: another Application, namespace and workload each time."""
    namespace = f"team-{number}"
    replica_set = ObjectRef(group="apps", kind="ReplicaSet", namespace=namespace, name="web-5d8f7c9b6")
    report = EventReport(
        cluster="default",
        uid=f"uid-{number}",
        resource_version=str(number),
        object=replica_set,
        object_uid=f"object-{number}",
        reason="FailedCreate",
        message=MESSAGE.format(number=number),
        warning=True,
        count=1,
        first_at=NOW,
        last_at=NOW,
    )
    deployment = ObjectRef(group="apps", kind="Deployment", namespace=namespace, name="web")
    board.observe_event(report, Owners(topmost=deployment, app=AppRef(name=f"app-{number}")), now=NOW)
