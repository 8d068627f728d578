"""Matches a message against every entry at once and ranks what fits (the rules of entry-format.md).

A literal prefilter (Aho-Corasick over lower-cased text) names the few rules that have a chance; RE2 verifies them.
Both are linear in the text, so no message and no pattern can hold the event loop.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import ahocorasick_rs
import re2

from bot.core.entries import Entry, Noise, NoiseRule, Rule
from bot.core.haystack import MACHINE, Text, fields_of, tries
from bot.core.patterns import compile_pattern, literal_length, required_clauses, required_literals
from bot.core.signals import Signal
from bot.core.text import cut, fill

CAPTURE_LIMIT = 300
SPECIFIC_LENGTH = 20
"""Literal characters from which on a rule counts as specific, for the confidence that is reported."""

_SPACE = " \t\n\\│"
_CLOSING = ".,;"
_QUOTES = "\"'`"
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
Verdict = Literal["known", "unknown", "noise"]
Rank = tuple[bool, bool, int, int, int]
Literals = Mapping[str, Collection[str]]
Texts = Sequence[tuple[bytes, str]]
"""What is searched, and the same in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One entry that fits: which of its rules (`any[0]`), why in words, and what the message told.

    `rank` is what the order was decided by, lower first; where it is equal, only the id decided.
    """

    entry: Entry
    confidence: float
    captures: Mapping[str, str]
    rule: str
    why: str
    rank: Rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All entries that fit, best first. `noise` is the id of the noise rule where nothing else fits."""

    verdict: Verdict
    matches: tuple[Match, ...] = ()
    noise: str = ""

    @property
    def best(self) -> Match | None:
        """The winner."""
        return self.matches[0] if self.matches else None


_UNKNOWN = Result(verdict="unknown")


@dataclass(frozen=True)
class _Rule:
    """A rule made ready. `owner` counts the entries, then the noise rules."""

    owner: int
    label: str
    message: str | None
    sources: frozenset[str] | None
    reasons: frozenset[str] | None
    kinds: frozenset[str] | None

    @cached_property
    def pattern(self) -> "re2._Regexp[str] | None":
        return compile_pattern(self.message) if self.message is not None else None

    @cached_property
    def clauses(self) -> tuple[tuple[str, ...], ...]:
        return required_clauses(self.message) if self.message is not None else ()

    @cached_property
    def groups(self) -> tuple[tuple[str, int], ...]:
        return tuple(self.pattern.groupindex.items()) if self.pattern is not None else ()

    @cached_property
    def length(self) -> int:
        return literal_length(self.message) if self.message is not None else 0

    def counted(self, fields: Mapping[str, str], *, machine: bool) -> tuple[int, bool] | None:
        """How many filters fit, and whether the reason counted; None where one that counts excludes the signal."""
        fits, reason_counted = 0, False
        for wanted, value, is_reason in (
            (self.sources, fields["source"], False),
            (self.reasons, fields["reason"], True),
            (self.kinds, fields["kind"], False),
        ):
            if wanted is None:
                continue
            if value in wanted:
                fits += 1
                reason_counted = reason_counted or (is_reason and machine)
            elif machine and value:
                return None
        if self.message is None and not reason_counted:
            return None
        return fits, reason_counted


@dataclass(frozen=True, slots=True)
class _Hit:
    rule: _Rule
    fits: int
    reason_counted: bool
    start: int
    quote: str
    groups: Mapping[str, str]

    @property
    def rank(self) -> tuple[int, int, int]:
        return self.fits, self.rule.length, self.start


@dataclass(frozen=True, slots=True)
class _Owner:
    """An entry or a noise rule with the rules that must hold, or must not, beside the one that matched."""

    entry: Entry | None
    noise: str
    needs: tuple[_Rule, ...]
    never: tuple[_Rule, ...]


class Matcher:
    """Entries and noise rules made ready to match. Build it with `compile_entries`; it never changes."""

    def __init__(self, owners: Sequence[_Owner], rules: Sequence[_Rule], literals: Literals) -> None:
        self._owners = owners
        self._rules = rules
        self._by_reason: dict[str, list[int]] = {}
        self._always: list[int] = []
        by_literal: dict[str, list[int]] = {}
        for index, rule in enumerate(rules):
            if rule.message is None:
                for reason in rule.reasons or ():
                    self._by_reason.setdefault(reason, []).append(index)
            elif needed := literals[rule.message]:
                for literal in needed:
                    by_literal.setdefault(literal, []).append(index)
            else:
                self._always.append(index)
        self._by_literal = tuple(tuple(indexes) for indexes in by_literal.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(by_literal))

    def match(self, signal: Signal | Text) -> Result:
        """Every entry that fits, ranked. The innermost cause decides; the original is asked where it names nothing."""
        fields = fields_of(signal)
        hits = self._hits(signal, fields)
        if not hits:
            return _UNKNOWN
        return self._result({owner: (hit, fields) for owner, hit in hits.items()})

    def match_all(self, signals: Iterable[Signal | Text]) -> Result:
        """Every entry that fits any of these, by its best match: for a text that says several things at once.

        Noise only where each of them is.
        """
        best: dict[int, tuple[_Hit, Mapping[str, str]]] = {}
        silent = True
        for signal in signals:
            fields = fields_of(signal)
            hits = self._hits(signal, fields)
            silent = silent and bool(hits)
            for owner, hit in hits.items():
                if owner not in best or best[owner][0].rank < hit.rank:
                    best[owner] = hit, fields
        result = self._result(best)
        return result if silent or result.verdict != "noise" else Result(verdict="unknown")

    def _hits(self, signal: Signal | Text, fields: Mapping[str, str]) -> dict[int, _Hit]:
        machine = fields["source"] in MACHINE
        hits: dict[int, _Hit] = {}
        telling: dict[int, _Hit] = {}
        for texts in tries(signal.message, signal.original):
            self._search(texts, fields, hits, telling, machine=machine)
            if hits and any((entry := self._owners[owner].entry) is not None and not entry.generic for owner in hits):
                break
        for owner, hit in hits.items():
            if not hit.groups and owner in telling:
                hits[owner] = replace(hit, groups=telling[owner].groups)
        return hits

    def _search(
        self,
        texts: Sequence[str],
        fields: Mapping[str, str],
        hits: dict[int, _Hit],
        telling: dict[int, _Hit],
        *,
        machine: bool,
    ) -> None:
        """Adds each owner's best rule that fits to `hits`, and its best one that captures something to `telling`.

        A winning rule that captures nothing takes what the other has: the message did say it.
        """
        lowered = [text.lower() for text in texts]
        candidates = {*self._always, *self._by_reason.get(fields["reason"], ())}
        by_literal = self._by_literal
        for low in lowered:
            for index in {index for index, _, _ in self._automaton.find_matches_as_indexes(low, overlapping=True)}:
                candidates.update(by_literal[index])
        rules = self._rules
        candidates = {index for index in candidates if _has_a_chance(rules[index].clauses, lowered)}
        if not candidates:
            return
        encoded = [(text.encode(), low) for text, low in zip(texts, lowered, strict=True)]
        refused: dict[int, bool] = {}
        for index in candidates:
            rule = self._rules[index]
            hit = _try(rule, encoded, fields, machine=machine)
            if hit is None:
                continue
            if hit.groups and (rule.owner not in telling or telling[rule.owner].rank < hit.rank):
                telling[rule.owner] = hit
            if rule.owner in hits and hits[rule.owner].rank >= hit.rank:
                continue
            if rule.owner not in refused:
                refused[rule.owner] = not _permits(self._owners[rule.owner], encoded, fields, machine=machine)
            if not refused[rule.owner]:
                hits[rule.owner] = hit

    def _result(self, hits: Mapping[int, tuple[_Hit, Mapping[str, str]]]) -> Result:
        found = [
            _match(entry, hit, fields)
            for owner, (hit, fields) in hits.items()
            if (entry := self._owners[owner].entry) is not None
        ]
        if not found:
            noise = min((self._owners[owner].noise for owner in hits), default="")
            return Result(verdict="noise" if noise else "unknown", noise=noise)
        found.sort(key=lambda match: (match.rank, match.entry.id))
        return Result(verdict="known", matches=tuple(_yielding(found)))


def compile_entries(
    entries: Iterable[Entry], noise: Noise | Iterable[NoiseRule] = (), *, literals: Literals | None = None
) -> Matcher:
    """A matcher over these entries (retired ones aside) and noise rules. Raises `BadPattern`.

    `literals` are those that `literals_of` gave for the same patterns: with them nothing is read or compiled before
    it is needed, and a bad pattern shows late.
    """
    owners: list[_Owner] = []
    rules: list[_Rule] = []
    for entry in entries:
        if entry.status == "retired":
            continue
        number = len(owners)
        any_of, all_of = entry.match.any_of, entry.match.all_of
        label = "any" if any_of else "all"
        rules.extend(_ready(rule, number, f"{label}[{place}]") for place, rule in enumerate(any_of or all_of[:1]))
        owners.append(
            _Owner(
                entry=entry,
                noise="",
                needs=tuple(_ready(rule, number, "all") for rule in all_of),
                never=tuple(_ready(rule, number, "none") for rule in entry.match.none_of),
            )
        )
    for rule in noise.noise if isinstance(noise, Noise) else noise:
        number = len(owners)
        rules.append(_ready(rule, number, rule.id))
        never = tuple(_ready(item, number, "none") for item in rule.none_of)
        owners.append(_Owner(entry=None, noise=rule.id, needs=(), never=never))
    if literals is None:
        for ready in (*rules, *(item for owner in owners for item in (*owner.needs, *owner.never))):
            _ = ready.pattern
        literals = literals_of(ready.message for ready in rules)
    return Matcher(owners, rules, literals)


def literals_of(patterns: Iterable[str | None]) -> Literals:
    """What the prefilter looks for, by pattern: of these literals a matching text has at least one."""
    return {pattern: required_literals(pattern) for pattern in patterns if pattern is not None}


def _ready(rule: Rule, owner: int, label: str) -> _Rule:
    return _Rule(
        owner=owner,
        label=label,
        message=rule.message,
        sources=_names(rule.source),
        reasons=_names(rule.reason),
        kinds=_names(rule.kind),
    )


def _names(value: str | tuple[str, ...] | None) -> frozenset[str] | None:
    if value is None:
        return None
    return frozenset([value]) if isinstance(value, str) else frozenset(value)


def _try(rule: _Rule, texts: Texts, fields: Mapping[str, str], *, machine: bool) -> _Hit | None:
    counted = rule.counted(fields, machine=machine)
    if counted is None:
        return None
    pattern = rule.pattern
    if pattern is None:
        return _Hit(rule, counted[0], counted[1], 0, "", {})
    best: _Hit | None = None
    for text, lowered in texts:
        if len(texts) > 1 and not _has_a_chance(rule.clauses, (lowered,)):
            continue
        match = pattern.search(text)
        if match is not None and (best is None or match.start() > best.start):
            groups = {
                name: value
                for name, number in rule.groups
                if (raw := match.group(number))
                and (value := cut(tidied(raw.decode("utf-8", "replace")), CAPTURE_LIMIT))
            }
            quote = cut(match.group(0).decode("utf-8", "replace"), 80)
            best = _Hit(rule, counted[0], counted[1], match.start(), quote, groups)
    return best


def tidied(value: str) -> str:
    """A captured value without what belongs to the sentence around it.

    Outer spaces and closing punctuation go, a quote around the whole and half a pair of quotes or brackets too;
    quotes and brackets that are whole within the value stay.
    """
    left = value
    while True:
        value = left
        left = value.strip(_SPACE)
        left = left if left.endswith("..") else left.rstrip(_SPACE + _CLOSING)
        for quote in _QUOTES:
            count = _APOSTROPHE.sub("", left).count(quote)
            around = left[:1] == quote == left[-1:] and len(left) > 1
            if around and count == 2:
                left = left[1:-1]
            elif count % 2 and left.endswith(quote):
                left = left[:-1]
            elif count % 2 and left.startswith(quote):
                left = left[1:]
        for opening, closing in _BRACKETS:
            if left.endswith(closing) and left.count(closing) > left.count(opening):
                left = left[:-1]
        if left == value:
            return value


def _has_a_chance(clauses: tuple[tuple[str, ...], ...], lowered: Sequence[str]) -> bool:
    """Whether one of these texts holds a literal of each clause. Loops: generators would cost more than this spares."""
    for text in lowered:
        for clause in clauses:
            for literal in clause:
                if literal in text:
                    break
            else:
                break
        else:
            return True
    return False


def _permits(owner: _Owner, texts: Texts, fields: Mapping[str, str], *, machine: bool) -> bool:
    """Whether the rules under all: hold too and none under none: does."""
    if any(_try(rule, texts, fields, machine=machine) is not None for rule in owner.never):
        return False
    return all(_try(rule, texts, fields, machine=machine) is not None for rule in owner.needs)


def _rank(entry: Entry, hit: _Hit) -> Rank:
    fits, length, start = hit.rank
    return entry.status == "draft", entry.generic, -fits, -length, -start


def _yielding(found: Sequence[Match]) -> list[Match]:
    """The ranked matches with each entry moved behind those it yields to."""
    if len(found) == 1:
        return list(found)
    present = {match.entry.id for match in found}
    ordered: list[Match] = []
    waiting = list(found)
    while waiting:
        placed = {match.entry.id for match in ordered}
        ready = next(
            (
                item
                for item in waiting
                if all(other in placed or other not in present for other in item.entry.yields_to)
            ),
            waiting[0],
        )
        ordered.append(ready)
        waiting.remove(ready)
    return ordered


def _match(entry: Entry, hit: _Hit, fields: Mapping[str, str]) -> Match:
    if entry.generic:
        confidence = 0.55
    elif hit.rule.length < SPECIFIC_LENGTH:
        confidence = 0.7
    else:
        confidence = 0.95 if hit.reason_counted else 0.9
    filters = [
        f"{name} {fields[name]}"
        for name, wanted in (("source", hit.rule.sources), ("reason", hit.rule.reasons), ("kind", hit.rule.kinds))
        if wanted is not None and fields[name] in wanted
    ]
    why = ", ".join([*filters, *([f"the words “{hit.quote}”"] if hit.quote else [])])
    return Match(
        entry=entry,
        confidence=confidence,
        captures=_captures(entry, hit.groups, fields),
        rule=hit.rule.label,
        why=why,
        rank=_rank(entry, hit),
    )


def _captures(entry: Entry, groups: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """The groups of the match, and the entry's fallbacks for those that are missing."""
    found = dict(groups)
    for name, fallback in entry.captures.items():
        if name in found:
            continue
        if fallback.startswith("signal."):
            value = fields.get(fallback.removeprefix("signal."), "")
        else:
            known = found | {f"signal.{field}": value for field, value in fields.items() if value}
            value = fill(fallback, known)
            if "{{" in value:
                value = ""
        if value:
            found[name] = value
    return found
