"""Checks of whole messages and modals."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bot.sandbox.slack.block_kit.elements import ACCESSORIES, ACTIONS, INPUTS, check_element, check_image
from bot.sandbox.slack.block_kit.report import Report
from bot.sandbox.slack.block_kit.rich_text import check_rich_text
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json, size

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
VIEW_BYTES: Final = 250_000
MESSAGE_WEIGHT: Final = 13_347
BLOCK_WEIGHT: Final = 50
"""What all blocks of a message may weigh: characters of text, and this much for each block.

Slack documents no figure. Measured: one markdown block of 13,297 characters is taken, 13,298 not
(slackapi/bolt-js#2509); 9,597 characters in 50 blocks are taken, 11,341 in 45 not (slackapi/bolt-js#2867).
"""
_FIELDS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "header": (frozenset({"text"}), frozenset({"level"})),
    "section": (frozenset(), frozenset({"text", "fields", "accessory", "expand"})),
    "context": (frozenset({"elements"}), frozenset()),
    "divider": (frozenset(), frozenset()),
    "actions": (frozenset({"elements"}), frozenset()),
    "image": (frozenset({"image_url", "alt_text"}), frozenset({"title"})),
    "rich_text": (frozenset({"elements"}), frozenset()),
    "input": (frozenset({"label", "element"}), frozenset({"dispatch_action", "hint", "optional"})),
    "markdown": (frozenset({"text"}), frozenset()),
}


def check_message_blocks(blocks: object) -> list[Json]:
    """Return a message's blocks. Raises SlackError `invalid_blocks`, `invalid_blocks_format` or too long."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    report = Report()
    _check_blocks(report, blocks, "/blocks", most=MESSAGE_BLOCKS)
    if report.problems:
        raise SlackError("invalid_blocks", problems=report.problems)
    return blocks


def weight(blocks: list[Json]) -> int:
    """Return what blocks weigh against MESSAGE_WEIGHT."""
    return sum(size(text) for text in _texts(blocks)) + BLOCK_WEIGHT * len(blocks)


def check_view(view: object) -> Json:
    """Return a modal. Raises SlackError `invalid_arguments` or `view_too_large`."""
    report = Report()
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments")
    if sum(size(text) for text in _texts(view)) > VIEW_BYTES:
        raise SlackError("view_too_large")
    optional = {"close", "submit", "private_metadata", "callback_id", "clear_on_close", "notify_on_close"}
    required = frozenset({"type", "title", "blocks"})
    report.fields(view, "/view", required=required, optional=frozenset(optional | {"external_id", "submit_disabled"}))
    report.one_of(view, "type", "/view", frozenset({"modal"}))
    for name in ("title", "close", "submit"):
        report.optional_text(view, name, "/view", most=24, plain=True)
    for name, most in (("callback_id", 255), ("private_metadata", 3000), ("external_id", 255)):
        report.optional_string(view, name, "/view", most=most, least=0)
    for name in ("clear_on_close", "notify_on_close"):
        report.optional_flag(view, name, "/view")
    blocks = view.get("blocks")
    _check_blocks(report, blocks, "/view/blocks", most=VIEW_BLOCKS)
    if isinstance(blocks, list) and "submit" not in view and any(_kind(block) == "input" for block in blocks):
        report.add("`submit` is required when an `input` block is within the `blocks` array", "/view")
    if report.problems:
        raise SlackError("invalid_arguments", problems=report.problems)
    return view


def _kind(block: object) -> object:
    return block.get("type") if isinstance(block, dict) else None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str):
            yield text
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _check_blocks(report: Report, blocks: object, pointer: str, *, most: int) -> None:
    seen: set[str] = set()
    for place, block in report.items(blocks, pointer, most=most, least=0):
        kind = block.get("type")
        if not isinstance(kind, str) or kind not in _FIELDS:
            report.add(f"unsupported type: {kind}", f"{place}/type")
            continue
        required, optional = _FIELDS[kind]
        report.fields(block, place, required=required | {"type"}, optional=optional | {"block_id"})
        report.optional_string(block, "block_id", place, most=255, least=0)
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in seen:
                report.add(f"`block_id` {block_id} already exists", f"{place}/block_id")
            seen.add(block_id)
        if required <= block.keys():
            _CHECKS[kind](report, block, place)


def _check_header(report: Report, block: Json, pointer: str) -> None:
    report.text(block["text"], f"{pointer}/text", most=150, plain=True)


def _check_section(report: Report, block: Json, pointer: str) -> None:
    if "text" not in block and "fields" not in block:
        report.add("missing required field: text", pointer)
    report.optional_text(block, "text", pointer)
    if "fields" in block:
        for place, field in report.items(block["fields"], f"{pointer}/fields", most=10):
            report.text(field, place, most=2000)
    if "accessory" in block and report.is_object(block["accessory"], f"{pointer}/accessory"):
        check_element(report, block["accessory"], f"{pointer}/accessory", allowed=ACCESSORIES)


def _check_context(report: Report, block: Json, pointer: str) -> None:
    for place, element in report.items(block["elements"], f"{pointer}/elements", most=10):
        if element.get("type") == "image":
            check_image(report, element, place)
        else:
            report.text(element, place)


def _check_actions(report: Report, block: Json, pointer: str) -> None:
    seen: set[str] = set()
    for place, element in report.items(block["elements"], f"{pointer}/elements", most=25):
        check_element(report, element, place, allowed=ACTIONS)
        action_id = element.get("action_id")
        if isinstance(action_id, str):
            if action_id in seen:
                report.add(f"`action_id` {action_id} already exists", f"{place}/action_id")
            seen.add(action_id)


def _check_image(report: Report, block: Json, pointer: str) -> None:
    report.string(block["image_url"], f"{pointer}/image_url", most=3000)
    report.string(block["alt_text"], f"{pointer}/alt_text", most=2000)
    report.optional_text(block, "title", pointer, most=2000, plain=True)


def _check_input(report: Report, block: Json, pointer: str) -> None:
    report.text(block["label"], f"{pointer}/label", most=2000, plain=True)
    report.optional_text(block, "hint", pointer, most=2000, plain=True)
    report.optional_flag(block, "optional", pointer)
    report.optional_flag(block, "dispatch_action", pointer)
    if report.is_object(block["element"], f"{pointer}/element"):
        check_element(report, block["element"], f"{pointer}/element", allowed=INPUTS)


def _check_markdown(report: Report, block: Json, pointer: str) -> None:
    report.string(block["text"], f"{pointer}/text", most=12_000)


def _nothing_more(_report: Report, _block: Json, _pointer: str) -> None:
    """A divider has nothing in it."""


_CHECKS: Final[Mapping[str, Callable[[Report, Json, str], None]]] = {
    "header": _check_header,
    "section": _check_section,
    "context": _check_context,
    "divider": _nothing_more,
    "actions": _check_actions,
    "image": _check_image,
    "rich_text": check_rich_text,
    "input": _check_input,
    "markdown": _check_markdown,
}
