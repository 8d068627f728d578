"""`scan`: everything that isn't well in a cluster or a namespace, as a table or as JSON."""

import asyncio
import json
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import settings_or_exit

if TYPE_CHECKING:
    from bot.core.findings import Finding
    from bot.service.scan import Scanned

NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
PLACE_WIDTH = 44


def scan(
    namespace: Annotated[str, typer.Option(help="Only this namespace. Default: all.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit with status 1 when something was found.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Look once at every Application, Pod and Event, and say what isn't well, unmanaged objects included.

    Exit status: 0 looked, 1 something could not be read (with --strict: or something was found), 2 wrong use.
    """
    if namespace and not NAMESPACE.fullmatch(namespace):
        typer.echo(f"--namespace wants a namespace's name; it got {namespace!r}.", err=True)
        raise typer.Exit(2)
    settings = settings_or_exit()
    missing = [sentence for sentence in settings.missing_for_run() if "ARGOCD" in sentence]
    if missing:
        typer.echo("\n".join(missing), err=True)
        raise typer.Exit(2)
    from bot.adapters.log import configure_logging
    from bot.app.once import scan_once
    from bot.kb.loader import BadKnowledge
    from bot.service.ports import PortError

    configure_logging(level="error", format=settings.log.format)
    try:
        scanned = asyncio.run(
            scan_once(settings, namespace=namespace, progress=lambda words: typer.echo(f"… {words}", err=True))
        )
    except (PortError, BadKnowledge) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        json.dump(_document(scanned, namespace), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        typer.echo(_table(scanned, namespace))
    for trouble in scanned.troubles:
        typer.echo(f"Could not be read: {trouble}", err=True)
    if scanned.troubles or (strict and scanned.findings):
        raise typer.Exit(1)


def _table(scanned: "Scanned", namespace: str) -> str:
    """Severity, how sure, where, since when and what, a line each."""
    from bot.core.plain import plain
    from bot.core.visible import clean

    rows = [("SEVERITY", "CAUSE", "WHERE", "SINCE (UTC)", "WHAT")]
    rows += [
        (
            item.severity,
            str(item.verdict),
            _cut(clean(_place(item))),
            f"{item.since:%m-%d %H:%M}",
            plain(item.title) + (f" (explains {item.symptoms} more)" if item.symptoms else ""),
        )
        for item in scanned.findings
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4])) for row in rows
    ]
    inside = f" in namespace {namespace}" if namespace else ""
    looked = (
        f"Looked at {_counted(scanned.applications, 'Application')}, {_counted(scanned.pods, 'Pod')} and "
        f"{_counted(scanned.events, 'Event')}{inside}: {_counted(len(scanned.findings), 'finding')}."
    )
    return "\n".join((*(lines if scanned.findings else ()), looked))


def _place(item: "Finding") -> str:
    """The Application, else the object that nobody owns."""
    if not item.apps:
        return f"{item.where or item.cluster} (unmanaged)"
    return item.apps[0] if len(item.apps) == 1 else f"{item.apps[0]} and {len(item.apps) - 1} more"


def _document(scanned: "Scanned", namespace: str) -> dict[str, object]:
    from bot.core.plain import plain

    return {
        "namespace": namespace or None,
        "looked_at": {"applications": scanned.applications, "pods": scanned.pods, "events": scanned.events},
        "findings": [
            {
                "severity": item.severity,
                "verdict": str(item.verdict),
                "entry": item.entry or None,
                "title": plain(item.title),
                "apps": list(item.apps),
                "object": item.where or None,
                "cluster": item.cluster,
                "since": item.since.isoformat(),
                "symptoms": item.symptoms,
            }
            for item in scanned.findings
        ],
        "unread": list(scanned.troubles),
    }


def _cut(text: str) -> str:
    return text if len(text) <= PLACE_WIDTH else f"{text[: PLACE_WIDTH - 1]}…"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
