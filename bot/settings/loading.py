"""From names and texts to settings, or to one sentence for each mistake."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from bot.settings.groups import Group
from bot.settings.reading import PREFIX, ReadEnvironment, read, unknown_name
from bot.settings.sentences import sentence
from bot.settings.settings import Settings


class SettingsError(Exception):
    """The configuration can't be used. `sentences` name each setting, what it got and what it wants."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


def load(
    environ: Mapping[str, str] | None = None, *, env_file: Path | None = Path(".env"), needed_for_run: bool = False
) -> Settings:
    """The settings of `environ` (default: the process's environment), else of `env_file`, else the defaults.

    Raises SettingsError with every mistake at once. What only `run` needs is asked for with `needed_for_run`.
    """
    given, sentences = read(os.environ if environ is None else environ, env_file)
    names = setting_names()
    sentences += [unknown_name(name, names) for name in sorted(given) if name not in names]
    settings: Settings | None = None
    try:
        known = {name: text for name, text in given.items() if name in names}
        settings = Settings(**ReadEnvironment(Settings, known)())
    except ValidationError as error:
        for details in error.errors(include_url=False):
            sentences += sentence(Settings, details).splitlines()
    if settings is None or sentences:
        raise SettingsError(sentences)
    if needed_for_run and (missing := settings.missing_for_run()):
        raise SettingsError(missing)
    return settings


def setting_names() -> tuple[str, ...]:
    """Every name that may be set, `GITOPS_BOT_WEB__HOST` and so on."""
    return tuple(
        f"{PREFIX}{name.upper()}{suffix}"
        for name, field in Settings.model_fields.items()
        for suffix in (
            [f"__{inner.upper()}" for inner in field.annotation.model_fields]
            if isinstance(field.annotation, type) and issubclass(field.annotation, Group)
            else [""]
        )
    )
