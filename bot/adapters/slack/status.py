"""The answer to `/gitops status`: what is open, and what can't be seen right now. Pure."""

from bot.adapters.slack import limits
from bot.adapters.slack.elements import bullets, header
from bot.adapters.slack.limits import Message, fitted
from bot.adapters.slack.mrkdwn import escape_cut, to_plain
from bot.adapters.slack.note import paragraphs
from bot.core.cards import StatusCard
from bot.core.visible import one_line

TROUBLES = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16} Not seen right now"


def status_message(card: StatusCard) -> Message:
    """Troubles come first: what isn't seen puts the rest in doubt."""
    headline = one_line(to_plain(card.headline, 300))
    troubles = (bullets(TROUBLES, card.troubles),) if card.troubles else ()
    first = " · ".join(one_line(to_plain(line, 200)) for line in card.lines[:3])
    return Message(
        text=escape_cut(f"{headline} · {first}" if first else headline, limits.FALLBACK_TEXT) or "…",
        blocks=fitted(head=(header(headline),), body=(*troubles, *paragraphs(card.lines))),
    )
