"""What fills an entry's texts."""

from bot.core.board import Board
from bot.core.placement import Recognised
from bot.core.signals import Signal
from bot.core.telling import incident_values
from bot.core.timing import Timing
from tests.core.stories import ENTRIES, OWNERS, START, event


def recognise(_: Signal) -> Recognised:
    return Recognised(
        verdict="known",
        entry="serviceaccount-missing",
        confidence=0.9,
        captures=(("kind", "Secret"), ("name", "db")),
    )


def test_a_captured_name_doesnt_stand_for_the_signals_own() -> None:
    board = Board(entries=ENTRIES, recognise=recognise, timing=Timing(), unmanaged=False)
    board.observe_event(event("couldn't find key"), OWNERS, now=START)
    (incident,) = board.ledger.live()
    values = incident_values(incident, board.ledger)
    own = next(item.signal.object for item in board.ledger.supporting(incident.signals))
    assert own is not None
    assert (values["kind"], values["name"]) == ("Secret", "db")
    assert (values["signal.kind"], values["signal.name"]) == (own.kind, own.name)
