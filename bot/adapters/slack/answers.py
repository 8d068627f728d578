"""Cards as messages, and several of them as few: a response URL takes five answers at most. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.adapters.slack import limits
from bot.adapters.slack.incident import title_line, whole_message
from bot.adapters.slack.limits import Message, weight
from bot.adapters.slack.mrkdwn import cut
from bot.adapters.slack.note import note_message
from bot.adapters.slack.status import status_message
from bot.core.cards import IncidentCard, Note, Phrase, StatusCard, phrase

Card = IncidentCard | Note | StatusCard

MOST = 4
"""Messages of one answer; the fifth use of a response URL is kept for what goes wrong later."""


def message_of(card: Card) -> Message:
    """Any card as one message."""
    match card:
        case IncidentCard():
            return whole_message(card)
        case Note():
            return note_message(card)
        case StatusCard():
            return status_message(card)


@dataclass(slots=True)
class _Group:
    """Cards that share a message."""

    message: Message
    cards: list[Card] = field(default_factory=list)


def packed(cards: Sequence[Card], *, most: int = MOST) -> tuple[Message, ...]:
    """The cards as at most `most` messages: small ones together; those too many by their titles in the last one."""
    groups: list[_Group] = []
    for card in cards:
        message = message_of(card)
        together = _together(groups[-1].message, message) if groups else None
        if together is None:
            groups.append(_Group(message, [card]))
        else:
            groups[-1].message = together
            groups[-1].cards.append(card)
    if len(groups) <= most:
        return tuple(group.message for group in groups)
    rest = [card for group in groups[most - 1 :] for card in group.cards]
    return (*(group.message for group in groups[: most - 1]), note_message(_listed(rest)))


def _together(one: Message, other: Message) -> Message | None:
    blocks = (*one.blocks, *other.blocks)
    if len(blocks) > limits.MESSAGE_BLOCKS or weight(blocks) > limits.MESSAGE_BYTES:
        return None
    return Message(text=cut(f"{one.text}\n{other.text}", limits.FALLBACK_TEXT), blocks=blocks)


def _listed(cards: Sequence[Card]) -> Note:
    buttons = tuple(button for card in cards if isinstance(card, Note) for button in card.buttons)
    incidents = [card for card in cards if isinstance(card, IncidentCard)]
    lines: tuple[Phrase, ...] = tuple(title_line(card) for card in incidents)
    lines += tuple(card.headline for card in cards if not isinstance(card, IncidentCard))
    return Note(headline=phrase("And {{count}} more:", count=len(lines)), lines=lines, buttons=buttons)
