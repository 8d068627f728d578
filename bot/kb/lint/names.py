"""Names in texts: each placeholder is known where it stands, each capture has a value on every way and a use."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from bot.core.entries import SIGNAL_FIELDS, Entry, Rule
from bot.core.patterns import BadPattern, compile_pattern
from bot.core.text import placeholders
from bot.kb.documents import Document
from bot.kb.issues import Issue

Where = tuple[str | int, ...]

FROM_SIGNAL = frozenset(SIGNAL_FIELDS) | {f"signal.{name}" for name in SIGNAL_FIELDS}
USED_BY_PLACEMENT = frozenset(SIGNAL_FIELDS) | {
    "account",
    "claim",
    "config_map",
    "configmap",
    "object",
    "other",
    "owner",
    "parent_app",
    "pvc",
    "repo",
    "secret",
    "service",
    "service_account",
    "serviceaccount",
}
"""Captures that name what an incident is about and what it shares with others, used without a placeholder."""


def placeholders_known(document: Document) -> Iterator[Issue]:
    """Every `{{x}}` is a capture, a signal field, or an export of a question above it."""
    entry = document.entry
    captured = _captured(entry)
    known = FROM_SIGNAL | captured
    for name, value in entry.captures.items():
        where: Where = ("captures", name)
        if value.startswith("signal.") and value not in FROM_SIGNAL:
            fix = f"The fields are {', '.join(SIGNAL_FIELDS)}."
            yield document.issue("placeholder", f"captures.{name}: a signal has no field {value}", *where, fix=fix)
        yield from _unknown(document, value, known - {name}, where)
    for number, question in enumerate(entry.evidence):
        for text, where in _argument_texts(question.arguments, ("evidence", number, "with")):
            yield from _unknown(document, text, known, where)
        known |= set(question.export)
    for text, where in _texts(entry):
        yield from _unknown(document, text, known, where)
    for offset, line in enumerate(document.body.split("\n")):
        for name in placeholders(line):
            if name not in known:
                message, fix = f"the text names {{{{{name}}}}}, which nothing gives", _suggested(name, known)
                at = document.body_line + offset
                yield Issue(
                    path=document.path, line=at, check="placeholder", message=message, fix=fix, severity="warning"
                )


def captured_everywhere(document: Document) -> Iterator[Issue]:
    """A capture that a text uses is captured by every branch, or has a fallback."""
    entry = document.entry
    groups = [groups_of(rule) for rule in entry.match.any_of]
    always = {name for rule in entry.match.all_of for name in groups_of(rule)} | set(entry.captures) | FROM_SIGNAL
    exported = {name for question in entry.evidence for name in question.export}
    used: dict[str, Where] = {}
    for text, where in (*_argument_texts_of_questions(entry), *_texts(entry)):
        for name in placeholders(text):
            used.setdefault(name, where)
    for name, where in used.items():
        lacking = [number for number, found in enumerate(groups) if name not in found]
        if lacking and len(lacking) < len(groups) and name not in always and name not in exported:
            message = (
                f"{{{{{name}}}}} is used in {'.'.join(map(str, where))} but match.any[{lacking[0]}] doesn't capture it"
            )
            fix = f"Capture it there, or give a fallback under captures: {name}: …"
            yield document.issue("capture", message, "match", "any", lacking[0], "message", fix=fix)


def captures_used(document: Document) -> Iterator[Issue]:
    """A group that nothing uses is a leftover."""
    entry = document.entry
    used = {name for text, _ in (*_argument_texts_of_questions(entry), *_texts(entry)) for name in placeholders(text)}
    used |= {name for text in entry.captures.values() for name in placeholders(text)}
    used |= set(placeholders(document.body)) | USED_BY_PLACEMENT
    for place, rules in (("any", entry.match.any_of), ("all", entry.match.all_of)):
        for number, rule in enumerate(rules):
            for name in sorted(groups_of(rule) - used):
                message = f"match.{place}[{number}] captures {name}, which nothing uses"
                fix = "Name it in the title or the diagnosis, or make the group (?:…)."
                where = ("match", place, number, "message")
                yield document.issue("capture", message, *where, fix=fix, severity="warning")


def _unknown(document: Document, text: str, known: Iterable[str], where: Where) -> Iterator[Issue]:
    names = set(known)
    for name in placeholders(text):
        if name not in names:
            message = f"{'.'.join(map(str, where))} names {{{{{name}}}}}, which nothing above gives"
            yield document.issue("placeholder", message, *where, fix=_suggested(name, names))


def _suggested(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {{{{{near[0]}}}}}?" if near else "Capture it, give it under captures:, or export it."


def _captured(entry: Entry) -> set[str]:
    rules = (*entry.match.any_of, *entry.match.all_of)
    return {name for rule in rules for name in groups_of(rule)} | set(entry.captures)


def groups_of(rule: Rule) -> set[str]:
    """The names a rule captures."""
    if rule.message is None:
        return set()
    try:
        return set(compile_pattern(rule.message).groupindex)
    except BadPattern:
        return set()


def _texts(entry: Entry) -> Iterator[tuple[str, Where]]:
    """The texts that are filled after all questions were asked."""
    for name, text in (("title", entry.title), ("subject", entry.subject), ("diagnosis", entry.diagnosis)):
        if text is not None:
            yield text, (name,)
    if entry.impact is not None:
        yield entry.impact, ("impact",)
    if entry.risk is not None:
        yield entry.risk.blast_radius, ("risk", "blast_radius")
    for number, fix in enumerate(entry.fixes):
        yield fix.text, ("fixes", number, "text")
        for place, command in enumerate(fix.commands):
            yield command, ("fixes", number, "commands", place)
    for number, action in enumerate(entry.actions):
        where = ("actions", number)
        yield action.label, (*where, "label")
        yield from _argument_texts(action.arguments, (*where, "with"))
        for place, check in enumerate(action.validation.all_of if action.validation else ()):
            yield from _argument_texts(check.arguments, (*where, "validate", "all", place, "with"))
        if not isinstance(action.undo, str):
            yield from _argument_texts(action.undo.arguments, (*where, "undo", "with"))
            for place, check in enumerate(action.undo.if_any):
                yield from _argument_texts(check.arguments, (*where, "undo", "if_any", place, "with"))


def _argument_texts_of_questions(entry: Entry) -> Iterator[tuple[str, Where]]:
    for number, question in enumerate(entry.evidence):
        yield from _argument_texts(question.arguments, ("evidence", number, "with"))


def _argument_texts(arguments: Mapping[str, str | tuple[str, ...]], where: Where) -> Iterator[tuple[str, Where]]:
    for name, value in arguments.items():
        for text in (value,) if isinstance(value, str) else value:
            yield text, (*where, name)
