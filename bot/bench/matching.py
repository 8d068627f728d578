"""How many messages a second the matcher takes, beside a plain loop of patterns, an RE2 set and Hyperscan."""

import random
import re
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import re2

from bot.bench.figures import Figure
from bot.core.entries import Entry, Rule
from bot.core.haystack import Text
from bot.core.matching import Matcher, compile_entries
from bot.core.patterns import relax
from bot.core.wrappers import unwrap
from bot.kb.loader import default_path, load_or_raise

SIZES = (100, 1_000, 10_000)
SHARES = (0.05, 1.0)
LENGTHS = (300, 4_096)
SECONDS = 0.6
"""How long each measurement takes."""

PLAIN_UP_TO = 1_000
"""Entries up to which the baselines are measured: a loop over 10,000 entries takes minutes and says no more."""

_LITERAL = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|\(\?P<\w+>|\(\?[a-zA-Z-]*[:)]|\{[\d,]*\}|(?P<word>[A-Za-z]{3,})")
_MISSES = (
    'level=info msg="Reconciliation completed" application=argocd/web-{n} dest-namespace=web time_ms={n}',
    "I1124 03:12:{n} 1 controller.go:615] quota admission added evaluator for: replicasets.apps",
    "GET /api/v1/users/{n}?page=2 200 {n}ms user-agent=curl/8.5.0 request-id=7f{n}",
    "Successfully assigned shop/web-{n} to ip-10-0-{n}.eu-west-1.compute.internal",
    "connection pool stats: open={n} in_use=3 idle=7 wait_count=0 max_idle_closed={n}",
    "2026-11-24T03:12:{n}Z INFO worker finished job {n} in 0.{n}s, queue depth 12, next run at 03:15",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Messages, with the share of them that an entry explains."""

    share: float
    length: int
    texts: Sequence[Text]

    def __str__(self) -> str:
        """For a line of figures."""
        return f"{self.share:.0%} hits, {self.length:,} characters"


def matching() -> list[Figure]:
    """Run the benchmark."""
    entries = [entry for entry in load_or_raise((default_path(),)).entries.values() if entry.status == "stable"]
    figures: list[Figure] = []
    for size in SIZES:
        grown = grow(entries, size)
        before, began = _resident(), time.process_time()
        matcher = compile_entries(grown)
        seconds, memory = time.process_time() - began, _resident() - before
        patterns = [rule.message for entry in grown for rule in entry.match.any_of if rule.message is not None]
        baselines = dict(_baselines(patterns)) if size <= PLAIN_UP_TO else {}
        what = f"{size:,} entries ({len(patterns):,} patterns)"
        plain = baselines.get("a plain loop of re")
        figures += [
            Figure(
                what=f"building {what}",
                value=seconds,
                unit="s",
                baseline=plain.seconds if plain else 0.0,
                beside="a plain loop of re" if plain else "nothing",
            ),
            Figure(
                what=f"memory of {what}",
                value=memory,
                unit="MB",
                baseline=plain.memory if plain else 0.0,
                beside="a plain loop of re" if plain else "nothing",
            ),
        ]
        for share in SHARES:
            for length in LENGTHS:
                work = workload(entries, share=share, length=length)
                figures += _measured(what, matcher, work, baselines)
    return figures


def grow(entries: Sequence[Entry], size: int) -> list[Entry]:
    """As many entries as wanted: the real ones first, then copies whose patterns ask for other words."""
    grown: list[Entry] = []
    for number in range(size):
        entry, copy = entries[number % len(entries)], number // len(entries)
        grown.append(_renamed(entry, copy) if copy else entry)
    return grown


def workload(entries: Sequence[Entry], *, share: float, length: int, count: int = 2_000) -> Workload:
    """Messages of about this length; the entries' own examples are the hits."""
    chance = random.Random(f"{share} {length}")  # noqa: S311  the same messages in each run
    examples = [item.signal for entry in entries for item in entry.examples.match if item.signal.message]
    texts = []
    for number in range(count):
        filler = chance.choice(_MISSES).format(n=chance.randrange(10, 99))
        if chance.random() < share:
            signal = chance.choice(examples)
            message, source, reason = signal.message, signal.source, signal.reason
        else:
            message, source, reason = filler, "k8s-event", "Odd"
        while len(message) < length:
            message += f"; {chance.choice(_MISSES).format(n=number)}"
        texts.append(Text(message=message[: max(length, 1)], source=source, reason=reason))
    return Workload(share=share, length=length, texts=texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Another way to find which patterns fit: how to ask it, and what it cost to build."""

    search: Callable[[str], object]
    seconds: float
    memory: float


def _baselines(patterns: Sequence[str]) -> Iterator[tuple[str, Baseline]]:
    relaxed = [relax(pattern) for pattern in patterns]
    for name, build in (("a plain loop of re", _loop), ("an RE2 set", _re2_set), ("Hyperscan", _hyperscan)):
        if name == "Hyperscan" and find_spec("hyperscan") is None:
            continue
        before, began = _resident(), time.process_time()
        search = build(relaxed)
        yield name, Baseline(search=search, seconds=time.process_time() - began, memory=_resident() - before)


def _loop(patterns: Sequence[str]) -> Callable[[str], object]:
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(re.compile(pattern, re.MULTILINE))
        except re.error:
            continue  # RE2 knows a little syntax that re doesn't
    return lambda text: [number for number, pattern in enumerate(compiled) if pattern.search(text)]


def _re2_set(patterns: Sequence[str]) -> Callable[[str], object]:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 30
    found = re2.Set.SearchSet(options)
    for pattern in patterns:
        found.Add("(?m)" + pattern)
    found.Compile()
    match: Callable[[str], object] = found.Match
    return match


def _hyperscan(patterns: Sequence[str]) -> Callable[[str], object]:
    hyperscan: Any = import_module("hyperscan")
    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_PREFILTER
    database: Any = hyperscan.Database()
    encoded = [re.sub(r"\(\?P<\w+>", "(", pattern).encode() for pattern in patterns]
    database.compile(expressions=encoded, ids=list(range(len(encoded))), flags=[flags] * len(encoded))

    def search(text: str) -> object:
        found: list[int] = []
        database.scan(text.encode(), match_event_handler=lambda number, *_: found.append(number))
        return found

    return search


def _measured(what: str, matcher: Matcher, work: Workload, baselines: dict[str, Baseline]) -> Iterator[Figure]:
    def ours(text: Text) -> object:
        return matcher.match(Text(message=unwrap(text.message), source=text.source, reason=text.reason))

    times = _times(ours, work.texts)
    rate, half, most = len(times) / sum(times), _quantile(times, 0.5), _quantile(times, 0.99)
    rates = {name: _rate(_times(partial(_asked, item.search), work.texts)) for name, item in baselines.items()}
    first = f"{what}, {work}"
    if not rates:
        yield Figure(what=f"{first}: messages", value=rate, unit="/s", baseline=0.0, beside="nothing")
    for name, other in rates.items():
        yield Figure(what=f"{first}: messages", value=rate, unit="/s", baseline=other, beside=name)
    yield Figure(
        what=f"{first}: one in 100 takes", value=most * 1e6, unit="µs", baseline=half * 1e6, beside="half of them"
    )


def _times(work: Callable[[Text], object], texts: Sequence[Text]) -> list[float]:
    """Seconds for each message, over and over for `SECONDS`; one round first, so that all is compiled."""
    clock = time.thread_time  # of one core, whatever else the machine does
    stop = clock() + SECONDS
    for text in texts:
        work(text)
        if clock() > stop:
            break
    times: list[float] = []
    stop = clock() + SECONDS
    while True:
        for text in texts:
            began = clock()
            work(text)
            ended = clock()
            times.append(ended - began)
            if ended > stop:
                return times


def _asked(search: Callable[[str], object], text: Text) -> object:
    return search(text.message)


def _rate(times: Sequence[float]) -> float:
    return len(times) / sum(times)


def _quantile(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _resident() -> float:
    """Most memory used so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _renamed(entry: Entry, copy: int) -> Entry:
    code = "".join(chr(ord("a") + copy // 26**place % 26) for place in range(3))

    def other(found: re.Match[str]) -> str:
        word = found["word"]
        return word[:2] + code + word[2:] if word else found[0]

    def rule(given: Rule) -> Rule:
        return given.model_copy(update={"message": _LITERAL.sub(other, given.message) if given.message else None})

    match = entry.match
    rules: dict[str, Any] = {name: tuple(map(rule, getattr(match, name))) for name in ("any_of", "all_of", "none_of")}
    id_ = f"{entry.id[:56]}-{copy}"
    return entry.model_copy(update={"id": id_, "match": match.model_copy(update=rules), "yields_to": ()})
