"""Elements people act on: finding them, what was chosen in them, and what is still missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.sandbox.slack.errors import Impossible
from bot.sandbox.slack.values import Json

STATEFUL: Final = frozenset(
    {"plain_text_input", "static_select", "multi_static_select", "checkboxes", "radio_buttons"},
)
SEVERAL: Final = frozenset({"multi_static_select", "checkboxes"})
Values = Mapping[str, Mapping[str, object]]
"""block_id -> action_id -> what a person put in: text, an option's value, or a list of values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputElement:
    """An element and the block it stands in."""

    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        """Return the block's id."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """Return the element's action id."""
        return str(self.element["action_id"])


def elements_of(blocks: Sequence[Json]) -> Iterator[InputElement]:
    """Return the elements of blocks that a person can act on, in order."""
    for block in blocks:
        match block["type"]:
            case "actions":
                inside = block["elements"]
            case "section":
                inside = [block["accessory"]] if "accessory" in block else []
            case "input":
                inside = [block["element"]]
            case _:
                inside = []
        for element in inside:
            if element["type"] != "image":
                yield InputElement(block=block, element=element)


def chosen(element: Json, value: object) -> Json:
    """Return what was put into an element, as the `selected_option` or `value` fields of a payload.

    `value` is an option's value, a list of them, text, or None for nothing. Raises Impossible for another.
    """
    kind = element["type"]
    if kind == "button":
        return {name: element[name] for name in ("text", "value", "style", "url") if name in element}
    if kind == "plain_text_input":
        return {"value": None if value in (None, "") else str(value)}
    if kind in SEVERAL:
        wanted = value if isinstance(value, list) else [] if value in (None, "") else [value]
        return {"selected_options": [_option(element, each) for each in wanted]}
    return {"selected_option": None if value in (None, "") else _option(element, value)}


def initial(element: Json) -> Json:
    """Return what an element holds before anyone touches it."""
    kind = element["type"]
    if kind == "plain_text_input":
        return {"value": element.get("initial_value") or None}
    if kind in SEVERAL:
        return {"selected_options": list(element.get("initial_options", []))}
    return {"selected_option": element.get("initial_option")}


def input_state(blocks: Sequence[Json], values: Values) -> Json:
    """Return `state.values` of blocks: what people put in, else what was there at first."""
    state: Json = {}
    for found in elements_of(blocks):
        if found.element["type"] not in STATEFUL:
            continue
        given = values.get(found.block_id, {})
        holds = chosen(found.element, given[found.action_id]) if found.action_id in given else initial(found.element)
        state.setdefault(found.block_id, {})[found.action_id] = {"type": found.element["type"], **holds}
    return state


def missing_values(blocks: Sequence[Json], state: Json) -> dict[str, str]:
    """Return block ids of required inputs left empty, with the words Slack's own window shows."""
    missing = {}
    for block in blocks:
        if block["type"] != "input" or block.get("optional"):
            continue
        holds = state[block["block_id"]][block["element"]["action_id"]]
        if not (holds.get("value") or holds.get("selected_option") or holds.get("selected_options")):
            missing[str(block["block_id"])] = "Please complete this required field."
    return missing


def _option(element: Json, value: object) -> Json:
    for option in element["options"]:
        if option["value"] == value:
            found: Json = option
            return found
    raise Impossible(f"{element['action_id']} has no option {value!r}")
