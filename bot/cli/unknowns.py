"""`kb unknowns` and `kb stats`: what no entry explains yet, and what the knowledge base holds."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import settings_or_exit
from bot.cli.data import done, opened
from bot.cli.knowledge_paths import AloneOption, JsonOption, PathOption, loaded

if TYPE_CHECKING:
    from bot.core.templates import Template


def unknowns(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Templates shown.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Messages that no entry explained, by template, the most frequent first: what to write an entry for next."""
    found = stored_templates()[:limit]
    if as_json:
        rows = [
            {
                "id": item.id,
                "template": item.text,
                "count": item.count,
                "first_seen": item.first_seen.isoformat(timespec="seconds"),
                "last_seen": item.last_seen.isoformat(timespec="seconds"),
                "source": item.source,
                "reason": item.reason,
                "app": item.app,
                "example": item.example,
            }
            for item in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for item in found:
        where = ", ".join(filter(None, [item.source, item.reason, item.app]))
        seen = f"{item.first_seen:%Y-%m-%d %H:%M} to {item.last_seen:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{item.count}× {seen} ({where})")
        typer.echo(f"  {_one_line(item.example)}")
        typer.echo(f"  gitops-bot kb new NAME --area AREA --from {item.id}")
    if not found:
        typer.echo("The bot has met no message that no entry explains.")


def stats(path: PathOption = None, alone: AloneOption = False, as_json: JsonOption = False) -> None:
    """What the knowledge base holds: entries by status, severity and area; rules, examples, questions and buttons."""
    knowledge = loaded(path, alone=alone)
    entries = list(knowledge.entries.values())
    areas = Counter(item.area for name, item in knowledge.documents.items() if name in knowledge.entries)
    numbers = {
        "entries": len(entries),
        "rules": sum(len(entry.match.any_of) + len(entry.match.all_of) for entry in entries),
        "examples": sum(len(entry.examples.match) + len(entry.examples.no_match) for entry in entries),
        "entries with questions": sum(bool(entry.evidence) for entry in entries),
        "questions": sum(len(entry.evidence) for entry in entries),
        "entries with buttons": sum(bool(entry.actions) for entry in entries),
        "fixes": sum(len(entry.fixes) for entry in entries),
        "noise rules": len(knowledge.noise),
        "replaced by your own": len(knowledge.shadowed),
    }
    groups = {
        "status": Counter(str(entry.status) for entry in entries),
        "severity": Counter(str(entry.severity) for entry in entries),
        "area": areas,
    }
    if as_json:
        typer.echo(json.dumps(numbers | {name: dict(counts) for name, counts in groups.items()}, indent=2))
        return
    for label, number in numbers.items():
        typer.echo(f"{label}: {number}")
    for label, counts in groups.items():
        typer.echo(f"{label}: {', '.join(f'{name} {count}' for name, count in counts.most_common())}")


def stored_templates() -> "Sequence[Template]":
    """What the bot counted in the database of the settings; exits with status 1 where that can't be read."""
    url = settings_or_exit().database_url

    async def work() -> "Sequence[Template]":
        async with opened(url, upgrade=False) as store:
            return await store.templates()

    return done(work)


def _one_line(text: str) -> str:
    shown = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return shown if len(shown) <= 300 else f"{shown[:299]}…"
