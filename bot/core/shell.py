"""Commands that people copy into a shell: values from a cluster must stay arguments. Pure."""

import re
import shlex

from bot.core.cards import Phrase
from bot.core.text import cut, pieces
from bot.core.visible import clean, one_line

VALUE_LIMIT = 500
_SAFE = re.compile(r"[\w./:@%+=,-]*", re.ASCII)


def to_command(phrase: Phrase) -> str:
    """The phrase as a command line: unsafe values are quoted for the place they stand in."""
    values = {name: cut(one_line(clean(value[: 4 * VALUE_LIMIT])), VALUE_LIMIT) for name, value in phrase.values}
    template = phrase.template.strip().strip("`").strip()
    out: list[str] = []
    before = ""
    for part, is_placeholder in pieces(template):
        if not is_placeholder:
            before += part
            out.append(part)
        elif part in values:
            out.append(_argument(values[part], _open_quote(before)))
        else:
            out.append(f"{{{{{part}}}}}")
    return clean("".join(out))


def _open_quote(before: str) -> str:
    """The quote that is still open at the end of this text, if any."""
    quote = ""
    escaped = False
    for char in before:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote and char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
    return quote


def _argument(value: str, quote: str) -> str:
    if _SAFE.fullmatch(value) and value:
        return value
    if quote == "'":
        return value.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'([\\$`"!])', r"\\\1", value)
    return shlex.quote(value)
