"""How long a pattern can hold the event loop: measured on messages made to be bad for it.

RE2 is linear, but a counted repetition of a wide class makes each character cost hundreds of steps, and the size of
the compiled program alone doesn't tell: `a[ab]{200}` is small and takes 60 ms.
"""

import random
import re
import time
from collections.abc import Iterator

import re2

from bot.core.haystack import WINDOW

MILLISECONDS_LIMIT = 10.0
TRIES = 3
"""The best of these counts, so that a busy machine doesn't accuse a pattern."""

_ESCAPE = re.compile(r"\\[A-Za-z]|\(\?[^)]*?[>:]|[\[\](){}|?*+^$.\\]|\{[\d,]+\}")


def worst_milliseconds(pattern: str, compiled: "re2._Regexp[str]") -> float:
    """The longest search among hostile texts of the greatest length a search sees."""
    worst = 0.0
    for text in _texts(pattern):
        best = min(_milliseconds(compiled, text) for _ in range(1))
        if best > MILLISECONDS_LIMIT:
            best = min(best, *(_milliseconds(compiled, text) for _ in range(TRIES - 1)))
        worst = max(worst, best)
        if worst > MILLISECONDS_LIMIT:
            break
    return worst


def _milliseconds(compiled: "re2._Regexp[str]", text: bytes) -> float:
    start = time.thread_time()
    compiled.search(text)
    return (time.thread_time() - start) * 1000


def _texts(pattern: str) -> Iterator[bytes]:
    """Texts that keep many beginnings of a match alive: the pattern's own words, letters and classes, repeated."""
    chance = random.Random(pattern)  # noqa: S311  # the same texts in each run, nothing secret
    runs = [run for run in _ESCAPE.split(pattern) if run]
    letters = "".join(sorted(set("".join(runs)))) or "a"
    longest = max(runs, key=len, default="a")
    for unit in (longest, "".join(runs), " ".join(runs), letters[0], "a", "a ", "x/x:"):
        yield _filled(unit)
    for alphabet in (letters, "ab", "aA0 ", letters[:2], longest[:1] + "a"):
        yield "".join(chance.choices(alphabet, k=WINDOW)).encode()[:WINDOW]


def _filled(unit: str) -> bytes:
    data = unit.encode()
    return (data * (WINDOW // max(len(data), 1) + 1))[:WINDOW]
