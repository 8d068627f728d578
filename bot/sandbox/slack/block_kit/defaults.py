"""What Slack adds to blocks it has taken: the ids nobody gave, and defaults."""

import secrets

from bot.sandbox.slack.values import Json


def with_defaults(blocks: list[Json]) -> list[Json]:
    """Return a copy of the blocks with block ids, action ids and text flags filled in."""
    filled = []
    for block in blocks:
        block_id = block.get("block_id") or secrets.token_urlsafe(4)[:5]
        whole = {name: _filled(value) for name, value in block.items()}
        filled.append({"type": block["type"], "block_id": block_id} | whole | {"block_id": block_id})
    return filled


def _filled(value: object) -> object:
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if not isinstance(value, dict):
        return value
    whole = {name: _filled(item) for name, item in value.items()}
    match value.get("type"):
        case "plain_text":
            whole.setdefault("emoji", True)
        case "mrkdwn":
            whole.setdefault("verbatim", False)
        case (
            "button"
            | "static_select"
            | "multi_static_select"
            | "overflow"
            | "checkboxes"
            | "radio_buttons"
            | "plain_text_input"
        ):
            whole.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return whole
