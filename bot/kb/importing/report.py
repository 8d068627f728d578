"""Finds the failures that a report tells of, and what it says about each: message, files, cause, fix, risk."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.kb.importing.markdown import Block, Section, blocks, items, labelled, plain, prose, read_sections, tables

_NUMBERED = re.compile(
    r"^(?:issue|problem|failure|incident|finding|error|case|rca)\s*#?(?P<number>\d+)\s*[:.)–-]*\s*(?P<title>.*)$",
    re.IGNORECASE,
)
_MESSAGE = re.compile(r"\b(?:error|message|symptom|log|event|alert)s?\b", re.IGNORECASE)
_CAUSE = re.compile(r"\bwhy\b|\bcause\b|\banalysis\b|\bexplanation\b", re.IGNORECASE)
_FILES = re.compile(r"\bfiles?\b", re.IGNORECASE)
_IMPACT = re.compile(r"\bimpact\b|\bconsequence", re.IGNORECASE)
_PRIORITY = re.compile(r"\b(?:priority|severity)\b", re.IGNORECASE)
_FIX = re.compile(
    r"\bfix|\bremediation|\bresolution|\bsolution|\brequired actions|\bmitigation|\bworkaround", re.IGNORECASE
)
_SELECTED = re.compile(r"\b(?:selected|chosen|recommended)\b", re.IGNORECASE)
_ROLLBACK = re.compile(r"\broll ?back\b|\brevert", re.IGNORECASE)
_NO_MESSAGE = re.compile(r"\b(?:why|cause|fix|remediation|rollback|impact|summary|risk)\b", re.IGNORECASE)
_NAMES = re.compile(
    "|".join(f"(?:{item.pattern})" for item in (_MESSAGE, _CAUSE, _FILES, _IMPACT, _PRIORITY)), re.IGNORECASE
)
"""What a label may be about where it might as well be any bold word of a list."""

_PATH = re.compile(r"`?([\w.@-]+(?:/[\w.@{}-]+)+|[\w-]+\.(?:ya?ml|json|tpl|sh|tf|md))`?(.*)")
_OPTION = re.compile(r"^option\s+(\w+)", re.IGNORECASE)
_SEVERITIES = (
    ("critical", r"\bcritical\b|\bp0\b|\bsev ?-?[01]\b|\bblocker\b"),
    ("high", r"\bhigh\b|\bp1\b|\bsev ?-?2\b|\bmajor\b"),
    ("medium", r"\bmedium\b|\bp2\b|\bsev ?-?3\b|\bmoderate\b"),
    ("low", r"\blow\b|\bp[34]\b|\bsev ?-?4\b|\bminor\b"),
)
_COMMANDS = frozenset({"bash", "sh", "shell", "console", "zsh"})
_NO_MESSAGE_LANGUAGES = _COMMANDS | {"yaml", "yml", "json", "hcl", "diff", "python", "go", "mermaid", "dockerfile"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One way to mend it as the report says: text, commands, and other blocks (values, manifests)."""

    text: str
    commands: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One failure of a report. Empty fields were not found; `missing` names them."""

    number: str
    title: str
    message: str
    files: tuple[str, ...]
    why: tuple[str, ...]
    impact: str
    severity: str
    remedies: tuple[Remedy, ...]
    risk: str
    blast_radius: str
    rollback_effort: str
    rollback: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What the report doesn't say, in words."""
        said = {
            "the error message": self.message,
            "the files involved": self.files,
            "why it happens": self.why,
            "the impact": self.impact,
            "the priority": self.severity,
            "the fix": self.remedies,
            "the risk": self.risk,
            "the way back": self.rollback,
        }
        return tuple(name for name, value in said.items() if not value)


def read_report(text: str) -> list[Finding]:
    """The failures of a report in its order; empty where no section, table or text looks like one."""
    root = read_sections(text)
    risks = _risks(root)
    rollback = tuple(_commands(line for part in root.walk() if _ROLLBACK.search(part.title) for line in part.lines))
    sections = list(_failures(root))
    if sections:
        return [_finding(section, str(number), risks, rollback) for number, section in enumerate(sections, start=1)]
    return [*_from_tables(root, rollback)] or [_finding(root, "1", risks, rollback)]


def _failures(root: Section) -> Iterator[Section]:
    """Sections named `Issue 1: …`; without such, the outermost ones that tell a message of their own."""
    numbered = [part for part in root.walk() if part.level and _NUMBERED.match(part.title)]
    if numbered:
        outer = min(part.level for part in numbered)
        yield from (part for part in numbered if part.level == outer)
        return
    for level in range(1, 4):
        parts = [part for part in root.walk() if part.level == level]
        telling = [part for part in parts if any(_MESSAGE.search(inner.title) for inner in part.parts)]
        if len(telling) > 1 or (telling and level > 1):
            yield from telling
            return


def _finding(section: Section, count: str, risks: dict[str, dict[str, str]], rollback: tuple[str, ...]) -> Finding:
    named = _NUMBERED.match(section.title)
    number = named["number"] if named else count
    title = (named["title"] if named else section.title) or _first_title(section)
    parts = list(_parts(section))
    risk = risks.get(number, {})
    severity = _severity(" ".join(f"{name} {lines[0] if lines else ''}" for name, lines in parts if _is_priority(name)))
    impact = next((prose(lines) for name, lines in parts if _IMPACT.search(name) and prose(lines)), "")
    own_rollback = tuple(_commands(line for name, lines in parts if _ROLLBACK.search(name) for line in lines))
    return Finding(
        number=number,
        title=title,
        message=_message(section, parts),
        files=tuple(dict.fromkeys(_files(parts))),
        why=tuple(dict.fromkeys(_why(parts))),
        impact=impact,
        severity=severity or _severity(impact.partition(" ")[0]),
        remedies=tuple(_remedies(parts)),
        risk=_severity(risk.get("level", "")),
        blast_radius=risk.get("radius", ""),
        rollback_effort=_severity(risk.get("rollback", "")),
        rollback=own_rollback or rollback,
    )


def _parts(section: Section) -> Iterator[tuple[str, list[str]]]:
    """Everything with a name: sub-sections, then labelled paragraphs."""
    for part in section.walk():
        if part is not section:
            yield part.title, part.lines
        yield from labelled(part.lines, _NAMES)


def _message(section: Section, parts: Sequence[tuple[str, list[str]]]) -> str:
    for name, lines in parts:
        if _MESSAGE.search(name) and not _NO_MESSAGE.search(name):
            fenced = blocks(lines)
            quoted = [line.strip()[1:].strip() for line in lines if line.lstrip().startswith(">")]
            indented = [line.strip() for line in lines if line.startswith("    ") and line.strip()]
            text = fenced[0].text if fenced else "\n".join(quoted or indented) or prose(lines)
            if text.strip("` "):
                return text.strip("` \n")
    texts = [block.text for block in blocks(section.all_lines) if block.language not in _NO_MESSAGE_LANGUAGES]
    return next(
        (text for text in texts if re.search(r"error|fail|forbidden|denied|not found|warning", text, re.IGNORECASE)), ""
    )


def _files(parts: Sequence[tuple[str, list[str]]]) -> Iterator[str]:
    for name, lines in parts:
        if _FILES.search(name):
            for item in items(lines) or [[line] for line in lines]:
                found = _PATH.search(item[0])
                if found:
                    yield f"`{found[1]}`{found[2].rstrip()}"


def _why(parts: Sequence[tuple[str, list[str]]]) -> Iterator[str]:
    for name, lines in parts:
        if _CAUSE.search(name) and not _FIX.search(name):
            told = [" ".join(plain(line.strip()) for line in item if line.strip()) for item in items(lines)]
            listed_files = bool(told) and all(_PATH.match(text.strip("`")) for text in told)
            if told and not listed_files:
                yield from told
            elif not told and prose(lines) and not _begins_with_label(lines):
                yield prose(lines)


def _remedies(parts: Sequence[tuple[str, list[str]]]) -> Iterator[Remedy]:
    selected = next(
        (
            found[1].lower()
            for name, lines in parts
            if _SELECTED.search(name) and (found := _OPTION.match(prose(lines)))
        ),
        "",
    )
    remedies: list[Remedy] = []
    for name, lines in parts:
        if not _FIX.search(name) or _PRIORITY.search(name) or _SELECTED.search(name):
            continue
        listed = items(lines)
        for item in listed or ([lines] if prose(lines) or blocks(lines) else []):
            text = (_whole_item(item) if listed else prose(item)) or "Apply what the report gives."
            option = _OPTION.match(text)
            chosen = option[1].lower() == selected if option and selected else bool(_SELECTED.search(text[:40]))
            others = tuple(block for block in blocks(item) if block.language not in _COMMANDS)
            remedy = Remedy(text=text, commands=tuple(_commands(item)), blocks=others, selected=chosen)
            if remedy.text not in {known.text for known in remedies}:
                remedies.append(remedy)
    yield from sorted(remedies, key=lambda remedy: not remedy.selected)


def _whole_item(item: Sequence[str]) -> str:
    """An item with the items below it, without its fenced blocks."""
    fenced = {line.strip() for block in blocks(item) for line in block.text.split("\n")}
    below = [plain(line.strip(" -*")) for line in item[1:] if line.strip() not in fenced and "```" not in line]
    return " ".join([plain(item[0]), "; ".join(filter(None, below))]).strip()


def _commands(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    """The commands of shell blocks, continued lines joined, comments and prompts dropped."""
    for block in blocks(list(lines)):
        if block.language in _COMMANDS:
            for line in re.sub(r"\\\n\s*", "", block.text).split("\n"):
                command = line.strip().removeprefix("$ ")
                if command and not command.startswith("#"):
                    yield command


def _risks(root: Section) -> dict[str, dict[str, str]]:
    """The risk table's rows by the number of the issue."""
    found: dict[str, dict[str, str]] = {}
    for part in root.walk():
        for rows in tables(part.lines):
            for row in rows:
                number = re.search(r"\d+", next(iter(row.values()), ""))
                if number and any("risk" in name for name in row):
                    found[number[0]] = {
                        "level": next((value for name, value in row.items() if "risk" in name), ""),
                        "radius": next((value for name, value in row.items() if "radius" in name), ""),
                        "rollback": next((value for name, value in row.items() if "rollback" in name), ""),
                    }
    return found


def _from_tables(root: Section, rollback: tuple[str, ...]) -> Iterator[Finding]:
    """Reports that are a table: a row for each failure."""
    for part in root.walk():
        for rows in tables(part.lines):
            for number, row in enumerate(rows, start=1):
                message = _cell(row, _MESSAGE)
                if not message:
                    continue
                fix, why = _cell(row, _FIX), _cell(row, _CAUSE)
                yield Finding(
                    number=str(number),
                    title=_cell(row, re.compile(r"title|name|issue|component|service")) or message[:80],
                    message=message.strip("`"),
                    files=tuple(filter(None, [_cell(row, _FILES)])),
                    why=(why,) if why else (),
                    impact=_cell(row, _IMPACT),
                    severity=_severity(_cell(row, _PRIORITY)),
                    remedies=(Remedy(text=fix),) if fix else (),
                    risk=_severity(_cell(row, re.compile("risk"))),
                    blast_radius=_cell(row, re.compile("radius")),
                    rollback_effort="",
                    rollback=rollback,
                )


def _cell(row: dict[str, str], name: re.Pattern[str]) -> str:
    return next((value for column, value in row.items() if name.search(column) and value), "")


def _severity(text: str) -> str:
    """The word for a severity in a text; of several, the one that stands first."""
    found = [
        (match.start(), name) for name, pattern in _SEVERITIES if (match := re.search(pattern, text, re.IGNORECASE))
    ]
    return min(found)[1] if found else ""


def _is_priority(name: str) -> bool:
    return bool(_PRIORITY.search(name))


def _begins_with_label(lines: Sequence[str]) -> bool:
    return next((line for line in lines if line.strip()), "").lstrip().startswith("**")


def _first_title(section: Section) -> str:
    return next((part.title for part in section.walk() if part.title), "Imported report")
