"""The few blocks our messages are made of, each within its own limit. Pure.

Words of a cluster stand in `rich_text_preformatted`: Slack parses nothing in there (no mention, link, emoji or
formatting), so they need no escaping and are copied as they were.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.adapters.slack import limits
from bot.adapters.slack.limits import Block
from bot.adapters.slack.mrkdwn import cut, cut_middle, escape_cut, in_text, to_mrkdwn
from bot.core.cards import Button, Phrase, Quote, Tone
from bot.core.visible import clean, one_line

ACTIONS_BYTES = 4000
"""What all buttons of a message may weigh, so that text has room beside them."""

STYLES = {Tone.PRIMARY: "primary", Tone.DANGER: "danger"}
SUFFIX = "#"
"""Between an action's name and its number where one message has several buttons of the same action."""


def header(text: str) -> Block:
    """A headline of plain text."""
    shown = cut(one_line(clean(text)), limits.HEADER_TEXT) or "…"
    return {"type": "header", "text": {"type": "plain_text", "text": shown, "emoji": True}}


def section(text: str) -> Block:
    """A paragraph of mrkdwn that was escaped already. Must not be longer than a section's limit."""
    return {"type": "section", "text": _mrkdwn(text)}


def context(text: str) -> Block:
    """A small grey line of mrkdwn that was escaped already."""
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack must not turn names, channels and addresses in the text into links and mentions
    return {"type": "mrkdwn", "text": text if text.strip() else "…", "verbatim": True}


def preformatted(text: str, limit: int) -> Block:
    """Somebody else's words, exactly. Cut in the middle to `limit`."""
    shown = cut_middle(clean(cut_middle(text, 2 * limit)).strip("\n"), limit)
    words = {"type": "text", "text": shown if shown.strip() else "(empty)"}
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [words]}]}


def quote(proof: Quote, limit: int) -> tuple[Block, Block]:
    """A proof: who said it and when, then the words."""
    said = escape_cut(in_plain(proof.label), 300)
    return context(f"{said} · {moment(proof.at)}" if proof.at else said), preformatted(proof.text, limit)


def in_plain(text: str) -> str:
    """Untrusted text on one line, without formatting; not yet escaped."""
    return one_line(clean(text[:2000]))


def words(text: str, limit: int = 300) -> str:
    """Untrusted text for running mrkdwn."""
    return in_text(cut(in_plain(text), limit))


def bullets(title: str, phrases: Sequence[Phrase], *, most: int = 20) -> Block:
    """A titled list; says how many lines didn't fit."""
    lines = [f"*{title}*"]
    room = limits.SECTION_TEXT - len(title) - 60
    for number, item in enumerate(phrases):
        line = f"• {to_mrkdwn(item, 600)}"
        room -= len(line) * 2 + 1
        if number >= most or room < 0:
            lines.append(f"• … {len(phrases) - number} more")
            break
        lines.append(line)
    return section("\n".join(lines))


def moment(at: datetime) -> str:
    """A time in the reader's own time zone; in UTC where a client can't."""
    at = at.astimezone(UTC)
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def actions(buttons: Iterable[Button]) -> tuple[Block, ...]:
    """The buttons, and a line naming those that Slack would not take. No buttons, no blocks."""
    drawn: list[Block] = []
    dropped: list[str] = []
    seen: dict[str, int] = {}
    room = ACTIONS_BYTES
    for button in buttons:
        seen[button.action] = seen.get(button.action, 0) + 1
        element = _button(button, seen[button.action])
        if element is not None:
            room -= limits.weight([element])
        if element is None or room < 0 or len(drawn) >= limits.ACTION_ELEMENTS:
            dropped.append(words(button.label, 60) or "a button without a label")
            continue
        drawn.append(element)
    blocks: list[Block] = []
    if drawn:
        blocks.append({"type": "actions", "elements": drawn})
    if dropped:
        named = ", ".join(dropped[:5]) + (f" and {len(dropped) - 5} more" if len(dropped) > 5 else "")
        blocks.append(context(f"Not drawn, Slack takes no such button: {named}"))
    return tuple(blocks)


def _button(button: Button, number: int) -> Block | None:
    label = cut(one_line(clean(button.label)), limits.BUTTON_TEXT)
    action = button.action if number == 1 else f"{button.action}{SUFFIX}{number}"
    # a value cut short would act on something else
    if not label or not button.action or len(action) > limits.ACTION_ID:
        return None
    if not limits.carried(button.value, limits.BUTTON_VALUE):
        return None
    text = {"type": "plain_text", "text": label, "emoji": True}
    element: Block = {"type": "button", "action_id": action, "text": text, "value": button.value}
    if button.tone in STYLES:
        element["style"] = STYLES[button.tone]
    return element


def action_name(action_id: str) -> str:
    """The action behind an action_id of `actions`."""
    return action_id.partition(SUFFIX)[0]
