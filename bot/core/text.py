"""Plain text work: filling `{{name}}` placeholders and cutting to a limit."""

import re
from collections.abc import Callable, Iterator, Mapping

_PLACEHOLDER = re.compile(r"\{\{([A-Za-z_][A-Za-z0-9_.]*)\}\}")
"""The one grammar of placeholders: letters, digits, `_` and `.` (for `signal.app`) between two braces."""


def placeholders(template: str) -> tuple[str, ...]:
    """The names a template uses, each once, in order of appearance."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(template)))


def fill(template: str, values: Mapping[str, str], escape: Callable[[str], str] | None = None) -> str:
    """The template with each `{{name}}` replaced by its value, escaped for where the text goes.

    Values are data: they are put in once and never looked at again for placeholders. A name without a value stays
    as it is, so that the reader sees what is missing instead of a hole.
    """

    def value(match: re.Match[str]) -> str:
        found = values.get(match.group(1))
        if found is None:
            return match.group(0)
        return escape(found) if escape else found

    return _PLACEHOLDER.sub(value, template)


def pieces(template: str) -> Iterator[tuple[str, bool]]:
    """The template cut at its placeholders: (text, False) for plain parts, (name, True) for placeholders."""
    position = 0
    for match in _PLACEHOLDER.finditer(template):
        if match.start() > position:
            yield template[position : match.start()], False
        yield match.group(1), True
        position = match.end()
    if position < len(template):
        yield template[position:], False


def cut(text: str, limit: int, mark: str = "…") -> str:
    """The text in at most `limit` characters, ending in `mark` where something was cut off."""
    if len(text) <= limit:
        return text
    if limit <= len(mark):
        return mark[: max(limit, 0)]
    return text[: limit - len(mark)].rstrip() + mark
