"""The documents, and how tests read them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md")])
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_TRIED = re.compile(r"<!-- tried -->\n```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def text(name: str) -> str:
    """A document by its path in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def prose(document: str) -> str:
    """The document without its fenced blocks."""
    return _FENCE.sub("", document)


def blocks(document: str, language: str) -> list[str]:
    """The fenced blocks in a language."""
    return [found.group(3) for found in _FENCE.finditer(document) if found.group(2) == language]


def tried_blocks(document: str) -> list[str]:
    """The shell blocks that are marked to be run by a test."""
    return _TRIED.findall(document)


def links(document: str) -> Iterator[str]:
    """Where links and images point to."""
    yield from re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(document)))


def anchors(document: str) -> set[str]:
    """What headings can be linked by, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
