"""Entries that name other entries: the targets are there, and explanations don't run in circles."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from bot.core.entries import GENERIC
from bot.kb.documents import Document
from bot.kb.issues import Issue

NOT_AN_ENTRY = ("none", "unknown")
"""What a negative example may belong to instead: no failure, or a failure that no entry explains."""


def targets(document: Document, documents: Mapping[str, Document]) -> Iterator[Issue]:
    """Every named entry exists and is matched."""
    for name, where in _named(document):
        if name in NOT_AN_ENTRY and where[0] == "examples":
            continue
        target = documents.get(name)
        if target is None and where[0] == "overlaps" and all(item.root == document.root for item in documents.values()):
            continue  # a folder of drafts by itself: what they overlap with ships elsewhere
        if name == document.entry.id:
            yield document.issue("link", f"{_word(where)}: the entry names itself", *where, fix="Remove it.")
        elif target is None:
            near = get_close_matches(name, documents, n=1)
            fix = f"Did you mean {near[0]}?" if near else "Name an entry of kb list, or write that entry first."
            yield document.issue("link", f"{_word(where)}: there is no entry {name}", *where, fix=fix)
        elif target.entry.status == "retired":
            fix = f"Name {target.entry.replaced_by} instead." if target.entry.replaced_by else "Remove it."
            yield document.issue("link", f"{_word(where)}: {name} is retired", *where, fix=fix)


def cycles(document: Document, documents: Mapping[str, Document]) -> Iterator[Issue]:
    """No entry explains what explains it, by whatever way, and no two entries yield to each other."""
    own = document.entry.id
    for number, cause in enumerate(document.entry.causes):
        way = _way(cause.entry, own, documents)
        if way:
            text = " → ".join([own, *way])
            fix = "An explanation goes one way: keep the direction from root to symptom."
            yield document.issue("link", f"causes run in a circle: {text}", "causes", number, "entry", fix=fix)
    for number, name in enumerate(document.entry.yields_to):
        other = documents.get(name)
        if other is not None and own in other.entry.yields_to:
            fix = "Keep one of the two."
            yield document.issue("link", f"{own} and {name} yield to each other", "yields_to", number, fix=fix)
        if other is not None and name in GENERIC and own not in GENERIC:
            fix = "Remove it: a specific entry always beats a generic one."
            yield document.issue("link", f"{name} is generic and can't win here", "yields_to", number, fix=fix)


def _named(document: Document) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    entry = document.entry
    if entry.replaced_by is not None:
        yield entry.replaced_by, ("replaced_by",)
    for number, cause in enumerate(entry.causes):
        yield cause.entry, ("causes", number, "entry")
    for number, name in enumerate(entry.yields_to):
        yield name, ("yields_to", number)
    for number, name in enumerate(entry.overlaps):
        yield name, ("overlaps", number)
    for number, example in enumerate(entry.examples.no_match):
        yield example.belongs, ("examples", "no_match", number, "belongs")


def _way(start: str, goal: str, documents: Mapping[str, Document]) -> list[str]:
    """A way from one entry to another along `causes`; empty where there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == goal:
            return way
        document = documents.get(way[-1])
        for cause in document.entry.causes if document else ():
            if cause.entry not in seen:
                seen.add(cause.entry)
                ways.append([*way, cause.entry])
    return []


def _word(where: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in where if isinstance(part, str)) if where[0] != "examples" else "belongs"
