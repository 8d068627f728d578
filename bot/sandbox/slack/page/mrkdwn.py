"""Mrkdwn and rich text as HTML. Everything that comes from a message is escaped here, once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from markupsafe import Markup, escape

from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.mrkdwn import Kind, Piece, parse, unescaped
from bot.sandbox.slack.page.dates import formatted_date
from bot.sandbox.slack.page.emoji import EMOJI
from bot.sandbox.slack.values import Json

_TAGS = {Kind.BOLD: "strong", Kind.ITALIC: "em", Kind.STRIKE: "s", Kind.QUOTE: "blockquote"}
_STYLES = {"bold": "strong", "italic": "em", "strike": "s", "code": "code"}
_PING = Markup('<span class="ping" title="This rings everyone">@{}</span>')


class Html:
    """Renders text objects; knows the names behind ids, and the reader's time zone (None: this machine's)."""

    def __init__(self, directory: Directory, *, zone: tzinfo | None = None) -> None:
        self._directory = directory
        self._zone = zone

    def mrkdwn(self, text: str, *, verbatim: bool = False) -> Markup:
        """Return mrkdwn as HTML."""
        return self._pieces(parse(text, verbatim=verbatim))

    def text_object(self, text: Mapping[str, object]) -> Markup:
        """Return a plain_text or mrkdwn object as HTML."""
        words = str(text.get("text", ""))
        if text.get("type") == "mrkdwn":
            return self.mrkdwn(words, verbatim=bool(text.get("verbatim")))
        return self.plain(words, emoji=bool(text.get("emoji", True)))

    def plain(self, text: str, *, emoji: bool = True) -> Markup:
        """Return plain text as HTML: shortcodes become emoji, nothing else is read."""
        parts = unescaped(text).split(":")
        if not emoji or len(parts) < 3:
            return _lines(unescaped(text))
        whole = parts[0]
        joined = True
        for number, part in enumerate(parts[1:], start=1):
            if joined and part in EMOJI and number < len(parts) - 1:
                whole += EMOJI[part]
                joined = False
            else:
                whole += f":{part}" if joined else part
                joined = True
        return _lines(whole)

    def rich_text(self, block: Json) -> Markup:
        """Return a rich_text block as HTML."""
        return Markup("").join(self._container(element) for element in block["elements"])

    def _pieces(self, pieces: Iterable[Piece]) -> Markup:
        return Markup("").join(self._piece(piece) for piece in pieces)

    def _piece(self, piece: Piece) -> Markup:
        match piece.kind:
            case Kind.TEXT:
                return _lines(piece.text)
            case Kind.CODE:
                return Markup("<code>{}</code>").format(self._pieces(piece.children))
            case Kind.FENCE:
                return Markup("<pre>{}</pre>").format(self._preformatted(piece.children))
            case Kind.EMOJI:
                return _emoji(piece.text)
            case Kind.LINK:
                return _link(piece.target, piece.text)
            case Kind.DATE:
                return self._date(piece)
            case Kind.USER | Kind.CHANNEL | Kind.GROUP | Kind.BROADCAST:
                return self._mention(piece)
            case _:
                tag = Markup(_TAGS[piece.kind])  # noqa: S704 - one of four words of this module
                return Markup("<{}>{}</{}>").format(tag, self._pieces(piece.children), tag)

    def _preformatted(self, pieces: Iterable[Piece]) -> Markup:
        return Markup("").join(
            escape(piece.text) if piece.kind is Kind.TEXT else self._piece(piece) for piece in pieces
        )

    def _mention(self, piece: Piece) -> Markup:
        shown = Markup('<span class="mention">{}{}</span>')
        match piece.kind:
            case Kind.BROADCAST:
                return _PING.format(piece.target)
            case Kind.USER:
                user = self._directory.users.get(piece.target)
                return shown.format("@", user.real_name if user else piece.text or "unknown-user")
            case Kind.CHANNEL:
                channel = self._directory.channels.get(piece.target)
                return shown.format("#", channel.name if channel else piece.text or "unknown-channel")
            case _:
                group = self._directory.groups.get(piece.target)
                return shown.format("@", group.handle if group else piece.text.lstrip("@") or "unknown-group")

    def _date(self, piece: Piece) -> Markup:
        seconds, _, rest = piece.target.partition("^")
        template, _, link = rest.partition("^")
        shown = formatted_date(seconds, template, self._zone)
        if shown is None:
            return escape(piece.text)
        moment = datetime.fromtimestamp(int(seconds), tz=self._zone).astimezone(self._zone)
        element = Markup('<time datetime="{}" title="{}">{}</time>').format(
            moment.isoformat(), f"{moment:%Y-%m-%d %H:%M:%S %Z}", shown
        )
        return _link(link, element) if link else element

    # --- rich text ---

    def _container(self, element: Json) -> Markup:
        match element["type"]:
            case "rich_text_preformatted":
                return Markup("<pre>{}</pre>").format(self._inline(element["elements"], breaks=False))
            case "rich_text_quote":
                return Markup("<blockquote>{}</blockquote>").format(self._inline(element["elements"]))
            case "rich_text_list":
                tag = Markup("ol") if element.get("style") == "ordered" else Markup("ul")
                depth = min(int(element.get("indent", 0)), 8)
                items = Markup("").join(
                    Markup("<li>{}</li>").format(self._inline(item["elements"])) for item in element["elements"]
                )
                return Markup('<{} class="indent-{}">{}</{}>').format(tag, depth, items, tag)
            case _:
                return Markup("<p>{}</p>").format(self._inline(element["elements"]))

    def _inline(self, parts: Iterable[Json], *, breaks: bool = True) -> Markup:
        return Markup("").join(self._styled(part, self._part(part, breaks=breaks)) for part in parts)

    def _styled(self, part: Json, inside: Markup) -> Markup:
        for name, tag in _STYLES.items():
            if part.get("style", {}).get(name):
                inside = Markup("<{}>{}</{}>").format(Markup(tag), inside, Markup(tag))  # noqa: S704 - our own words
        return inside

    def _part(self, part: Json, *, breaks: bool) -> Markup:
        match part["type"]:
            case "text":
                return _lines(part["text"]) if breaks else escape(part["text"])
            case "link":
                return _link(part["url"], part.get("text") or part["url"])
            case "emoji":
                return _emoji(part["name"])
            case "color":
                return escape(part["value"])
            case "date":
                target = f"{part['timestamp']}^{part['format']}^{part.get('url', '')}"
                return self._date(Piece(kind=Kind.DATE, target=target, text=part.get("fallback", "")))
            case _:
                return self._mention(_mentioned(part))


def _mentioned(part: Json) -> Piece:
    match part["type"]:
        case "broadcast":
            return Piece(kind=Kind.BROADCAST, target=part["range"])
        case "user":
            return Piece(kind=Kind.USER, target=part["user_id"])
        case "channel":
            return Piece(kind=Kind.CHANNEL, target=part["channel_id"])
        case _:
            return Piece(kind=Kind.GROUP, target=part["usergroup_id"])


def _lines(text: str) -> Markup:
    return Markup("<br>").join(text.split("\n"))


def _emoji(name: str) -> Markup:
    character = EMOJI.get(name)
    if character is None:
        return escape(f":{name}:")
    return Markup('<span class="emoji" role="img" aria-label="{}">{}</span>').format(name.replace("_", " "), character)


def _link(address: str, label: str | Markup) -> Markup:
    if not address.startswith(("https://", "http://", "mailto:")):
        return escape(label)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(address, label)
