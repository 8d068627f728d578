"""Notes: one message in a thread, or an answer to a person. Pure."""

from collections.abc import Iterator

from bot.adapters.slack import limits
from bot.adapters.slack.elements import actions, quote, section
from bot.adapters.slack.limits import Block, Message, fitted
from bot.adapters.slack.mrkdwn import escape_cut, size, to_mrkdwn, to_plain
from bot.core.cards import Note, Phrase, Tone
from bot.core.visible import one_line

QUOTE = 1500
MARKS = {Tone.DANGER: "\N{WARNING SIGN}\N{VARIATION SELECTOR-16} ", Tone.PRIMARY: "", Tone.NEUTRAL: ""}
PARAGRAPH = 2800


def note_message(note: Note) -> Message:
    """A headline, lines, quotes and buttons."""
    mark = MARKS[note.tone]
    plain = one_line(to_plain(note.headline, 500))
    lines = " · ".join(one_line(to_plain(line, 200)) for line in note.lines[:3])
    text = f"{mark}{plain} · {lines}" if lines else f"{mark}{plain}"
    head = (section(f"{mark}{to_mrkdwn(note.headline, 1000)}"),)
    return Message(
        text=escape_cut(text, limits.FALLBACK_TEXT) or "…",
        blocks=fitted(head=head, body=tuple(_body(note)), tail=actions(note.buttons)),
    )


def _body(note: Note) -> Iterator[Block]:
    yield from paragraphs(note.lines)
    for proof in note.quotes:
        yield from quote(proof, QUOTE)


def paragraphs(lines: tuple[Phrase, ...]) -> Iterator[Block]:
    """Lines as few sections as possible: one block per line would soon be too many."""
    waiting: list[str] = []
    length = 0
    for line in lines:
        shown = to_mrkdwn(line, 1000)
        if waiting and length + size(shown) + 1 > PARAGRAPH:
            yield section("\n".join(waiting))
            waiting, length = [], 0
        waiting.append(shown)
        length += size(shown) + 1
    if waiting:
        yield section("\n".join(waiting))
