"""`kb import`: an RCA report becomes draft entries in a folder of yours. Nothing that is there is overwritten."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.knowledge_paths import configured_paths, knowledge_paths, loaded

if TYPE_CHECKING:
    from bot.kb.importing import Imported

REPORT_LIMIT = 2_097_152
"""Bytes of a report."""


def import_report(
    report: Annotated[Path, typer.Argument(help="The report, in Markdown.")],
    area: Annotated[str, typer.Option(help="The folder that the drafts go to.")] = "imported",
    path: Annotated[
        Path | None,
        typer.Option("--path", help="Where to put it; default: your own folder of the settings, else ./knowledge."),
    ] = None,
) -> None:
    """Make drafts of an RCA report: one for each failure with an error message; what is missing is listed."""
    from bot.kb.importing import drafts, read_report

    text = _read(report)
    root = path or next(iter(reversed(configured_paths())), Path("knowledge"))
    if not area.replace("-", "").isalnum() or not area.isascii() or area != area.lower():
        typer.echo(f"{area!r} isn't an area: use a folder's name in kebab-case, such as storage.", err=True)
        raise typer.Exit(2)
    known = {folder.resolve() for folder in knowledge_paths(None, alone=False)}
    knowledge = loaded([root] if root.is_dir() and root.resolve() not in known else None, alone=False)
    made = drafts(read_report(text), knowledge.compile(), taken=knowledge.documents)
    folder = root / area
    written = sum(_write(folder, item) for item in made)
    if not written and not any(item.known for item in made):
        typer.echo(
            "Nothing was written: no error message was found. Give each failure a heading and its message in a fenced "
            "block below a heading or label «Error message».",
            err=True,
        )
        raise typer.Exit(1)
    typer.echo(f"Next: gitops-bot kb lint --path {root}, then read each draft and give it a better name.")


def _write(folder: Path, item: "Imported") -> bool:
    """Write one draft and tell about it; False where none could be made or its file exists."""
    name = f"{item.finding.number}. {item.finding.title}"
    missing = f"\n  missing in the report: {', '.join(item.missing)}" if item.missing else ""
    if item.known:
        typer.echo(f"{name}: the draft {item.known} is there already and was left as it is.")
        return False
    if not item.text:
        typer.echo(f"{name}: no draft{missing}")
        return False
    file = folder / f"{item.id}.md"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(item.text)
    except FileExistsError:
        typer.echo(f"{name}: {file} exists already and was left as it is.")
        return False
    overlaps = f"\n  overlaps: {item.overlaps} wins this message already" if item.overlaps else ""
    typer.echo(f"{name}: {file}{overlaps}{missing}")
    return True


def _read(report: Path) -> str:
    try:
        if report.stat().st_size > REPORT_LIMIT:
            typer.echo(f"{report} is larger than {REPORT_LIMIT} bytes: that is no report.", err=True)
            raise typer.Exit(2)
        return report.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"{report} can't be read: {error}.", err=True)
        raise typer.Exit(2) from error
