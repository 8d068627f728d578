"""`replay`: recorded stories through the whole core."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.cli.common import settings_or_exit


def replay(
    directory: Annotated[
        Path, typer.Argument(help="A folder laid out like the recordings.", exists=True, file_okay=False)
    ],
    story: Annotated[str | None, typer.Option(help="Only this story; default: all.")] = None,
    source: Annotated[
        Literal["argocd", "kubernetes"] | None, typer.Option(help="Play one source alone; default: both together.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with DIRECTORY/expected.json; exit 1 on a difference.")
    ] = False,
) -> None:
    """Play recorded stories through the parsers and the whole core; one JSON line per story."""
    from bot.app.parts import load_knowledge, make_board
    from bot.replay.check import differences
    from bot.replay.play import SOURCES, Replay, described
    from bot.replay.stories import read_story, stories

    expected_file = directory / "expected.json"
    if check and not expected_file.exists():
        typer.echo(f"There is no {expected_file} to compare with.", err=True)
        raise typer.Exit(2)
    expected = json.loads(expected_file.read_text())["stories"] if check else {}
    known = stories(directory)
    if not known:
        typer.echo(
            f"{directory} has no stories; it must be laid out like recordings (argocd/stream/NAME.ndjson).", err=True
        )
        raise typer.Exit(2)
    if story is not None and story not in known:
        typer.echo(f"There is no story {story!r} in {directory}; it has: {', '.join(known) or 'none'}.", err=True)
        raise typer.Exit(2)
    sources = (source,) if source else SOURCES
    settings = settings_or_exit()
    knowledge = load_knowledge(settings)
    failed = False
    for name in [story] if story else known:
        playing = Replay(read_story(directory, name), board=make_board(settings, knowledge), sources=sources)
        incidents = [described(item, playing.symptoms.get(item.id, ())) for item in asyncio.run(playing.run())]
        typer.echo(json.dumps({"story": name, "incidents": incidents}))
        if check and name in expected:
            for difference in differences(incidents, expected[name], sources=sources):
                failed = True
                typer.echo(f"{name}: {difference}", err=True)
    if failed:
        raise typer.Exit(1)
