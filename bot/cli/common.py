"""What several commands share: the settings, or one sentence per mistake and exit status 2."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.settings import Settings


def settings_or_exit(*, needed_for_run: bool = False) -> "Settings":
    """The settings; a wrong one is told in a sentence each, and the command ends with status 2."""
    # Imported here: reading settings takes longer than a whole `match`, which often needs none.
    from bot.settings import SettingsError, load

    try:
        return load(needed_for_run=needed_for_run)
    except SettingsError as error:
        for sentence in error.sentences:
            typer.echo(sentence, err=True)
        raise typer.Exit(2) from None
