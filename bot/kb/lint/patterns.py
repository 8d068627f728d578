"""Patterns that are precise enough to claim a message, and cheap enough for any message."""

import re
from collections.abc import Iterator

from bot.core.entries import Rule
from bot.core.patterns import (
    PROGRAM_LIMIT,
    BadPattern,
    compile_pattern,
    literal_length,
    required_literals,
)
from bot.kb.documents import Document, NoiseDocument
from bot.kb.issues import Issue, IssueSeverity
from bot.kb.lint.hostile import MILLISECONDS_LIMIT, worst_milliseconds

LITERALS_NEEDED = 8

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")

Finding = tuple[str, str, IssueSeverity]
"""Message and how to mend it."""


def patterns(document: Document) -> Iterator[Issue]:
    """The patterns of an entry's rules. Those that RE2 refuses were told by the loader."""
    match = document.entry.match
    stable = document.entry.status == "stable"
    for place, rules in (("any", match.any_of), ("all", match.all_of), ("none", match.none_of)):
        for number, rule in enumerate(rules):
            branch = place == "any" or (place == "all" and not match.any_of)
            for message, fix, severity in _findings(rule, branch=branch, stable=stable):
                yield document.issue(
                    "pattern",
                    f"match.{place}[{number}] {message}",
                    *("match", place, number, "message"),
                    fix=fix,
                    severity=severity,
                )


def noise_patterns(document: NoiseDocument) -> Iterator[Issue]:
    """The patterns of a noise file: a greedy one silences failures."""
    for number, rule in enumerate(document.noise.noise):
        for message, fix, severity in _findings(rule, branch=True, stable=True):
            yield document.issue("pattern", f"{rule.id} {message}", number, "message", fix=fix, severity=severity)
        for at, none in enumerate(rule.none_of):
            for message, fix, severity in _findings(none, branch=False, stable=True):
                where = (number, "none", at, "message")
                yield document.issue("pattern", f"{rule.id}, none[{at}] {message}", *where, fix=fix, severity=severity)


def _findings(rule: Rule, *, branch: bool, stable: bool) -> Iterator[Finding]:
    if rule.message is None:
        return
    try:
        compiled = compile_pattern(rule.message)
    except BadPattern:
        return
    if compiled.search(b"") is not None:
        yield "matches the empty text, so it matches all", "Make at least one part of it obligatory.", "error"
        return
    size = compiled.programsize
    if size > PROGRAM_LIMIT:
        fix = "Shorten counted repetitions such as {0,500}, or split the alternatives over several rules."
        yield f"compiles to {size} instructions, more than {PROGRAM_LIMIT}", fix, "error"
    elif (milliseconds := worst_milliseconds(rule.message, compiled)) > MILLISECONDS_LIMIT:
        fix = "Replace counted repetitions of a wide class (such as [a-z]{200}) by * or +, or begin with fixed words."
        yield f"takes {milliseconds:.0f} ms on a hostile message, more than {MILLISECONDS_LIMIT:.0f}", fix, "error"
    length = literal_length(rule.message)
    if branch and length < LITERALS_NEEDED and rule.why is None:
        fix = "Spell out more of the message's fixed words, or state with why: why it is safe."
        yield (
            f"asks for only {length} fixed characters, fewer than {LITERALS_NEEDED}",
            fix,
            "error" if stable else "warning",
        )
    elif branch and not required_literals(rule.message):
        fix = "Spell out a word that every such message has: without one the rule is tried on each message."
        yield "has no fixed word of 4 characters", fix, "warning"
    for name in compiled.groupindex:
        if not _NAME.match(name):
            yield f"names a group {name!r}", "Use snake_case: letters, digits and _.", "error"
