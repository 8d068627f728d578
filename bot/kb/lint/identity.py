"""Where an entry stands, what it is called, and the headings and references that people need."""

import re
from collections.abc import Iterator

from bot.kb.documents import Document
from bot.kb.issues import Issue

HEADINGS = ("Meaning", "Impact", "Check by hand", "Fix", "Roll back")
LAST_HEADING = "Danger"
"""Optional: what not to do."""

_AREA = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")


def place(document: Document) -> Iterator[Issue]:
    """The file is `<area>/<id>.md`."""
    entry, path = document.entry, document.path
    if entry.id != path.stem:
        fix = f"Rename the file to {entry.id}.md, or the id."
        yield document.issue("identity", f"the id {entry.id} isn't the file's name {path.stem}", "id", fix=fix)
    if path.parent.parent != document.root or not _AREA.match(document.area):
        fix = "Put it at <area>/<id>.md below the knowledge folder, the area in kebab-case."
        yield document.issue("identity", "the file doesn't stand in an area's folder", "id", fix=fix)
    if entry.overlaps and entry.status != "draft":
        fix = "Remove it, or make one entry yield to the other with yields_to."
        yield document.issue("identity", "overlaps belongs to drafts", "overlaps", fix=fix)


def headings(document: Document) -> Iterator[Issue]:
    """The body has the five headings in order, each with something under it."""
    named = [name for name, _ in document.headings]
    for name in HEADINGS:
        if name not in named:
            yield _at(document, document.body_line, f"the heading ## {name} is missing", f"Add ## {name} and its text.")
    known = [name for name in named if name in (*HEADINGS, LAST_HEADING)]
    wanted = [name for name in (*HEADINGS, LAST_HEADING) if name in known]
    if list(dict.fromkeys(known)) != wanted:
        order = ", ".join((*HEADINGS, f"{LAST_HEADING} (optional)"))
        yield _at(document, document.body_line, "the headings are out of order", f"The order is: {order}.")
    for number, (name, line) in enumerate(document.headings):
        if name not in (*HEADINGS, LAST_HEADING):
            fix = f"Move its text under one of {', '.join(HEADINGS)}, {LAST_HEADING}."
            yield _at(document, line, f"## {name} isn't a heading of entries", fix)
        elif name in named[:number]:
            yield _at(document, line, f"## {name} stands twice", "Join the two.")
        elif not _text_under(document, number):
            yield _at(document, line, f"nothing stands under ## {name}", "Write it, in a sentence or two.")


def references(document: Document) -> Iterator[Issue]:
    """At least one reference, all of them https."""
    if not document.entry.references:
        fix = "Add the documentation or source that says so."
        yield document.issue("reference", "there is no reference", "id", fix=fix)
    for number, link in enumerate(document.entry.references):
        if not link.startswith("https://"):
            yield document.issue("reference", f"{link} isn't https", "references", number, fix="Use the https address.")


def _at(document: Document, line: int, message: str, fix: str) -> Issue:
    return Issue(path=document.path, line=line, check="heading", message=message, fix=fix)


def _text_under(document: Document, number: int) -> bool:
    lines = document.body.split("\n")
    start = document.headings[number][1] - document.body_line + 1
    later = document.headings[number + 1 :]
    end = later[0][1] - document.body_line if later else len(lines)
    return any(line.strip() for line in lines[start:end])
