"""A file of the knowledge base: front matter and Markdown, read with all errors at once."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.core.entries import Entry, Noise
from bot.kb.issues import Issue, IssueSeverity
from bot.kb.strict_yaml import BadYaml, Tree, parse

M = TypeVar("M", bound=BaseModel)

SIZE_LIMIT = 262_144
"""Bytes of one file."""

_HEADING = re.compile(r"^## +(.+?)\s*#*$")
_FENCE = re.compile(r"^\s*(?:```|~~~)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An entry with the file it came from. `body` is the Markdown, `body_line` its first line's number."""

    path: Path
    root: Path
    entry: Entry
    tree: Tree
    offset: int
    body: str
    body_line: int
    headings: tuple[tuple[str, int], ...]

    def line(self, *path: str | int) -> int:
        """The line in the file where a part of the front matter stands."""
        return self.tree.line(path) + self.offset

    @property
    def area(self) -> str:
        """The folder below the knowledge path."""
        return self.path.parent.name if self.path.parent != self.root else ""

    def issue(
        self, check: str, message: str, *where: str | int, fix: str = "", severity: IssueSeverity = "error"
    ) -> Issue:
        """A finding at the line where a part of the front matter stands."""
        return Issue(path=self.path, line=self.line(*where), check=check, message=message, fix=fix, severity=severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseDocument:
    """A noise file with the lines of its rules."""

    path: Path
    noise: Noise
    tree: Tree

    def issue(
        self, check: str, message: str, *where: str | int, fix: str = "", severity: IssueSeverity = "error"
    ) -> Issue:
        """A finding at the line where a part of a rule stands; `where` begins with the rule's number."""
        line = self.tree.line(("noise", *where))
        return Issue(path=self.path, line=line, check=check, message=message, fix=fix, severity=severity)


def read_entry(path: Path, root: Path) -> tuple[Document | None, list[Issue]]:
    """Read an entry's file. Without a document the issues say why."""
    text, issues = _text(path)
    if text is None:
        return None, issues
    parts = split_front_matter(text)
    if parts is None:
        fix = "Begin the file with a line ---, the YAML, and another line ---."
        return None, [Issue(path=path, line=1, check="yaml", message="the file has no front matter", fix=fix)]
    front, body, body_line = parts
    tree, issues = _tree(path, front, offset=1)
    if tree is None:
        return None, issues
    entry, issues = _validated(Entry, tree, path, offset=1)
    if entry is None:
        return None, issues
    headings = tuple(_headings(body, body_line))
    document = Document(
        path=path, root=root, entry=entry, tree=tree, offset=1, body=body, body_line=body_line, headings=headings
    )
    return document, []


def read_noise(path: Path) -> tuple[NoiseDocument | None, list[Issue]]:
    """Read a noise file. An empty one has no rules."""
    text, issues = _text(path)
    if text is None:
        return None, issues
    tree, issues = _tree(path, text, offset=0)
    if tree is None:
        return None, issues
    if tree.value is None:
        return NoiseDocument(path=path, noise=Noise(noise=()), tree=tree), []
    noise, issues = _validated(Noise, tree, path, offset=0)
    return (NoiseDocument(path=path, noise=noise, tree=tree) if noise is not None else None), issues


def split_front_matter(text: str) -> tuple[str, str, int] | None:
    """The YAML, the Markdown and the Markdown's first line number; None where there is no front matter."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 2
    return None


def _text(path: Path) -> tuple[str | None, list[Issue]]:
    try:
        data = path.read_bytes()
        if len(data) > SIZE_LIMIT:
            return None, [Issue(path=path, line=1, check="yaml", message=f"the file is larger than {SIZE_LIMIT} bytes")]
        return data.decode("utf-8").replace("\r\n", "\n"), []
    except OSError as error:
        return None, [Issue(path=path, line=1, check="yaml", message=f"can't be read: {error.strerror}")]
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [Issue(path=path, line=line, check="yaml", message="isn't UTF-8", fix="Save it as UTF-8.")]


def _tree(path: Path, text: str, *, offset: int) -> tuple[Tree | None, list[Issue]]:
    try:
        return parse(text), []
    except BadYaml as error:
        return None, [Issue(path=path, line=error.line + offset, check="yaml", message=str(error))]


def _validated(model: type[M], tree: Tree, path: Path, *, offset: int) -> tuple[M | None, list[Issue]]:
    try:
        return model.model_validate(tree.value), []
    except ValidationError as error:
        found: dict[tuple[int, str], Issue] = {}
        for detail in error.errors(include_url=False):
            where = _known(tree, detail["loc"])
            line = tree.line(where) + offset
            name = ".".join(map(str, where))
            message, fix = _explained(detail)
            issue = Issue(
                path=path, line=line, check="schema", message=f"{name}: {message}" if name else message, fix=fix
            )
            found.setdefault((line, name), issue)
        return None, list(found.values())


def _known(tree: Tree, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The part of an error's location that stands in the file (pydantic adds the names of union members)."""
    for length in range(len(location), 0, -1):
        if location[:length] in tree.lines:
            return location[:length]
    return ()


def _explained(detail: ErrorDetails) -> tuple[str, str]:
    """A validation error in a sentence, and what to do."""
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "extra_forbidden":
            return f"{last!r} isn't a field here", "See docs/knowledge.md for the fields."
        case "missing":
            return f"{last!r} is missing", "Add it."
        case "string_type":
            return f"{detail['input']!r} isn't text", "Put it in quotes."
        case "string_pattern_mismatch":
            return f"{detail['input']!r} doesn't look right", f"It must match {detail['ctx']['pattern']}."
        case _:
            return detail["msg"].removeprefix("Value error, "), ""


def _headings(body: str, first: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    fenced = False
    for number, line in enumerate(body.split("\n"), start=first):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (heading := _HEADING.match(line)):
            found.append((heading.group(1), number))
    return found
