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
_LONGEST = 40_000
_DEEPEST = 8


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
        if type(element.get("indent", 0)) is not int or not 0 <= element.get("indent", 0) <= _DEEPEST:
            report.add(f"must be an integer from 0 to {_DEEPEST}", f"{pointer}/indent")


def _check_inline(report: Report, part: Json, pointer: str) -> None:
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _INLINE:
        report.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    required = _INLINE[kind] | {"type"}
    report.fields(part, pointer, required=required, optional=_INLINE_OPTIONAL - required)
    for name in sorted((required | {"text", "url", "fallback"}) - {"type", "timestamp"}):
        report.optional_string(part, name, pointer, most=_LONGEST)
    if "timestamp" in part and type(part["timestamp"]) is not int:
        report.add("must be an integer", f"{pointer}/timestamp")
    if "range" in part:
        report.one_of(part, "range", pointer, frozenset({"here", "channel", "everyone"}))
    if "style" in part and report.is_object(part["style"], f"{pointer}/style"):
        for name in part["style"]:
            report.optional_flag(part["style"], name, f"{pointer}/style")
