"""Where settings come from: names and texts of the environment and of a `.env` file, before anything is judged."""

import difflib
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv.parser import parse_stream
from pydantic_settings import BaseSettings, EnvSettingsSource

PREFIX = "GITOPS_BOT_"
DELIMITER = "__"

_SERVICE_LINK = re.compile(
    r"(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
_LINKED_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://.*")


def read(environ: Mapping[str, str], env_file: Path | None) -> tuple[dict[str, str], list[str]]:
    """The bot's own names (upper case) with their texts, and a sentence for each thing that can't be read.

    The environment wins over the file. An empty text is the same as none. Blanks and line ends around a text are
    dropped: they come with secrets that were made from files.
    """
    from_file, sentences = _read_file(env_file)
    linked = {name for name, text in environ.items() if _is_service_link(name.upper(), text)}
    from_environ = {name: text for name, text in environ.items() if name not in linked}
    given: dict[str, str] = {}
    for source in (from_file, from_environ):
        spelled: dict[str, str] = {}
        for name, text in source.items():
            upper = name.upper()
            if not upper.startswith(PREFIX):
                continue
            if upper in spelled:
                sentences.append(f"{spelled[upper]} and {name} are the same setting; set it once.")
            spelled[upper] = name
            given[upper] = text.strip()
    return {name: text for name, text in given.items() if text}, sentences


class ReadEnvironment(EnvSettingsSource):
    """pydantic-settings' environment source over names and texts that were read already."""

    def __init__(self, settings: type[BaseSettings], given: Mapping[str, str]) -> None:
        self._given = {name.lower(): text for name, text in given.items()}
        super().__init__(settings, case_sensitive=False)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._given


def unknown_name(name: str, names: Iterable[str]) -> str:
    """Says that there is no such setting, and which one may be meant. Its value is not repeated."""
    bare = [known.removeprefix(PREFIX) for known in names]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), bare, n=1, cutoff=0.75)
    hint = f"did you mean {PREFIX}{near[0]}?" if near else "docs/settings.md lists all."
    return f"{name} is no setting of the bot; {hint}"


def _read_file(path: Path | None) -> tuple[dict[str, str], list[str]]:
    """The assignments of a `.env` file. Nothing is expanded in them: a `$` in a token stays a `$`."""
    if path is None:
        return {}, []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{path} can't be read ({error.strerror}); it must be a readable file, or be absent."]
    except UnicodeDecodeError:
        return {}, [f"{path} isn't UTF-8 text; save it as UTF-8."]
    found: dict[str, str] = {}
    sentences: list[str] = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            blank = len(binding.original.string) - len(binding.original.string.lstrip())
            line = binding.original.line + binding.original.string[:blank].count("\n")
            sentences.append(f"{path}, line {line} can't be read; it must be NAME=value.")
        elif binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
    return found, sentences


def _is_service_link(name: str, text: str) -> bool:
    """Whether Kubernetes set it: a Service called gitops-bot gives each Pod GITOPS_BOT_SERVICE_HOST and the like."""
    if not name.startswith(PREFIX) or DELIMITER in name:
        return False
    rest = name.removeprefix(PREFIX)
    if rest == "PORT" or rest.endswith("_PORT"):
        return bool(_LINKED_ADDRESS.fullmatch(text) or _SERVICE_LINK.fullmatch(rest))
    return bool(_SERVICE_LINK.fullmatch(rest))
