"""Checks of rich_text blocks."""

from typing import Final

from bot.sandbox.slack.block_kit.report import Report
from bot.sandbox.slack.values import Json

_INLINE: Final = {
    "text": frozenset({"text"}),
    "link": frozenset({"url"}),
    "user": frozenset({"user_id"}),
    "usergroup": frozenset({"usergroup_id"}),
    "channel": frozenset({"channel_id"}),
    "emoji": frozenset({"name"}),
    "broadcast": frozenset({"range"}),
    "date": frozenset({"timestamp", "format"}),
    "color": frozenset({"value"}),
}
_INLINE_OPTIONAL: Final = frozenset({"style", "text", "unsafe", "unicode", "url", "fallback", "skin_tone"})
_CONTAINERS: Final = {
    "rich_text_section": frozenset[str](),
    "rich_text_preformatted": frozenset({"border", "language"}),
    "rich_text_quote": frozenset({"border"}),
    "rich_text_list": frozenset({"style", "indent", "offset", "border"}),
}
_MOST = 1000


def check_rich_text(report: Report, block: Json, pointer: str) -> None:
    """Check a rich_text block's elements."""
    for place, element in report.items(block.get("elements"), f"{pointer}/elements", most=_MOST):
        _check_container(report, element, place)


def _check_container(report: Report, element: Json, pointer: str) -> None:
    kind = element.get("type")
    if not isinstance(kind, str) or kind not in _CONTAINERS:
        report.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    report.fields(element, pointer, required=frozenset({"type", "elements"}), optional=_CONTAINERS[kind])
    if "elements" not in element:
        return
    for place, part in report.items(element["elements"], f"{pointer}/elements", most=_MOST, least=0):
        if kind != "rich_text_list":
            _check_inline(report, part, place)
        elif part.get("type") == "rich_text_section":
            _check_container(report, part, place)
        else:
            report.add(f"unsupported type: {part.get('type')}", f"{place}/type")
    if kind == "rich_text_list":
        report.one_of(element, "style", pointer, frozenset({"bullet", "ordered"}))


def _check_inline(report: Report, part: Json, pointer: str) -> None:
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _INLINE:
        report.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    required = _INLINE[kind] | {"type"}
    report.fields(part, pointer, required=required, optional=_INLINE_OPTIONAL - required)
    if kind == "text" and "text" in part:
        report.string(part["text"], f"{pointer}/text", most=40_000)
