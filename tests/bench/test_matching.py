"""The benchmark's entries are different ones, and its messages are what they say."""

import re

import pytest

from bot.bench.matching import grow, workload
from bot.core.entries import Entry
from bot.core.matching import compile_entries
from bot.kb.loader import load


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return [entry for entry in load().entries.values() if entry.status == "stable"]


def test_copies_ask_for_other_words(entries: list[Entry]) -> None:
    grown = grow(entries, 3 * len(entries))
    assert len({entry.id for entry in grown}) == len(grown)
    asked = [{rule.message for rule in entry.match.any_of if rule.message} for entry in grown]
    same = [one for one, other in zip(asked, asked[len(entries) :], strict=False) if one & other]
    assert len(same) <= len(entries) / 10, same
    compile_entries(grown)


@pytest.mark.parametrize(("share", "length"), [(0.05, 300), (1.0, 300), (0.05, 4096)])
def test_messages_are_of_the_length_and_share_that_is_said(entries: list[Entry], share: float, length: int) -> None:
    work = workload(entries, share=share, length=length, count=400)
    matcher = compile_entries(entries)
    known = sum(matcher.match(text).verdict == "known" for text in work.texts) / len(work.texts)
    assert known == pytest.approx(share, abs=0.1)
    assert {len(text.message) for text in work.texts} == {length}
    assert re.fullmatch(r"\d+% hits, [\d,]+ characters", str(work))
