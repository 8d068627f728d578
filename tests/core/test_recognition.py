"""The best entry decides; the others are kept, in their order, for when evidence rules it out."""

from bot.core.matching import compile_entries
from bot.core.recognition import recogniser
from bot.core.signals import Signal, Source, make_signal
from tests.core.stories import START, entry

ENTRIES = [
    entry("narrow", words="exceeded quota: compute-resources of the team"),
    entry("wide", words="exceeded quota"),
    entry("draft-of-it", words="exceeded quota: compute", status="draft"),
]


def signal(text: str) -> Signal:
    return make_signal(source=Source.CLI, text=text, first_seen=START)


def test_candidates_follow_the_best_and_leave_out_drafts() -> None:
    recognised = recogniser(compile_entries(ENTRIES))(signal("exceeded quota: compute-resources of the team"))
    assert recognised.entry == "narrow"
    assert [candidate.entry for candidate in recognised.candidates] == ["wide"]
