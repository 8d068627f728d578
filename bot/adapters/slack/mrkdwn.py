"""Untrusted text and phrases in Slack's syntax. Pure.

A phrase's template is taken apart first (bold, code, links), and each piece is filled with the values escaped for the
place they stand in. So no value can close a code span, open a mention or a link, or start a line of its own.
Slack has no escape for its formatting characters (docs.slack.dev, "Formatting message text": only `&`, `<`, `>`),
therefore a look-alike replaces them where they would be read as formatting.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.core.cards import Phrase
from bot.core.text import pieces
from bot.core.visible import clean, one_line

VALUE_LIMITS = (400, 120, 30)
"""Characters of one value inside a sentence: tried from generous to strict until the sentence fits."""

URL_LIMIT = 1000
ELLIPSIS = "…"
_MARKUP = re.compile(
    r"```(?:[a-z]*\n)?(?P<fence>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>.+?)\*\*"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<url>[^)\s]+)\)",
    re.DOTALL,
)
_BULLET = re.compile(r"(?m)^[ \t]*[-*][ \t]+")
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]+:)")
_URL = re.compile(r"https?://[^\s]+", re.IGNORECASE)


def size(text: str) -> int:
    """The length Slack counts: UTF-16 units, so that an emoji counts twice rather than too little."""
    return len(text) + sum(1 for char in text if char > "\uffff")


def cut(text: str, limit: int) -> str:
    """At most `limit` units of the text; what was cut off is told by an ellipsis."""
    if size(text) <= limit:
        return text
    kept = text[: max(limit - 1, 0)]
    while kept and size(kept) > limit - 1:
        kept = kept[:-1]
    return (kept + ELLIPSIS) if limit > 0 else ""


def cut_middle(text: str, limit: int) -> str:
    """Head and tail of a long text, as an error's last words are often its cause; says how much is missing."""
    if size(text) <= limit:
        return text
    gap = f" {ELLIPSIS} {len(text):,} characters in all {ELLIPSIS} "
    room = max(limit - len(gap), 0)
    head, tail = text[: room * 2 // 3], text[len(text) - room // 3 :]
    while head and size(head + tail) > room:
        head, tail = head[:-1], tail[1:]
    return cut(head + gap + tail, limit)


def escape(text: str) -> str:
    """Slack's three control characters as entities; formatting stays."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_cut(text: str, limit: int) -> str:
    """Escaped text of at most `limit` units that never ends inside an entity."""
    whole = escape(text)
    if size(whole) <= limit:
        return whole
    kept: list[str] = []
    left = limit - 1
    for char in text:
        piece = escape(char)
        left -= size(piece)
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept) + ELLIPSIS


def in_code(value: str) -> str:
    """A value for the inside of a code span: on one line, unable to close it."""
    return escape(value.replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}"))


def in_text(value: str) -> str:
    """A value for running text: no formatting, emoji, mention or link comes of it."""
    value = value.replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}")
    value = value.replace("*", "\N{ASTERISK OPERATOR}").replace("~", "\N{TILDE OPERATOR}")
    value = _LOOSE_UNDERSCORE.sub("\N{FULLWIDTH LOW LINE}", value)
    return escape(_EMOJI.sub("\N{MODIFIER LETTER COLON}", value))


def in_url(value: str) -> str:
    """A value inside a link's address: what would end the link is percent-encoded."""
    return re.sub(r"[<>|\s`\"]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), value)


class Kind(StrEnum):
    """What a piece of a template is."""

    TEXT = "text"
    CODE = "code"
    FENCE = "fence"
    BOLD = "bold"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of a template; `url` only for links."""

    kind: Kind
    template: str
    url: str = ""


def markup(template: str) -> Iterator[Piece]:
    """Take a template apart. What is no markup of the subset is text."""
    at = 0
    for found in _MARKUP.finditer(template):
        if found.start() > at:
            yield Piece(kind=Kind.TEXT, template=template[at : found.start()])
        at = found.end()
        if found["fence"] is not None:
            yield Piece(kind=Kind.FENCE, template=found["fence"].strip("\n"))
        elif found["code"] is not None:
            yield Piece(kind=Kind.CODE, template=found["code"])
        elif found["bold"] is not None:
            yield Piece(kind=Kind.BOLD, template=found["bold"])
        else:
            yield Piece(kind=Kind.LINK, template=found["label"], url=found["url"])
    if at < len(template):
        yield Piece(kind=Kind.TEXT, template=template[at:])


def to_mrkdwn(phrase: Phrase, limit: int = 3000) -> str:
    """The phrase as Slack mrkdwn of at most `limit` units."""
    for value_limit in VALUE_LIMITS:
        rendered = _render(phrase.template, _values(phrase, value_limit))
        if size(rendered) <= limit:
            return rendered
    return escape_cut(to_plain(phrase, limit), limit)


def to_plain(phrase: Phrase, limit: int = 3000) -> str:
    """The phrase without any syntax, for notifications, headers and places that know none. Not escaped."""
    values = _values(phrase, VALUE_LIMITS[0])
    return cut(clean(_plain(phrase.template, values)).strip(), limit)


def _values(phrase: Phrase, limit: int) -> dict[str, str]:
    # cut before cleaning too: a value may be 100 KB long
    return {name: cut(one_line(clean(value[: 4 * limit])), limit) for name, value in phrase.values}


def _fill(template: str, values: dict[str, str], escaped: Callable[[str], str], literal: Callable[[str], str]) -> str:
    return "".join(
        _value(part, values, escaped) if is_placeholder else literal(part) for part, is_placeholder in pieces(template)
    )


def _value(name: str, values: dict[str, str], escaped: Callable[[str], str]) -> str:
    # what is missing is shown by its name rather than as a hole (as `bot.core.text.fill` does)
    return escaped(values[name]) if name in values else f"{{{{{name}}}}}"


def _literal_text(text: str) -> str:
    return escape(_BULLET.sub("• ", clean(text)))


def _literal_code(text: str) -> str:
    return in_code(clean(text))


def _render(template: str, values: dict[str, str]) -> str:
    out: list[str] = []
    for piece in markup(template):
        match piece.kind:
            case Kind.TEXT:
                out.append(_fill(piece.template, values, in_text, _literal_text))
            case Kind.BOLD:
                inner = _render(piece.template, values).strip()
                out.append(f"*{inner}*" if inner and "\n" not in inner else inner)
            case Kind.CODE:
                inner = one_line(_fill(piece.template, values, in_code, _literal_code))
                out.append(f"`{inner}`" if inner else "")
            case Kind.FENCE:
                out.append("```" + _fill(piece.template, values, in_code, _literal_code) + "```")
            case Kind.LINK:
                out.append(link(_plain(piece.url, values, in_url), _plain(piece.template, values)))
    return "".join(out)


def _plain(template: str, values: dict[str, str], escaped: Callable[[str], str] = str) -> str:
    out: list[str] = []
    for piece in markup(template):
        if piece.kind is Kind.BOLD:
            out.append(_plain(piece.template, values, escaped))
        else:
            out.append(_fill(piece.template, values, escaped, str))
    return "".join(out)


def link(url: str, label: str) -> str:
    """A link in Slack's syntax; the bare label where the address isn't a web address."""
    url = escape(in_url(one_line(clean(url))))
    shown = in_text(one_line(clean(label))) or "link"
    if not _URL.fullmatch(url) or size(url) > URL_LIMIT:
        return shown
    # a pipe in the label would be read as another separator
    return f"<{url}|{shown.replace('|', '¦')}>"
