"""Takes a Markdown report apart: sections, fenced blocks, lists, tables. Forgiving, for people write as they like."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*(\w*)")
_LABEL = re.compile(r"^(?P<bullet>\s*[-*]\s+)?\*\*\s*(?P<name>[^*]{2,60}?)\s*:?\s*\*\*\s*:?\s*(?P<rest>.*)$")
_PLAIN_LABEL = re.compile(r"^\s*(?P<name>[A-Z][A-Za-z ]{2,40}):\s+(?P<rest>\S.*)$")
_ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*+]|\d{1,3}[.)])\s+(?P<text>.*)$")
_RULE = re.compile(r"^\s*(?:-{3,}|\*{3,}|_{3,})\s*$")
_CELLS = re.compile(r"^\s*\|?[\s:|-]+\|[\s:|-]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its language (lower case, may be empty) and its text without the common margin."""

    language: str
    text: str


@dataclass(slots=True, kw_only=True)
class Section:
    """A heading with what follows until the next heading of the same or a higher level, sub-sections included."""

    level: int
    title: str
    lines: list[str] = field(default_factory=list)
    parts: list["Section"] = field(default_factory=list)

    @property
    def all_lines(self) -> list[str]:
        """Its own lines and those of the sections within."""
        return [*self.lines, *(line for part in self.parts for line in (part.title, *part.all_lines))]

    def walk(self) -> Iterator["Section"]:
        """This section and all within, in order."""
        yield self
        for part in self.parts:
            yield from part.walk()


def read_sections(text: str) -> Section:
    """The whole document as a section of level 0. Headings within fences are text."""
    root = Section(level=0, title="")
    stack = [root]
    fence = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or (mark[2].startswith(fence) and not mark[3])):
            fence = "" if fence else mark[2]
        heading = None if fence else _HEADING.match(line)
        if heading is None:
            if fence or not _RULE.match(line):
                stack[-1].lines.append(line)
            continue
        level = len(heading[1])
        while stack[-1].level >= level:
            stack.pop()
        section = Section(level=level, title=plain(heading[2]))
        stack[-1].parts.append(section)
        stack.append(section)
    return root


def blocks(lines: Sequence[str]) -> list[Block]:
    """The fenced blocks; one that isn't closed ends with the text."""
    found: list[Block] = []
    inside: list[str] | None = None
    fence = language = ""
    for line in lines:
        mark = _FENCE.match(line)
        if inside is None and mark:
            inside, fence, language = [], mark[2], mark[3].lower()
        elif inside is not None and mark and mark[2].startswith(fence) and not mark[3]:
            found.append(Block(language=language, text=_flush_left(inside)))
            inside = None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        found.append(Block(language=language, text=_flush_left(inside)))
    return [block for block in found if block.text.strip()]


def labelled(lines: Sequence[str], names: re.Pattern[str]) -> Iterator[tuple[str, list[str]]]:
    """Paragraphs begun by a label, `**Impact:** …` or `Impact: …`: the label, then lines until the next one.

    A plain or a bulleted label counts only where it is one of these names: lists are full of bold words.
    """
    starts: list[tuple[int, str, str]] = []
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[2].startswith(fence) else fence or mark[2]
        found = None if fence else _LABEL.match(line) or _PLAIN_LABEL.match(line)
        if found and (found.groupdict().get("bullet", found["name"]) is None or names.search(found["name"])):
            starts.append((number, found["name"], found["rest"]))
    for (number, name, rest), (end, *_) in zip(starts, [*starts[1:], (len(lines), "", "")], strict=False):
        yield plain(name), [rest, *lines[number + 1 : end]]


def items(lines: Sequence[str]) -> list[list[str]]:
    """The outermost list items, each with the lines that belong to it (nested items, fenced blocks)."""
    found: list[list[str]] = []
    margin: int | None = None
    fence = False
    for line in lines:
        if _FENCE.match(line):
            fence = not fence
        item = None if fence else _ITEM.match(line)
        if item and (margin is None or len(item["indent"]) <= margin):
            margin = len(item["indent"])
            found.append([item["text"]])
        elif found and (not line.strip() or line.startswith(" ") or fence):
            found[-1].append(line)
        elif found:
            break
    return found


def tables(lines: Sequence[str]) -> Iterator[list[dict[str, str]]]:
    """The tables, as rows by the (lower-case) names of the columns."""
    for number, (head, line) in enumerate(pairwise(lines)):
        if "|" not in head or not _CELLS.match(line):
            continue
        names = [plain(cell).lower() for cell in _cells(head)]
        rows = []
        for row in lines[number + 2 :]:
            if "|" not in row:
                break
            rows.append(dict(zip(names, map(plain, _cells(row)), strict=False)))
        yield rows


def prose(lines: Sequence[str]) -> str:
    """The first paragraph that is plain text, as one line."""
    words: list[str] = []
    fence = False
    for line in lines:
        if _FENCE.match(line):
            fence = not fence
            continue
        if fence or (not line.strip() and not words):
            continue
        if not line.strip() or _ITEM.match(line) or "|" in line[:2]:
            break
        words.append(plain(line.strip().removeprefix("> ")))
    return " ".join(words)


def plain(text: str) -> str:
    """Text without bold marks, links' addresses and ticks of lists."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text.replace("**", ""))
    return re.sub(r"^\[[ xX]\]\s*", "", text.strip())


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _flush_left(lines: Sequence[str]) -> str:
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines).strip("\n")
