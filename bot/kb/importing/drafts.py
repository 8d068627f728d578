"""Writes the draft of a finding: rule and captures from its message, the rest from what the report says."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.core.haystack import text_of
from bot.core.matching import Matcher
from bot.core.pasted import recognise
from bot.core.redaction import redact
from bot.core.text import cut
from bot.kb.drafting import BadDraft, flow, one_line, quoted, single_quoted, tried_rule
from bot.kb.importing.report import Finding, Remedy

TEXT_LIMIT = 1_800
FIXES = 8
COMMANDS = 12
ID_LIMIT = 56

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ID_WORD = re.compile(r"[A-Za-z0-9]+")
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_NAME = re.compile(r"`([a-z0-9]+(?:[-.][a-z0-9]+)+)`")
_FILE_NAME = re.compile(r"\.(?:ya?ml|json|sh|md|tpl|tf)$")
_SOURCES = (
    (
        r"\b\w+Warning: |\b(?:ComparisonError|InvalidSpecError|SyncError|UnknownError|DeletionError)\b",
        "argocd-condition",
    ),
    (r"Resource not found in cluster|one or more objects failed to apply|sync (?:operation|hook)", "argocd-operation"),
    (r"out[- ]of[- ]sync|OutOfSync|Degraded", "argocd-health"),
    (
        r"Back-off |ErrImagePull|ImagePullBackOff|FailedScheduling|FailedMount|FailedCreate|nodes are available",
        "k8s-event",
    ),
    (r'^pods? ".*is forbidden|^MountVolume|^Readiness probe|^Liveness probe|^Failed to pull image', "k8s-event"),
)
_REASON = re.compile(r"^([A-Z]\w*(?:Warning|Error)): ")
"""A condition's type before its message: live signals carry it beside the message."""

_LEVELS = {"critical": "high", "high": "high", "medium": "medium", "low": "low"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A draft's file. `text` is empty where none could be made, or where `known` is a draft of the same message.

    `missing` says what the report doesn't.
    """

    finding: Finding
    id: str
    text: str
    overlaps: str = ""
    known: str = ""
    missing: tuple[str, ...]


def drafts(findings: Sequence[Finding], matcher: Matcher, *, taken: Collection[str]) -> list[Imported]:
    """A draft for each finding with a message. `matcher` is the base beside them, `taken` the ids that are in use."""
    used = set(taken)
    found = []
    for finding in findings:
        id_ = _id(finding.title, used)
        used.add(id_)
        found.append(_draft(finding, id_, matcher))
    return found


def _draft(finding: Finding, id_: str, matcher: Matcher) -> Imported:
    message = one_line(finding.message)
    reason = _REASON.match(message)
    message = message[reason.end() :] if reason else message
    try:
        pattern, captures = tried_rule(message, names=_names(finding))
    except BadDraft as error:
        missing = (*finding.missing, str(error)) if finding.message else finding.missing
        return Imported(finding=finding, id=id_, text="", missing=missing)
    fitting = [match.entry for match in recognise(matcher, text_of(finding.message))[0].matches]
    known = next((entry.id for entry in fitting if entry.status == "draft"), "")
    if known:
        return Imported(finding=finding, id=id_, text="", known=known, missing=finding.missing)
    overlaps = fitting[0].id if fitting else ""
    lines = [
        "---",
        f"id: {id_}",
        f"title: {quoted(cut(_safe(finding.title), 140))}",
        "status: draft          # matched and logged, never posted; make it stable when lint and test are content",
        f"severity: {finding.severity or 'medium':<12} # {_stated(finding.severity)}",
        "scope: app             # what one incident is about: object · app · namespace · node · repo · cluster",
        "references: []         # https links to the documentation or the source that says so",
        "match:",
        "  any:",
        f"    - message: {single_quoted(pattern)}",
        *([f"overlaps: [{overlaps}]    # wins this message already: read it first"] if overlaps else []),
        f"diagnosis: {quoted(_short(' '.join(map(_sentence, finding.why[:2])) or finding.title))}",
    ]
    if finding.impact:
        lines.append(f"impact: {quoted(_short(finding.impact))}")
    if finding.risk:
        radius = quoted(_short(finding.blast_radius or "not stated in the report"))
        back = _LEVELS.get(finding.rollback_effort, "high")
        lines.append(f"risk: {{level: {_LEVELS[finding.risk]}, blast_radius: {radius}, rollback: {back}}}")
    lines += ["fixes:", *_fixes(finding.remedies)]
    source = next((name for shape, name in _SOURCES if re.search(shape, reason[0] if reason else message)), "cli")
    told = f"source: {source}, " + (f"reason: {reason[1]}, " if reason else "") + f"message: {quoted(message)}"
    lines += [
        "examples:",
        "  match:",
        f"    - signal: {{{told}}}    # the source is guessed from the wording",
        f"      captures: {flow(captures)}",
        "  no_match: []         # - {belongs: unknown, signal: {source: cli, message: a message that looks alike}}",
        "---",
        _body(finding),
    ]
    return Imported(finding=finding, id=id_, text="\n".join(lines), overlaps=overlaps, missing=finding.missing)


def _fixes(remedies: Sequence[Remedy]) -> list[str]:
    if not remedies:
        return ['  - {id: first, text: "The report names no fix: say what to do, in the imperative."}']
    lines = []
    for number, remedy in enumerate(remedies[:FIXES], start=1):
        lines += [f"  - id: fix_{number}", f"    text: {quoted(_short(remedy.text))}"]
        if remedy.commands:
            lines.append("    commands:")
            lines += [f"      - {quoted(_short(command))}" for command in remedy.commands[:COMMANDS]]
    return lines


def _body(finding: Finding) -> str:
    parts = [
        ("Meaning", _listed(finding.why) or "The report doesn't say why it happens."),
        ("Impact", _safe(finding.impact) or "The report doesn't say."),
        (
            "Check by hand",
            f"Files involved:\n\n{_listed(finding.files)}" if finding.files else "The report names no file.",
        ),
        ("Fix", "\n\n".join(_told(item) for item in finding.remedies) or "The report names no fix."),
        ("Roll back", _fenced("sh", "\n".join(finding.rollback)) if finding.rollback else "The report doesn't say."),
    ]
    return "\n".join(f"## {name}\n\n{text}\n" for name, text in parts)


def _told(remedy: Remedy) -> str:
    told = [_safe(remedy.text)]
    told += [_fenced(block.language, block.text) for block in remedy.blocks]
    if remedy.commands:
        told.append(_fenced("sh", "\n".join(remedy.commands)))
    return "\n\n".join(told)


def _listed(texts: Sequence[str]) -> str:
    return "\n".join(f"- {_safe(text)}" for text in texts)


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{_safe(text)}\n```"


def _names(finding: Finding) -> list[str]:
    """Names of objects that the report sets in ticks: they differ from case to case."""
    told = " ".join([*finding.why, *(item.text for item in finding.remedies)])
    return sorted({name for name in _NAME.findall(told) if not _FILE_NAME.search(name)})


def _id(title: str, taken: Collection[str]) -> str:
    """Kebab-case of the title's first part, with as many words of the rest as make it unique."""
    head, _, rest = title.partition(" - ")
    words = [word.lower() for part in _ID_WORD.findall(head) for word in _WORD.findall(part)] or ["imported"]
    for further in ["", *_ID_WORD.findall(rest)]:
        words += [word.lower() for word in _WORD.findall(further)]
        id_ = "-".join(words)[:ID_LIMIT].strip("-")
        if id_ not in taken:
            return id_
    number = 2
    while f"{id_}-{number}" in taken:
        number += 1
    return f"{id_}-{number}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def _short(text: str) -> str:
    return cut(_safe(text), TEXT_LIMIT)


def _safe(text: str) -> str:
    """Without secrets, and with nothing that would be taken for a placeholder."""
    return _PLACEHOLDER.sub(r"<\1>", redact(text)).strip()


def _stated(severity: str) -> str:
    return "as the report says" if severity else "the report doesn't say: critical · high · medium · low"
