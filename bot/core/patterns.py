"""Reads RE2 patterns: which literals they need, how many literal characters, and a form that forgives lost quotes.

A small parser of its own, since Python's `re` doesn't read all of RE2's syntax. It never decides whether a text
matches; it only says what a text must contain for the pattern to have a chance.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import re2

PREFILTER_LENGTH = 4
"""Shorter literals are in every text and filter nothing."""

COMMON_WORDS = frozenset(
    {"api/v1/", "application", "available", "connect", "connection", "container", "error", "failed", "failed to"}
    | {"http", "https://", "image", "message", "namespace", "not found", "open", "request", "resource", "status"}
)
"""Words of healthy logs: a rule is found by them only where it asks for nothing rarer."""

CLAUSES, CLAUSE_WIDTH, CLAUSE_LENGTH = 4, 8, 3
"""How many sets of literals are looked for before a pattern is run, how wide, and how long a literal is worth it."""

PROGRAM_LIMIT = 2_500
"""RE2 instructions an entry's pattern may compile to: keeps a search of 64 KiB far below 10 ms."""

QUOTES = "\"'`"
_ANY_QUOTE = "[\"'`]?"
_ZERO_WIDTH = frozenset("bBAz")
_QUANTIFIERS = frozenset("*+?{")
_PLAIN = re.compile(r"[^\\\[\](){}.^$|*+?]+(?![*+?{])")
"""A run of ordinary characters without the one that a quantifier takes."""

_CLASS_ESCAPES = frozenset("dDwWsSCpP")
_CONTROL_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}

_options = re2.Options()
_options.log_errors = False


@dataclass(frozen=True, slots=True)
class Literal:
    """Characters, lower-cased."""

    chars: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something of one or more characters that isn't a literal: a class, a dot."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """A zero-width assertion."""


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives, each a sequence, at least `least` and at most `most` times (None: without limit)."""

    alternatives: tuple[tuple["Node", ...], ...]
    least: int = 1
    most: int | None = 1


Node = Literal | Unknown | Nothing | Group


class BadPattern(ValueError):
    """RE2 refuses the pattern; the text is RE2's own reason with a hint where its syntax differs from Python's."""


_HINTS = (
    ("(?=", "RE2 has no look-ahead: use a rule under none:"),
    ("(?!", "RE2 has no look-ahead: use a rule under none:"),
    ("(?<=", "RE2 has no look-behind"),
    ("(?<!", "RE2 has no look-behind"),
    ("(?>", "RE2 has no atomic groups, and needs none"),
    ("\\Z", r"RE2's end of text is \z"),
)


@lru_cache(maxsize=20_000)
def compile_pattern(pattern: str) -> "re2._Regexp[str]":
    """The pattern as the matcher runs it: quotes are optional and of any sort, `^` and `$` are per line.

    Raises `BadPattern`.
    """
    return compile_exact(relax(pattern))


def compile_exact(pattern: str) -> "re2._Regexp[str]":
    """The pattern as written, with `^` and `$` per line. Raises `BadPattern`."""
    try:
        return re2.compile("(?m)" + pattern, _options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        hints = [hint for sign, hint in _HINTS if sign in pattern]
        raise BadPattern("; ".join([reason, *hints])) from error


def relax(pattern: str) -> str:
    """The pattern with each literal quote made optional and of any sort, since pasted text loses and changes them."""
    found: list[str] = []
    position, in_class = 0, False
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            following = pattern[position + 1]
            if following in QUOTES and not in_class:
                position += 2
                found.append(_relaxed_quote(pattern, position, following))
            else:
                found.append(char + following)
                position += 2
            continue
        position += 1
        if in_class:
            in_class = not (char == "]" and pattern[position - 2] not in "[^")
            found.append(char)
        elif char == "[":
            in_class = True
            found.append(char)
        elif char in QUOTES:
            found.append(_relaxed_quote(pattern, position, char))
        else:
            found.append(char)
    return "".join(found)


def _relaxed_quote(pattern: str, after: int, quote: str) -> str:
    if pattern[after : after + 1] in ("?", "*", "+", "{") and after < len(pattern):
        return quote
    return _ANY_QUOTE


def required_literals(pattern: str) -> frozenset[str]:
    """Lower-case literals of which every matching text contains at least one; empty: there is no such set."""
    found = _needed(_parse(pattern))
    if found is None or min(map(len, found)) < PREFILTER_LENGTH:
        return frozenset()
    return found


def required_clauses(pattern: str) -> tuple[tuple[str, ...], ...]:
    """All that a matching text must contain: of each set at least one. The longest first, the costly ones left out.

    Looking for them takes far less than a search, so that most rules that the prefilter names are never run.
    """
    found = {
        clause
        for clause in _clauses(_parse(pattern))
        if len(clause) <= CLAUSE_WIDTH and min(map(len, clause)) >= CLAUSE_LENGTH
    }
    longest_first = sorted(map(sorted, found), key=lambda clause: (-min(map(len, clause)), clause))
    return tuple(map(tuple, longest_first[:CLAUSES]))


def literal_length(pattern: str) -> int:
    """How many literal characters every matching text contains: how specific the pattern is."""
    return _length(_parse(pattern))


def _needed(nodes: tuple[Node, ...]) -> frozenset[str] | None:
    return max(_clauses(nodes), key=lambda literals: min(map(_worth, literals)), default=None)


def _worth(literal: str) -> int:
    """How well a literal filters: its length, and next to nothing for words that stand in every other log line."""
    return min(len(literal), PREFILTER_LENGTH) if literal.strip() in COMMON_WORDS else len(literal)


def _clauses(nodes: tuple[Node, ...]) -> Iterator[frozenset[str]]:
    """Sets of literals: of each, every matching text contains at least one."""
    run: list[str] = []
    for node in _flat(nodes):
        match node:
            case Literal(chars):
                run.append(chars)
                continue
            case Nothing():
                continue
            case _ if run:
                yield frozenset(["".join(run)])
                run = []
        if isinstance(node, Group) and node.least >= 1:
            inner = _any_of(node.alternatives)
            if inner:
                yield inner
    if run:
        yield frozenset(["".join(run)])


def _any_of(alternatives: tuple[tuple[Node, ...], ...]) -> frozenset[str] | None:
    parts = [_needed(alternative) for alternative in alternatives]
    found: set[str] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)


def _flat(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """The nodes with groups of one alternative, taken exactly once, opened."""
    for node in nodes:
        if isinstance(node, Group) and len(node.alternatives) == 1 and node.least == node.most == 1:
            yield from _flat(node.alternatives[0])
        else:
            yield node


def _length(nodes: tuple[Node, ...]) -> int:
    total = 0
    for node in nodes:
        if isinstance(node, Literal):
            total += len(node.chars)
        elif isinstance(node, Group) and node.least:
            total += node.least * min(_length(alternative) for alternative in node.alternatives)
    return total


@lru_cache(maxsize=20_000)
def _parse(pattern: str) -> tuple[Node, ...]:
    """The pattern as it runs, with its quotes relaxed."""
    parser = _Parser(relax(pattern))
    return (Group(parser.alternatives()),)


class _Parser:
    """Recursive descent over a pattern that RE2 has accepted; what it doesn't know counts as `Unknown`."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def alternatives(self) -> tuple[tuple[Node, ...], ...]:
        found: list[tuple[Node, ...]] = []
        nodes: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] != ")":
            if self._take("|"):
                found.append(tuple(nodes))
                nodes = []
                continue
            plain = _PLAIN.match(self._text, self._at)
            if plain is not None:
                nodes.append(Literal(plain[0].lower()))
                self._at = plain.end()
                continue
            nodes.extend(self._repeated(self._atom()))
        found.append(tuple(nodes))
        return tuple(found)

    def _take(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        return char

    def _atom(self) -> list[Node]:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return [self._character_class()]
        if char == "\\":
            return self._escape()
        if char == ".":
            return [Unknown()]
        if char in "^$":
            return [Nothing()]
        return [Literal(char.lower())]

    def _group(self) -> list[Node]:
        if self._take("?"):
            if self._take("P<") or self._take("<"):
                while self._next() not in (">", ""):
                    pass
            else:
                while (flag := self._next()) not in (":", ")", ""):
                    pass
                if flag == ")":
                    return [Nothing()]
        inner = self.alternatives()
        self._take(")")
        return [Group(inner)]

    def _character_class(self) -> Node:
        start = self._at
        self._take("^")
        self._take("]")
        while (char := self._next()) not in ("]", ""):
            if char == "\\":
                self._next()
            elif char == "[" and self._text[self._at : self._at + 1] == ":":
                self._at = max(self._text.find(":]", self._at) + 2, self._at)
        inside = self._text[start : self._at - 1]
        if len(inside) == 1 and inside != "^":
            return Literal(inside.lower())
        if len(inside) == 2 and inside[0] != inside[1] and inside[0].lower() == inside[1].lower():
            return Literal(inside[0].lower())
        if len(inside) == 2 and inside[0] == "\\" and not inside[1].isalnum():
            return Literal(inside[1])
        return Unknown()

    def _escape(self) -> list[Node]:
        char = self._next()
        if char in _ZERO_WIDTH:
            return [Nothing()]
        if char == "Q":
            end = self._text.find("\\E", self._at)
            quoted = self._text[self._at : end if end >= 0 else len(self._text)]
            self._at += len(quoted) + 2
            return [Literal(item.lower()) for item in quoted]  # one each: a quantifier takes the last
        if char in _CONTROL_ESCAPES:
            return [Literal(_CONTROL_ESCAPES[char])]
        if char in "pPx" or char.isdigit():
            if self._take("{"):
                while self._next() not in ("}", ""):
                    pass
            elif char in "pP":
                self._next()
            elif char == "x":
                self._at += 2
            return [Unknown()]
        if char in _CLASS_ESCAPES:
            return [Unknown()]
        return [Literal(char.lower())]

    def _repeated(self, nodes: list[Node]) -> list[Node]:
        """The atom's nodes with a quantifier applied to the last of them."""
        if self._text[self._at : self._at + 1] not in _QUANTIFIERS:
            return nodes
        if self._take("*"):
            limits: tuple[int, int | None] | None = (0, None)
        elif self._take("+"):
            limits = (1, None)
        elif self._take("?"):
            limits = (0, 1)
        else:
            limits = self._counted()
        if limits is None:
            return nodes
        self._take("?")
        return [*nodes[:-1], Group((tuple(nodes[-1:]),), *limits)]

    def _counted(self) -> tuple[int, int | None] | None:
        """`{n}`, `{n,}` or `{n,m}`; anything else in braces is literal text in RE2."""
        if self._text[self._at : self._at + 1] != "{":
            return None
        end = self._text.find("}", self._at)
        low, comma, high = self._text[self._at + 1 : max(end, 0)].partition(",")
        if end < 0 or not low.isdigit() or (high and not high.isdigit()):
            return None
        self._at = end + 1
        if not comma:
            return int(low), int(low)
        return int(low), int(high) if high else None
