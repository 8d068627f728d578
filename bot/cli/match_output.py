"""What `match TEXT` prints, for people and for programs."""

import json
import re
from collections.abc import Sequence
from typing import Any

from bot.core.matching import Match, Result
from bot.core.pasted import Paste
from bot.core.shell import to_command
from bot.core.telling import command_phrase
from bot.core.text import cut, fill
from bot.kb.rows import verdict_of

VALUE_SHOWN = 160
MISSING = "–"
_PLACEHOLDER = re.compile(r"\{\{[\w.]+\}\}")

Similar = Sequence[tuple[str, str]]


def as_people_read(result: Result, paste: Paste | None, similar: Similar) -> str:
    """The winner with its reason, then what else fits; or what to do where nothing does."""
    lines: list[str] = []
    best = result.best
    if best is not None:
        lines = _winner(best, paste)
    elif result.verdict == "noise":
        lines = [f"Noise: no failure, by the rule {result.noise} of noise.yaml."]
    else:
        lines = ["Unknown: no entry explains this message.", *_about(paste)]
    for match in result.matches[1:]:
        lines.append(f"  {'also':<11}{match.entry.id} ({match.confidence:g}): {match.why}")
    if similar:
        lines.append("Similar, not proven:")
        lines.extend(f"  {id_}: {title}" for id_, title in similar)
    if result.verdict == "unknown":
        lines.append("Write an entry for it: gitops-bot kb new ID --area AREA --message '…' (docs/knowledge.md).")
    return "\n".join(lines)


def as_programs_read(result: Result, paste: Paste | None, similar: Similar) -> str:
    """The answer of `--jsonl`, with what a reader sees besides."""
    best = result.best
    found: dict[str, Any] = verdict_of(result)
    found["title"] = filled(best.entry.title, best, paste) if best else None
    found["why"] = best.why if best else None
    found["noise"] = result.noise or None
    found["about"] = about(paste)
    found["similar"] = [id_ for id_, _ in similar]
    return json.dumps(found, ensure_ascii=False, indent=2)


def about(paste: Paste | None) -> dict[str, str]:
    """What the pasted output says it is about."""
    if paste is None:
        return {}
    fields = {
        "app": paste.app,
        "kind": paste.kind,
        "namespace": paste.namespace,
        "name": paste.name,
        "node": paste.node,
    }
    return {name: value for name, value in fields.items() if value}


def filled(template: str, match: Match, paste: Paste | None) -> str:
    """An entry's text with the captures; what the message doesn't say is a dash."""
    return _PLACEHOLDER.sub(MISSING, fill(template, _values(match, paste)))


def _values(match: Match, paste: Paste | None) -> dict[str, str]:
    told = about(paste)
    return told | dict(match.captures) | {f"signal.{name}": value for name, value in told.items()}


def _winner(match: Match, paste: Paste | None) -> list[str]:
    entry = match.entry
    draft = ", a draft: logged, never posted" if entry.status == "draft" else ""
    lines = [
        f"{entry.id} ({entry.severity}, confidence {match.confidence:g}{draft})",
        f"  {filled(entry.title, match, paste)}",
        f"  {'why':<11}{match.rule}: {_line(match.why)}",
    ]
    captures = [f"{name}={_line(value)}" for name, value in match.captures.items()]
    lines.extend(f"  {'captures' if first else '':<11}{text}" for first, text in _labelled(captures))
    lines.extend(_about(paste))
    lines.append(f"  {'cause':<11}{filled(entry.diagnosis, match, paste)}")
    if entry.fixes:
        fix = entry.fixes[0]
        lines.append(f"  {'fix':<11}{filled(fix.text, match, paste)}")
        values = entry.told(_values(match, paste))
        lines.extend(f"  {'':<11}$ {to_command(command_phrase(command, values))}" for command in fix.commands)
    lines.append(f"  {'more':<11}gitops-bot kb show {entry.id}")
    return lines


def _about(paste: Paste | None) -> list[str]:
    found = about(paste)
    return [f"  {'about':<11}{' '.join(f'{name}={_line(value)}' for name, value in found.items())}"] if found else []


def _labelled(values: Sequence[str]) -> list[tuple[bool, str]]:
    return [(number == 0, value) for number, value in enumerate(values)]


def _line(value: str) -> str:
    return cut(value.replace("\n", " "), VALUE_SHOWN)
