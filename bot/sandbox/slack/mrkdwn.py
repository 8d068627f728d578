"""Slack's mrkdwn taken apart: docs.slack.dev, "Formatting message text". Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.slack.values import Json

_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))
_FENCE = re.compile(r"```(?P<fence>.+?)```\n?", re.DOTALL)
_QUOTED = re.compile(r"(?:&gt;|>) ?")
# an italic may hold underscores, so its end is searched for: within bounds, as messages may be hostile
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<token>[^<>\n]+)>"
    r"|(?P<address>https?://[^\s<>]+)"
    r"|(?<![\w*])\*(?P<bold>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![^\W_])_(?P<italic>[^\s_](?:[^\n]{0,400}?[^\s_])?)_(?![^\W_])"
    r"|(?<![\w~])~(?P<strike>[^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])"
    r"|:(?P<emoji>[a-z0-9_+'-]{1,60}):"
)
_TOKEN = re.compile(r"<([^<>\n]+)>")
_BROADCASTS = frozenset({"channel", "here", "everyone"})


class Kind(StrEnum):
    """What a piece of text is."""

    TEXT = "text"
    CODE = "code"
    FENCE = "fence"
    QUOTE = "quote"
    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strike"
    EMOJI = "emoji"
    LINK = "link"
    USER = "user"
    CHANNEL = "channel"
    GROUP = "group"
    BROADCAST = "broadcast"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece: leaves carry `text`, the others `children`; `target` is an address, an id, or a date's description."""

    kind: Kind
    text: str = ""
    target: str = ""
    children: tuple["Piece", ...] = ()


def unescaped(text: str) -> str:
    """Return text with Slack's three entities as the characters they stand for."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)


def parse(text: str, *, verbatim: bool = False) -> tuple[Piece, ...]:
    """Take mrkdwn apart; with `verbatim` bare addresses stay text."""
    pieces: list[Piece] = []
    at = 0
    for found in _FENCE.finditer(text):
        pieces += _paragraphs(text[at : found.start()], verbatim=verbatim)
        pieces.append(Piece(kind=Kind.FENCE, children=tuple(_code(found["fence"].strip("\n")))))
        at = found.end()
    pieces += _paragraphs(text[at:], verbatim=verbatim)
    return tuple(pieces)


def _paragraphs(text: str, *, verbatim: bool) -> Iterator[Piece]:
    """Quotes, and the lines between them."""
    quoted: list[str] = []
    plain: list[str] = []
    for line in text.split("\n"):
        marked = _QUOTED.match(line)
        if marked:
            yield from _inline("\n".join(plain), verbatim=verbatim)
            plain = []
            quoted.append(line[marked.end() :])
            continue
        if quoted:
            yield Piece(kind=Kind.QUOTE, children=tuple(_inline("\n".join(quoted), verbatim=verbatim)))
            quoted = []
        plain.append(line)
    if quoted:
        yield Piece(kind=Kind.QUOTE, children=tuple(_inline("\n".join(quoted), verbatim=verbatim)))
    yield from _inline("\n".join(plain), verbatim=verbatim)


def _inline(text: str, *, verbatim: bool) -> Iterator[Piece]:
    at = 0
    for found in _INLINE.finditer(text):
        if found.start() > at:
            yield Piece(kind=Kind.TEXT, text=unescaped(text[at : found.start()]))
        at = found.end()
        yield from _marked(found, verbatim=verbatim)
    if at < len(text):
        yield Piece(kind=Kind.TEXT, text=unescaped(text[at:]))


def _marked(found: re.Match[str], *, verbatim: bool) -> Iterator[Piece]:
    name = str(found.lastgroup)
    inside = found[name]
    match name:
        case "code":
            yield Piece(kind=Kind.CODE, children=tuple(_code(inside)))
        case "token":
            yield _token(inside)
        case "address" if not verbatim:
            address = inside.rstrip(".,;:!?)'\"*_~`")
            yield Piece(kind=Kind.LINK, text=unescaped(address), target=unescaped(address))
            if address != inside:
                yield Piece(kind=Kind.TEXT, text=unescaped(inside[len(address) :]))
        case "address":
            yield Piece(kind=Kind.TEXT, text=unescaped(inside))
        case "emoji":
            yield Piece(kind=Kind.EMOJI, text=inside)
        case _:
            yield Piece(kind=Kind(name), children=tuple(_inline(inside, verbatim=verbatim)))


def _code(text: str) -> Iterator[Piece]:
    # Slack resolves mentions before it looks for code, so one in backticks still rings
    at = 0
    for found in _TOKEN.finditer(text):
        if found.start() > at:
            yield Piece(kind=Kind.TEXT, text=unescaped(text[at : found.start()]))
        at = found.end()
        yield _token(found[1])
    if at < len(text):
        yield Piece(kind=Kind.TEXT, text=unescaped(text[at:]))


def _token(inside: str) -> Piece:
    target, _, label = inside.partition("|")
    label = unescaped(label)
    if target.startswith(("@U", "@W")):
        return Piece(kind=Kind.USER, target=target[1:], text=label)
    if target.startswith("#C"):
        return Piece(kind=Kind.CHANNEL, target=target[1:], text=label)
    if target.startswith("!"):
        name, _, rest = target[1:].partition("^")
        if name in _BROADCASTS:
            return Piece(kind=Kind.BROADCAST, target=name, text=label)
        if name == "subteam":
            return Piece(kind=Kind.GROUP, target=rest, text=label)
        if name == "date":
            return Piece(kind=Kind.DATE, target=unescaped(rest), text=label)
        return Piece(kind=Kind.TEXT, text=label or f"<{unescaped(target)}>")
    if re.match(r"https?://|mailto:", target):
        address = unescaped(target)
        return Piece(kind=Kind.LINK, target=address, text=label or address)
    return Piece(kind=Kind.TEXT, text=f"<{unescaped(inside)}>")


def pings(message: Json) -> list[str]:
    """Return whom a message rings: `channel`, `here`, `everyone`, user and group ids, in order and once.

    Read where Slack reads mentions: mrkdwn (code or not) and rich text; never plain text.
    """
    found: list[str] = []
    texts = [message.get("text", ""), *_mrkdwn_texts(message.get("blocks", []))]
    for text in texts:
        for token in _TOKEN.findall(str(text)):
            piece = _token(token)
            if piece.kind in (Kind.BROADCAST, Kind.USER, Kind.GROUP):
                found.append(piece.target)
    found += _rich_mentions(message.get("blocks", []))
    return list(dict.fromkeys(found))


def _mrkdwn_texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield str(value.get("text", ""))
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _mrkdwn_texts(item)


def _rich_mentions(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        name = {"broadcast": "range", "user": "user_id", "usergroup": "usergroup_id"}.get(str(value.get("type")))
        if name is not None and name in value:
            yield str(value[name])
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _rich_mentions(item)
