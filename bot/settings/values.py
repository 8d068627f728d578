"""The kinds of values that settings hold: each reads the text a person typed, or says what is wrong with it."""

import json
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

_LONGEST_DURATION = timedelta(days=3650)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*", re.ASCII)
_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{3,20}")
_USER = re.compile(r"[UW][A-Z0-9]{3,20}")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?")
_SECRET = re.compile(r"[!-~]+")


def json_value(value: object) -> object:
    """What JSON text says; anything else as it is. Raises ValueError without quoting the text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        # `from None`: the error carries the whole document, and with it tokens.
        raise ValueError(f"the JSON is broken at character {error.pos + 1}: {error.msg}") from None
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None


def texts(value: object) -> object:
    """The items of a comma-separated list or of a JSON list, without blanks, empty items and repeats."""
    if isinstance(value, str):
        value = json_value(value) if value.startswith("[") else value.split(",")
    if isinstance(value, frozenset | tuple):
        value = list(value)
    if not isinstance(value, list):
        raise ValueError("it isn't a list")  # noqa: TRY004  # pydantic wants ValueError
    if not all(isinstance(item, str | Path) for item in value):
        raise ValueError("an item isn't text")
    return list(dict.fromkeys(stripped for item in value if (stripped := str(item).strip())))


def parse_duration(value: object) -> object:
    """Seconds as a number, or numbers with units: `90`, `1h30m`, `500ms`."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    if _SECONDS.fullmatch(text):
        parts = [(text, "")]
    else:
        parts = _DURATION_PART.findall(text)
        if not parts or _DURATION_PART.sub("", text):
            raise ValueError
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if seconds > _LONGEST_DURATION.total_seconds():
        raise ValueError("it is more than ten years")
    return timedelta(seconds=seconds)


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta():
        raise ValueError
    return value


def _above_zero(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError
    return value


def check_url(value: str) -> str:
    """An http or https address: a host, no credentials, no query. Kept as typed."""
    parts = _split(value)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("it doesn't start with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("it carries credentials")
    if parts.query or parts.fragment or any(char.isspace() or not char.isprintable() for char in value):
        raise ValueError("it has a query, a fragment or blanks")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise ValueError("it names no host")
    return value


def _split(address: str) -> SplitResult:
    """The parts of an address. The standard library's own errors quote what may be a password; these don't."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError("its host or port can't be read") from None
    return parts


def _at_home(value: Path) -> Path:
    """The path with `~` or `~name` replaced."""
    try:
        return value.expanduser()
    except RuntimeError:
        raise ValueError(f"{value} names a home folder that isn't there") from None


def _existing_file(value: Path) -> Path:
    path = _at_home(value)
    if not path.is_file():
        raise ValueError("there is no such file")
    if not os.access(path, os.R_OK):
        raise ValueError("the file may not be read")
    return path


def _existing_folders(value: tuple[Path, ...]) -> tuple[Path, ...]:
    paths = tuple(_at_home(path) for path in value)
    for path in paths:
        if not path.is_dir():
            raise ValueError(f"{path} is no folder")
        if not os.access(path, os.R_OK | os.X_OK):
            raise ValueError(f"{path} may not be read")
    return paths


def _secret(value: SecretStr) -> SecretStr:
    """Secrets travel in HTTP headers, so a blank or a line end inside one is a slip of the clipboard."""
    if not _SECRET.fullmatch(value.get_secret_value()):
        raise ValueError("it has blanks or characters outside ASCII")
    return value


def _starts_with(prefix: str) -> Any:  # noqa: ANN401  # pydantic's own marker
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"it doesn't start with {prefix}")
        return value

    return AfterValidator(check)


def _shaped(pattern: re.Pattern[str]) -> Any:  # noqa: ANN401  # pydantic's own marker
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError  # what the setting wants says it all
        return value

    return AfterValidator(check)


def _database(value: SecretStr) -> SecretStr:
    """`sqlite:///path` or `postgresql://…` (also written `postgres://…`); empty stands for the default path."""
    text = value.get_secret_value()
    if text.startswith("postgres://"):
        text = text.replace("postgres://", "postgresql://", 1)
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///")
        if not path or path.endswith("/") or path.startswith(":memory:"):
            raise ValueError("it names no file")
    elif text.startswith("postgresql://"):
        if not _split(text).path.strip("/"):
            raise ValueError("it names no database")
    elif text:
        raise ValueError("it is neither SQLite nor PostgreSQL")
    return SecretStr(text)


def _url_map(value: Mapping[str, str]) -> Mapping[str, str]:
    for address in value.values():
        check_url(address)
    return value


def _secret_map(value: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for prefix, credential in value.items():
        check_url(prefix)
        user, colon, token = _secret(credential).get_secret_value().partition(":")
        if not (user and colon and token):
            raise ValueError("a credential isn't user:token")
    return value


Secret = Annotated[SecretStr, AfterValidator(_secret)]
BotToken = Annotated[Secret, _starts_with("xoxb-")]
AppToken = Annotated[Secret, _starts_with("xapp-")]
ChannelId = Annotated[str, _shaped(_CHANNEL)]
UserIds = Annotated[frozenset[Annotated[str, _shaped(_USER)]], BeforeValidator(texts)]
Name = Annotated[str, _shaped(_NAME)]
Names = Annotated[tuple[Annotated[str, _shaped(_NAMESPACE)], ...], BeforeValidator(texts)]
Destinations = Annotated[tuple[str, ...], BeforeValidator(texts)]
HttpUrl = Annotated[str, AfterValidator(check_url)]
UrlMap = Annotated[Mapping[str, str], BeforeValidator(json_value), AfterValidator(_url_map)]
NameMap = Annotated[Mapping[str, Annotated[str, _shaped(_NAME)]], BeforeValidator(json_value)]
SecretMap = Annotated[Mapping[str, SecretStr], BeforeValidator(json_value), AfterValidator(_secret_map)]
ExistingFile = Annotated[Path, AfterValidator(_existing_file)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(texts), AfterValidator(_existing_folders)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration), AfterValidator(_not_negative)]
Period = Annotated[timedelta, BeforeValidator(parse_duration), AfterValidator(_above_zero)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database)]
