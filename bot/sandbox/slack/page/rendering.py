"""The templates, and the words they use to show what a workspace holds."""

from datetime import datetime, timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.page import forms
from bot.sandbox.slack.page.mrkdwn import Html
from bot.sandbox.slack.page.timeline import moment_of
from bot.sandbox.slack.values import Json


def environment(directory: Directory) -> Environment:
    """Return the environment of the page's templates; everything in them is escaped."""
    html = Html(directory)
    templates = Environment(
        loader=PackageLoader("bot.sandbox.slack.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "mrkdwn": html.mrkdwn,
        "words": html.text_object,
        "plain": html.plain,
        "rich_text": html.rich_text,
        "clock": _clock,
        "moment_of": moment_of,
        "day": _day,
        "initial": _initial,
        "web_address": _web_address,
    }
    templates.globals |= {
        "field_name": forms.field_name,
        "press_value": forms.press_value,
        "press_of_field": forms.press_of_field,
        "held_values": _held_values,
    }
    return templates


def _clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def _day(at: datetime) -> str:
    today = datetime.now(at.tzinfo).date()
    if at.date() == today:
        return "Today"
    if at.date() == today - timedelta(days=1):
        return "Yesterday"
    return f"{at:%A}, {at:%B} {at.day}, {at:%Y}"


def _initial(name: str) -> str:
    return name[:1].upper()


def _web_address(address: object) -> str:
    """Return an address that may stand in a link, or nothing."""
    text = str(address)
    return text if text.startswith(("https://", "http://", "mailto:")) else ""


def _held_values(state: Json, block: Json, element: Json) -> list[str]:
    """Return what an element holds: one text, or the values of the options chosen."""
    holds = state.get(block["block_id"], {}).get(element["action_id"], {})
    if "value" in holds:
        return [str(holds["value"])] if holds["value"] is not None else []
    options = holds.get("selected_options") or ([holds["selected_option"]] if holds.get("selected_option") else [])
    return [str(option["value"]) for option in options]
