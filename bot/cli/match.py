"""`match`: which entry explains a message, offline. Heavy modules load inside, so that it answers at once."""

import contextlib
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from bot.cli.knowledge_paths import AloneOption, JsonOption, PathOption, loaded, quick_matcher

if TYPE_CHECKING:
    from bot.kb.loader import Knowledge

PASTE_LIMIT = 4_194_304
"""Bytes read from standard input as one message."""


def match(
    text: Annotated[
        str | None, typer.Argument(help="The message, or whole `kubectl describe` output; - reads standard input.")
    ] = None,
    jsonl: Annotated[
        str | None, typer.Option("--jsonl", help="Answer every row of this file (- is standard input), in order.")
    ] = None,
    as_json: JsonOption = False,
    path: PathOption = None,
    alone: AloneOption = False,
) -> None:
    """Name the root cause of an error message, with what it says and why. Nothing is asked, nothing is sent."""
    if (text is None) == (jsonl is None):
        typer.echo("Give either a TEXT or --jsonl FILE.", err=True)
        raise typer.Exit(2)
    if jsonl is not None:
        _match_rows(jsonl, path, alone=alone)
        return
    message = sys.stdin.buffer.read(PASTE_LIMIT).decode("utf-8", "replace") if text == "-" else str(text)
    if not message.strip():
        typer.echo("The text is empty.", err=True)
        raise typer.Exit(2)
    with _without_collector():
        _match_text(message, path, alone=alone, as_json=as_json)


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """The garbage collector only costs time in a command that answers once and ends."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _match_text(message: str, path: list[Path] | None, *, alone: bool, as_json: bool) -> None:
    from bot.cli.match_output import as_people_read, as_programs_read
    from bot.core.haystack import text_of
    from bot.core.pasted import recognise

    text = text_of(message)
    result, paste = recognise(quick_matcher(path, alone=alone), text)
    similar = _similar(text.message, loaded(path, alone=alone)) if result.verdict == "unknown" else []
    if as_json:
        typer.echo(as_programs_read(result, paste, similar))
    else:
        typer.echo(as_people_read(result, paste, similar))


def _similar(message: str, knowledge: "Knowledge") -> list[tuple[str, str]]:
    """Ids and titles of entries that read alike, for a message that none matches."""
    from bot.kb.search import Index

    documents = [item for item in knowledge.documents.values() if item.entry.status != "retired"]
    return [(found.document.entry.id, found.document.entry.title) for found in Index(documents).similar(message)]


def _match_rows(source: str, path: list[Path] | None, *, alone: bool) -> None:
    from bot.kb.rows import answer_rows

    if source != "-" and not Path(source).is_file():
        typer.echo(f"There is no file {source}.", err=True)
        raise typer.Exit(2)
    matcher = quick_matcher(path, alone=alone)
    with contextlib.ExitStack() as stack:
        stream: BinaryIO = sys.stdin.buffer if source == "-" else stack.enter_context(Path(source).open("rb"))
        bad = answer_rows(stream, sys.stdout.buffer, matcher)
    if bad:
        typer.echo(f"{bad} bad {'row' if bad == 1 else 'rows'}: see the lines with an error.", err=True)
        raise typer.Exit(1)
