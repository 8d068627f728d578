"""Slack's limits on messages and modals, and how a message is made to keep them. Pure.

Per block: docs.slack.dev, "Block Kit reference". The limit on a whole message is not documented; Slack answers
`msg_blocks_too_long` at about 13,200 characters (slackapi/bolt-js#2509), and counts more than the visible text
(slackapi/bolt-js#2867), so the budget here is on the blocks as JSON.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.adapters.slack.mrkdwn import size

Block = dict[str, Any]
"""One block as Slack's JSON wants it."""

MESSAGE_BLOCKS = 50
MODAL_BLOCKS = 100
MESSAGE_BYTES = 12_500
SECTION_TEXT = 3000
CONTEXT_TEXT = 2000
CONTEXT_ELEMENTS = 10
HEADER_TEXT = 150
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
ACTION_ID = 255
ACTION_ELEMENTS = 25
OPTIONS = 100
OPTION_TEXT = 75
OPTION_VALUE = 150
MODAL_TITLE = 24
MODAL_METADATA = 3000
FALLBACK_TEXT = 1000
_NOTICE_BYTES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is posted: `text` is shown in notifications and read aloud, `blocks` on the screen."""

    text: str
    blocks: tuple[Block, ...]


def carried(value: str, most: int) -> bool:
    """Whether Slack gives a value back as it was: not too long, and no half of a character in it."""
    return size(value) <= most and not any("\ud800" <= char <= "\udfff" for char in value)


def weight(blocks: Sequence[Block]) -> int:
    """What blocks weigh against the budget of a message: bytes of their JSON."""
    return len(json.dumps(list(blocks), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def fitted(
    *,
    head: Sequence[Block],
    body: Sequence[Block],
    tail: Sequence[Block] = (),
    most: int = MESSAGE_BLOCKS,
    budget: int = MESSAGE_BYTES,
) -> tuple[Block, ...]:
    """Head and tail whole, and as much of the body as fits; says how many parts were left out.

    Head and tail are the caller's to keep small. A part of the body that doesn't fit ends it, since what follows
    refers to what comes before.
    """
    room = budget - weight([*head, *tail]) - _NOTICE_BYTES
    places = most - len(head) - len(tail) - 1
    kept: list[Block] = []
    for block in body:
        room -= weight([block])
        if room < 0 or len(kept) >= places:
            break
        kept.append(block)
    left_out = len(body) - len(kept)
    if left_out:
        kept.append(_notice(left_out))
    return (*head, *kept, *tail)


def _notice(left_out: int) -> Block:
    parts = "1 part of this message was" if left_out == 1 else f"{left_out} parts of this message were"
    text = f"… {parts} left out: Slack takes no longer messages."
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def problems(blocks: Sequence[Block], *, most: int = MESSAGE_BLOCKS, budget: int = MESSAGE_BYTES) -> list[str]:
    """Every limit these blocks break, as sentences; empty when Slack will take them."""
    found = []
    if len(blocks) > most:
        found.append(f"{len(blocks)} blocks, at most {most}")
    if weight(blocks) > budget:
        found.append(f"{weight(blocks)} bytes in all, at most {budget}")
    for number, block in enumerate(blocks):
        found += [f"block {number} ({block['type']}): {problem}" for problem in _block_problems(block)]
    return found


def _block_problems(block: Block) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield from _text("header", block["text"]["text"], HEADER_TEXT)
        case "section":
            yield from _text("text", block["text"]["text"], SECTION_TEXT)
            if "accessory" in block:
                yield from _select_problems(block["accessory"])
        case "context":
            yield from _count(block["elements"], CONTEXT_ELEMENTS)
            for element in block["elements"]:
                yield from _text("text", element["text"], CONTEXT_TEXT)
        case "rich_text":
            for part in block["elements"]:
                for element in part["elements"]:
                    yield from _text("text", element["text"], SECTION_TEXT)
        case "actions":
            yield from _count(block["elements"], ACTION_ELEMENTS)
            for element in block["elements"]:
                yield from _button_problems(element)
        case other:
            yield f"unexpected type {other}"


def _count(elements: Sequence[Block], most: int) -> Iterator[str]:
    if not 1 <= len(elements) <= most:
        yield f"{len(elements)} elements, at least 1 and at most {most}"


def _button_problems(button: Block) -> Iterator[str]:
    yield from _text("label", button["text"]["text"], BUTTON_TEXT)
    yield from _text("action_id", button["action_id"], ACTION_ID)
    if not carried(button["value"], BUTTON_VALUE):
        yield f"value of {size(button['value'])}"


def _select_problems(select: Block) -> Iterator[str]:
    yield from _count(select["options"], OPTIONS)
    for option in select["options"]:
        yield from _text("option", option["text"]["text"], OPTION_TEXT)
        yield from _text("option value", option["value"], OPTION_VALUE)


def _text(what: str, text: str, limit: int) -> Iterator[str]:
    if not text.strip():
        yield f"{what} is empty"
    if size(text) > limit:
        yield f"{what} of {size(text)}, at most {limit}"
