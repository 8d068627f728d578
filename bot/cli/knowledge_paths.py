"""Which knowledge a command works on: what ships, the folders of the settings, and `--path`."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.core.matching import Matcher
    from bot.kb.loader import Knowledge

PathOption = Annotated[
    list[Path] | None,
    typer.Option("--path", help="A folder with your own entries, beside those that ship; may be repeated."),
]
AloneOption = Annotated[bool, typer.Option("--alone", help="Only the folders given with --path, nothing that ships.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_SETTING = "GITOPS_BOT_KNOWLEDGE"


def knowledge_paths(given: Sequence[Path] | None, *, alone: bool) -> tuple[Path, ...]:
    """The folders in order, later ones win. Exits with status 2 for one that isn't there."""
    from bot.kb.loader import default_path

    paths = tuple(given or ())
    if alone and not paths:
        typer.echo("--alone needs a folder: add --path DIR.", err=True)
        raise typer.Exit(2)
    for path in paths:
        if not path.is_dir():
            typer.echo(f"There is no folder {path}. --path wants one that holds <area>/<id>.md files.", err=True)
            raise typer.Exit(2)
    return paths if alone else (default_path(), *configured_paths(), *paths)


def configured_paths() -> tuple[Path, ...]:
    """The folders of the settings. They are read only where one is set: that takes as long as a match."""
    if not _is_set():
        return ()
    from bot.cli.common import settings_or_exit

    return tuple(settings_or_exit().knowledge.paths)


def loaded(given: Sequence[Path] | None, *, alone: bool) -> "Knowledge":
    """The knowledge base; with errors in it, they are printed and the command ends with status 2."""
    from bot.kb.loader import load_or_raise

    with _usable():
        return load_or_raise(knowledge_paths(given, alone=alone))


def quick_matcher(given: Sequence[Path] | None, *, alone: bool) -> "Matcher":
    """The knowledge base made ready to match, from where the last command kept it; errors as with `loaded`."""
    from bot.kb.snapshot import quick_matcher as matcher_of

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with _usable():
        return matcher_of(knowledge_paths(given, alone=alone), cache / "gitops-bot")


@contextmanager
def _usable() -> Iterator[None]:
    from bot.kb.loader import BadKnowledge

    try:
        yield
    except BadKnowledge as error:
        typer.echo(f"{error}\nThe knowledge base can't be used until this is mended.", err=True)
        raise typer.Exit(2) from error


def _is_set() -> bool:
    if any(name.upper().startswith(_SETTING) for name in os.environ):
        return True
    env_file = Path(".env")
    return env_file.is_file() and _SETTING in env_file.read_text(encoding="utf-8", errors="replace").upper()
