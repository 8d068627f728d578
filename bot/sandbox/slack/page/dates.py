"""Slack's date tokens. docs.slack.dev, "Formatting message text", "Date formatting"."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Final


def _long(moment: datetime) -> str:
    return f"{moment:%A}, {moment:%B} {_ordinal(moment.day)}, {moment:%Y}"


def _ordinal(day: int) -> str:
    suffix = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _plain(moment: datetime) -> str:
    return f"{moment:%B} {_ordinal(moment.day)}, {moment:%Y}"


def _short(moment: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment:%Y}"


_FIELDS: Final[Mapping[str, Callable[[datetime], str]]] = {
    "date_num": lambda moment: f"{moment:%Y-%m-%d}",
    "date": _plain,
    "date_short": _short,
    "date_long": _long,
    "time": lambda moment: f"{moment:%H:%M}",
    "time_secs": lambda moment: f"{moment:%H:%M:%S}",
    "ago": lambda moment: f"{moment:%Y-%m-%d %H:%M}",
}
_FIELD = re.compile(r"\{(\w+)\}")


def formatted_date(seconds: str, template: str, zone: tzinfo | None) -> str | None:
    """Return a date token's text; None where it is none, and its fallback is to be shown."""
    if not re.fullmatch(r"\d{1,11}", seconds) or not template:
        return None
    moment = datetime.fromtimestamp(int(seconds), tz=zone).astimezone(zone)
    now = datetime.now(tz=zone).astimezone(zone)

    def field(found: re.Match[str]) -> str:
        name = found[1]
        if name.endswith("_pretty"):
            near = {0: "today", 1: "yesterday", -1: "tomorrow"}.get((now.date() - moment.date()).days)
            if near is not None:
                return near if found.start() else near.capitalize()
            name = name.removesuffix("_pretty")
        return _FIELDS[name](moment) if name in _FIELDS else found[0]

    return _FIELD.sub(field, template)
