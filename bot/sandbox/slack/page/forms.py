"""Elements as fields of an HTML form, and back: which one was pressed, and what all of them hold."""

import json
from collections.abc import Sequence

from multidict import MultiMapping

from bot.sandbox.slack.block_kit import elements_of
from bot.sandbox.slack.block_kit.inputs import SEVERAL, STATEFUL
from bot.sandbox.slack.errors import Impossible
from bot.sandbox.slack.interactions import Press, Values
from bot.sandbox.slack.values import Json

PRESS = "press"
Fields = MultiMapping[object]


def field_name(block: Json, element: Json) -> str:
    """Return the name of an element's field. JSON, since ids may hold any character."""
    return json.dumps([block["block_id"], element["action_id"]])


def press_value(block: Json, element: Json, value: str | None = None) -> str:
    """Return what the field `press` says when this button, or this option of a menu, is pressed."""
    return json.dumps([block["block_id"], element["action_id"], value])


def press_of_field(block: Json, element: Json) -> str:
    """Return what the field `press` says when an element whose own field holds the value is changed."""
    return field_name(block, element)


def read_values(blocks: Sequence[Json], fields: Fields) -> Values:
    """Return what the elements of the blocks hold: block id -> action id -> value."""
    values: dict[str, dict[str, object]] = {}
    for found in elements_of(blocks):
        kind = found.element["type"]
        if kind in STATEFUL:
            given = [str(each) for each in fields.getall(field_name(found.block, found.element), [])]
            held: object = given if kind in SEVERAL else given[-1] if given else None
            values.setdefault(found.block_id, {})[found.action_id] = held
    return values


def read_press(blocks: Sequence[Json], fields: Fields) -> Press:
    """Return which element of the blocks was pressed. Raises Impossible."""
    try:
        block_id, action_id, *rest = json.loads(str(fields.get(PRESS, "")))
    except (ValueError, TypeError, RecursionError):
        raise Impossible("the page didn't say which button was pressed") from None
    if not isinstance(block_id, str) or not isinstance(action_id, str):
        raise Impossible("the page didn't say which button was pressed")
    values = read_values(blocks, fields)
    value = rest[0] if rest else values.get(block_id, {}).get(action_id)
    return Press(action_id=action_id, block_id=block_id, value=value, values=values)
