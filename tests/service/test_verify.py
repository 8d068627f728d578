"""After an act the signals decide: what still stands after the bake time is told once, and is open again."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.core.board import Board
from bot.core.incidents import EffectKind, Incident, State
from bot.service.verify import Verifier
from tests.service.acting_stage import ActingStage

BAKE = timedelta(minutes=5)


def acted_on(stage: ActingStage) -> Incident:
    """The one incident, posted and verifying."""
    ledger = stage.responder.board.ledger
    (incident,) = ledger.live()
    return ledger.put_incident(replace(incident, posted=True, state=State.VERIFYING), now=stage.clock())


async def test_what_still_stands_is_told_once(tmp_path: Path) -> None:
    async with ActingStage(tmp_path) as stage:
        verifier = Verifier(responder=stage.responder, clock=stage.clock, bake=BAKE)
        incident = acted_on(stage)
        effects: list[str] = []
        stage.responder.on_decision(
            lambda changes: effects.extend(item.note for item in changes.effects if item.kind is EffectKind.NOTE)
        )
        for ahead in (timedelta(0), BAKE - timedelta(seconds=1), BAKE, 2 * BAKE):
            stage.ahead = ahead
            await verifier.look()
        assert effects == ["not-fixed"]
        assert stage.responder.board.ledger.incidents[incident.id].state is State.OPEN


async def test_what_is_clear_is_left_to_resolve(tmp_path: Path) -> None:
    async with ActingStage(tmp_path) as stage:
        verifier = Verifier(responder=stage.responder, clock=stage.clock, bake=BAKE)
        incident = acted_on(stage)
        await verifier.look()

        def clear(board: Board, now: datetime) -> None:
            current = board.ledger.incidents[incident.id]
            board.ledger.put_incident(replace(current, clear_since=now), now=now)

        await stage.responder.change(clear)
        stage.ahead = 2 * BAKE
        await verifier.look()
        assert stage.responder.board.ledger.incidents[incident.id].state is State.VERIFYING
