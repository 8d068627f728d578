"""Fixes and buttons: verbs of the catalogue, safe targets, a check afterwards and a way back."""

from collections.abc import Iterator

from bot.core.actions import CATALOGUE
from bot.core.entries import SIGNAL_FIELDS, Action, Arguments, Entry
from bot.core.evidence import ArgumentType
from bot.core.text import placeholders
from bot.kb.documents import Document
from bot.kb.issues import Issue
from bot.kb.lint.names import groups_of
from bot.kb.lint.questions import asked, conditions, fitting, nearest

Where = tuple[str | int, ...]

_TARGETS = (ArgumentType.APP, ArgumentType.OBJECT, ArgumentType.APPS, ArgumentType.OBJECTS)


def fixes(document: Document) -> Iterator[Issue]:
    """Fixes have ids of their own and depend on questions that are asked."""
    asked_ids = {question.id for question in document.entry.evidence}
    seen: set[str] = set()
    for number, fix in enumerate(document.entry.fixes):
        if fix.id in seen:
            yield document.issue("fix", f"the fix {fix.id} stands twice", "fixes", number, "id", fix="Rename one.")
        seen.add(fix.id)
        yield from conditions(document, fix.when, asked_ids, ("fixes", number, "when"))


def actions(document: Document) -> Iterator[Issue]:
    """Each button."""
    entry = document.entry
    asked_ids = {question.id for question in entry.evidence}
    seen: set[str] = set()
    for number, action in enumerate(entry.actions):
        where: Where = ("actions", number)
        if action.id in seen:
            yield document.issue("action", f"the action {action.id} stands twice", *where, "id", fix="Rename one.")
        seen.add(action.id)
        yield from conditions(document, action.when, asked_ids, (*where, "when"))
        yield from _verb(document, action.verb, action.arguments, where)
        yield from _risk(document, action, where)
        for place, check in enumerate(action.validation.all_of if action.validation else ()):
            at: Where = (*where, "validate", "all", place)
            yield from asked(document, "action", check.ask, check.arguments, check.expect, at)
        if not isinstance(action.undo, str):
            yield from _verb(document, action.undo.verb, action.undo.arguments, (*where, "undo"))
            for place, check in enumerate(action.undo.if_any):
                at = (*where, "undo", "if_any", place)
                yield from asked(document, "action", check.ask, check.arguments, check.expect, at)


def _verb(document: Document, name: str, arguments: Arguments, where: Where) -> Iterator[Issue]:
    verb = CATALOGUE.get(name)
    if verb is None:
        yield document.issue("action", f"there is no verb {name}", *where, "verb", fix=nearest(name, CATALOGUE))
        return
    yield from fitting(document, "action", verb.arguments, arguments, name, (*where, "with"))
    targets = [item.name for item in verb.arguments if item.type in _TARGETS]
    for target in targets:
        value = arguments.get(target, ())
        for text in (value,) if isinstance(value, str) else value:
            for placeholder in placeholders(text):
                if not _trusted(placeholder, document.entry):
                    message = f"{target} is {{{{{placeholder}}}}}, which only the message says: it can be forged"
                    fix = "Take it from {{signal.…}}, or export it from a question that found it on a live object."
                    yield document.issue("action", message, *where, "with", target, fix=fix)


def _trusted(name: str, entry: Entry) -> bool:
    """A typed field of the signal, or what a question found: never what a message's text says."""
    if name.startswith("signal."):
        return name.removeprefix("signal.") in SIGNAL_FIELDS
    if any(name in question.export for question in entry.evidence):
        return True
    captured = any(name in groups_of(rule) for rule in (*entry.match.any_of, *entry.match.all_of))
    return name in SIGNAL_FIELDS and not captured and entry.captures.get(name, f"signal.{name}") == f"signal.{name}"


def _risk(document: Document, action: Action, where: Where) -> Iterator[Issue]:
    if action.arguments.get("prune") == "true" and action.risk != "high":
        yield document.issue("action", "pruning deletes objects", *where, "risk", fix="State risk: high.")
    if action.risk == "low":
        return
    if action.validation is None:
        fix = "Say with validate: what must be true afterwards, and within which time."
        yield document.issue("action", f"risk {action.risk} without validate", *where, "risk", fix=fix)
    if isinstance(action.undo, str) and action.undo_reason is None:
        fix = "Say how to take it back, or undo: none with an undo_reason."
        yield document.issue("action", f"risk {action.risk} without a way back", *where, "risk", fix=fix)
