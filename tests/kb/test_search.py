"""Finding entries by words, and what counts as similar."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kb.loader import load
from bot.kb.search import Index, words
from tests.kb.bases import front, other, write


@pytest.fixture
def index(tmp_path: Path) -> Index:
    filler = [other(f"filler-{name}", f"filler message {name}", f"filler message {name}") for name in "abcdef"]
    entries = [front(), other("quota-exceeded", "exceeded quota: compute", "exceeded quota: compute"), *filler]
    return Index(load([write(tmp_path, *entries)]).documents.values())


def test_the_entry_with_the_rare_words_comes_first(index: Index) -> None:
    found = index.search("Vault can't unseal: sealed")
    assert found[0].document.entry.id == "vault-sealed"
    assert {"vault", "sealed"} <= set(found[0].words)
    assert index.search("words that nothing has: zebra") == []


def test_similar_needs_more_than_one_word_in_common(index: Index) -> None:
    assert [item.document.entry.id for item in index.similar("Vault answered: server is sealed")] == ["vault-sealed"]
    assert index.similar("Vault") == []
    assert index.similar("the error failed with a message") == []


def test_words_of_camel_case_count_whole_and_in_parts() -> None:
    assert sorted(words("FailedCreate of {{secret}} pods")) == ["create", "failedcreate", "pods"]


def test_an_empty_base_finds_nothing() -> None:
    assert Index([]).search("anything") == []


@given(st.text(max_size=80))
def test_any_query_is_answered(query: str) -> None:
    assert Index([]).similar(query) == []
    assert all(word == word.lower() and len(word) > 2 for word in words(query))
