"""A root that evidence rules out gives its place to the next best entry, in the same thread."""

from dataclasses import replace

from bot.core.board import Board
from bot.core.cards import Quote, Verdict
from bot.core.incidents import Candidate, Effect, Evidence, Incident, RuledOut, State
from bot.core.inquiry import sunk_by
from bot.core.placement import Recognised
from bot.core.signals import Signal
from bot.core.telling import Audience, incident_card
from bot.core.timing import Timing
from tests.core.stories import ENTRIES, OWNERS, START, event

SEEN = Quote(label="Kubernetes, object exists", text="ServiceAccount shop/web is there")
OUT = RuledOut(entry="serviceaccount-missing", quote=SEEN)
NEXT = Candidate(entry="pod-security-violation", confidence=0.4)
TOLD = Evidence(
    question="live", ask="kubernetes.object_exists", answer="yes", weight="refute", quote=SEEN, asked_at=START
)


def recognise(_: Signal) -> Recognised:
    return Recognised(verdict="known", entry="serviceaccount-missing", confidence=0.9, candidates=(NEXT,))


def opened() -> tuple[Board, Incident]:
    board = Board(entries=ENTRIES, recognise=recognise, timing=Timing(), unmanaged=False)
    board.observe_event(event("serviceaccount or security"), OWNERS, now=START)
    (incident,) = board.ledger.live()
    return board, incident


def replaced() -> tuple[Board, Incident, tuple[Effect, ...]]:
    board, incident = opened()
    board.ledger.put_incident(replace(incident, state=State.OPEN, posted=True), now=START)
    board.take(now=START)
    board.replace_root(
        board.ledger.incidents[incident.id],
        NEXT,
        ruled_out=OUT,
        evidence=(),
        verdict=Verdict.LIKELY,
        now=START,
    )
    return board, board.ledger.incidents[incident.id], board.take(now=START).effects


def test_the_next_best_entry_takes_its_place_and_the_thread_says_so() -> None:
    _, incident, effects = replaced()
    assert (incident.entry, incident.key.entry) == ("pod-security-violation", "pod-security-violation")
    assert [key.entry for key in incident.aliases] == ["serviceaccount-missing"]
    assert [effect.note for effect in effects if effect.note] == ["instead"]


def test_the_same_failure_again_joins_it_instead_of_opening_a_second_thread() -> None:
    board, incident, _ = replaced()
    board.observe_event(event("serviceaccount or security once more", uid="again"), OWNERS, now=START)
    assert [item.id for item in board.ledger.live()] == [incident.id]
    assert len(board.ledger.incidents[incident.id].signals) == 2


def card_text(board: Board, incident: Incident) -> str:
    audience = Audience(may=lambda _wanted, _state: True, argocd_urls={})
    card = incident_card(incident, entries=ENTRIES, ledger=board.ledger, audience=audience)
    return str(card)


def test_the_card_names_what_was_ruled_out() -> None:
    board, incident, _ = replaced()
    assert "ServiceAccount shop/web is there" in card_text(board, incident)


def test_without_another_entry_no_cause_is_claimed() -> None:
    board, incident = opened()
    sunk = replace(incident, evidence=(TOLD,), verdict=Verdict.RULED_OUT)
    text = card_text(board, sunk)
    assert "It looked like" in text
    assert "buttons=()" in text
    assert "fixes=()" in text


def test_what_refutes_is_quoted_before_what_does_not_confirm() -> None:
    no = replace(TOLD, weight="confirm", answer="no", quote=Quote(label="x", text="not confirmed"))
    assert sunk_by([no, TOLD]) == SEEN
    assert sunk_by([no]).text == "not confirmed"
