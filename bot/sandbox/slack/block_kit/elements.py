"""Checks of what stands inside blocks: buttons, menus, inputs, images."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.sandbox.slack.block_kit.report import Report
from bot.sandbox.slack.values import Json

_STYLES: Final = frozenset({"primary", "danger"})
_CHOICES: Final = {"static_select": 100, "multi_static_select": 100, "overflow": 5, "checkboxes": 10}

ACTIONS: Final = frozenset({"button", "static_select", "overflow", "checkboxes", "radio_buttons"})
ACCESSORIES: Final = ACTIONS | {"multi_static_select", "image"}
INPUTS: Final = frozenset(
    {"plain_text_input", "static_select", "multi_static_select", "checkboxes", "radio_buttons"},
)


def check_element(report: Report, element: Json, pointer: str, *, allowed: frozenset[str]) -> None:
    """Check one element that may be of the given types only."""
    kind = element.get("type")
    if not isinstance(kind, str) or kind not in allowed:
        report.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    if kind != "image":
        report.optional_string(element, "action_id", pointer, most=255)
    if "confirm" in element:
        _check_confirm(report, element["confirm"], f"{pointer}/confirm")
    _CHECKS[kind](report, element, pointer)


def check_image(report: Report, element: Json, pointer: str) -> None:
    """Check an image inside a context or beside a section."""
    fields = frozenset({"type", "image_url", "alt_text"})
    report.fields(element, pointer, required=fields, optional=frozenset({"block_id"}))
    report.optional_string(element, "image_url", pointer, most=3000)
    report.optional_string(element, "alt_text", pointer, most=2000)


def _check_button(report: Report, element: Json, pointer: str) -> None:
    optional = frozenset({"action_id", "value", "url", "style", "confirm", "accessibility_label"})
    report.fields(element, pointer, required=frozenset({"type", "text"}), optional=optional)
    report.optional_text(element, "text", pointer, most=75, plain=True)
    report.optional_string(element, "value", pointer, most=2000, least=0)
    report.optional_string(element, "url", pointer, most=3000)
    report.optional_string(element, "accessibility_label", pointer, most=75)
    report.one_of(element, "style", pointer, _STYLES)


def _check_menu(report: Report, element: Json, pointer: str) -> None:
    kind = element["type"]
    optional = {"action_id", "confirm"}
    if kind != "overflow":
        optional |= {"focus_on_load", "initial_options" if _several(kind) else "initial_option"}
    if kind.endswith("static_select"):
        optional |= {"placeholder"}
    if kind == "multi_static_select":
        optional |= {"max_selected_items"}
    report.fields(element, pointer, required=frozenset({"type", "options"}), optional=frozenset(optional))
    report.optional_text(element, "placeholder", pointer, most=150, plain=True)
    if "options" in element:
        most = _CHOICES.get(kind, 10)
        plain = kind not in ("checkboxes", "radio_buttons")
        for place, option in report.items(element["options"], f"{pointer}/options", most=most):
            _check_option(report, option, place, plain=plain)
    _check_initial(report, element, pointer)


def _check_initial(report: Report, element: Json, pointer: str) -> None:
    chosen = element.get("initial_options", [element["initial_option"]] if "initial_option" in element else [])
    offered = element.get("options")
    if not isinstance(chosen, list):
        report.add("must be an array", f"{pointer}/initial_options")
    elif not isinstance(offered, list) or any(option not in offered for option in chosen):
        report.add("initial option must exactly match one of the options", pointer)


def _several(kind: str) -> bool:
    return kind in ("checkboxes", "multi_static_select")


def _check_option(report: Report, option: Json, pointer: str, *, plain: bool) -> None:
    optional = frozenset({"description", "url"})
    report.fields(option, pointer, required=frozenset({"text", "value"}), optional=optional)
    report.optional_text(option, "text", pointer, most=75, plain=plain)
    report.optional_string(option, "value", pointer, most=150)
    report.optional_text(option, "description", pointer, most=75, plain=plain)


def _check_text_input(report: Report, element: Json, pointer: str) -> None:
    optional = {"action_id", "placeholder", "initial_value", "multiline", "min_length", "max_length", "focus_on_load"}
    report.fields(
        element, pointer, required=frozenset({"type"}), optional=frozenset(optional | {"dispatch_action_config"})
    )
    report.optional_text(element, "placeholder", pointer, most=150, plain=True)
    report.optional_flag(element, "multiline", pointer)
    report.optional_string(element, "initial_value", pointer, most=3000, least=0)


def _check_confirm(report: Report, confirm: object, pointer: str) -> None:
    if not report.is_object(confirm, pointer) or not isinstance(confirm, dict):
        return
    required = frozenset({"title", "text", "confirm", "deny"})
    report.fields(confirm, pointer, required=required, optional=frozenset({"style"}))
    report.optional_text(confirm, "title", pointer, most=100, plain=True)
    report.optional_text(confirm, "text", pointer, most=300)
    report.optional_text(confirm, "confirm", pointer, most=30, plain=True)
    report.optional_text(confirm, "deny", pointer, most=30, plain=True)
    report.one_of(confirm, "style", pointer, _STYLES)


_CHECKS: Final[Mapping[str, Callable[[Report, Json, str], None]]] = {
    "button": _check_button,
    "static_select": _check_menu,
    "multi_static_select": _check_menu,
    "overflow": _check_menu,
    "checkboxes": _check_menu,
    "radio_buttons": _check_menu,
    "plain_text_input": _check_text_input,
    "image": check_image,
}
