"""Finds entries by words (BM25): for `kb search`, and for what is similar to an unknown message but not proven."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.kb.documents import Document

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
"""BM25's usual k1 and b."""

TITLE_COUNTS = 3
"""How often the id's and the title's words count, beside those of the text."""

SIMILAR_WORDS = 2
RARE_SHARE = 0.1
"""Similar is what shares at least two words that stand in at most a tenth of the entries (or in one)."""

_WORD = re.compile(r"[A-Za-z][A-Za-z]{2,}|\d{3}\b")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLACEHOLDER = re.compile(r"\{\{[\w.]+\}\}")
_COMMON = frozenset(
    {"and", "are", "been", "but", "can", "cannot", "could", "error", "failed", "for", "from", "had", "has", "have"}
    | {"into", "its", "message", "not", "reason", "that", "the", "this", "was", "when", "while", "will", "with"}
)
"""Words of every error and every sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entry that shares words with the query; `words` are those, the rarest first."""

    document: Document
    score: float
    words: tuple[str, ...]


class Index:
    """The words of a knowledge base."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._counts = [(document, Counter(_words_of(document))) for document in documents]
        self._lengths = [counts.total() for _, counts in self._counts]
        self._mean = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        self._spread = Counter(word for _, counts in self._counts for word in counts)

    def search(self, query: str, limit: int = 10) -> list[Found]:
        """The best entries for these words, best first."""
        wanted = sorted(set(words(query)), key=lambda word: (self._spread[word], word))
        found = []
        for (document, counts), length in zip(self._counts, self._lengths, strict=True):
            shared = tuple(word for word in wanted if counts[word])
            if shared:
                score = sum(self._weight(word, counts[word], length) for word in shared)
                found.append(Found(document=document, score=round(score, 3), words=shared))
        found.sort(key=lambda item: (-item.score, item.document.entry.id))
        return found[:limit]

    def similar(self, message: str, limit: int = 3) -> list[Found]:
        """Entries that read like a message nothing matches: a hint for a person, never a diagnosis."""
        often = max(1.0, RARE_SHARE * len(self._counts))
        return [
            item
            for item in self.search(message, limit)
            if sum(self._spread[word] <= often for word in item.words) >= SIMILAR_WORDS
        ]

    def _weight(self, word: str, count: int, length: int) -> float:
        rarity = math.log(1 + (len(self._counts) - self._spread[word] + 0.5) / (self._spread[word] + 0.5))
        damped = count + SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / self._mean)
        return rarity * count * (SATURATION + 1) / damped


def words(text: str) -> Iterator[str]:
    """The words that carry meaning, in lower case; CamelCase counts whole and in parts."""
    for word in _WORD.findall(_PLACEHOLDER.sub(" ", text)):
        parts = _CAMEL.split(word)
        for part in {word, *parts} if len(parts) > 1 else (word,):
            lowered = part.lower()
            if len(lowered) > 2 and lowered not in _COMMON:
                yield lowered.removesuffix("s") if len(lowered) > 4 else lowered


def _words_of(document: Document) -> Iterator[str]:
    entry = document.entry
    for _ in range(TITLE_COUNTS):
        yield from words(f"{entry.id.replace('-', ' ')} {entry.title}")
    yield from words(entry.diagnosis)
    for example in entry.examples.match:
        yield from words(f"{example.signal.reason} {example.signal.message}")
    yield from words(document.body)
