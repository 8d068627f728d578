"""What people did, as Slack tells it, as commands. Pure: Slack's JSON in, our values out.

A command's `dedupe` is what Slack repeats when it delivers the same thing twice: a slash command's trigger id, a
click's time stamp, an event's id. A confirmation is known by the very modal it confirms, so that pressing twice, or
again after an error, is one confirmation.
"""

import html
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.adapters.slack.elements import action_name
from bot.adapters.slack.plan import CHOOSE
from bot.core.incidents import Command
from bot.core.redaction import redact

Json = Mapping[str, Any]

TEXT = 2000
"""Characters kept of what somebody typed."""

ONCE = frozenset({"share"})
"""Actions that are done once for each message their button stands in, however often it is pressed."""

_MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


def slash(body: Json, *, id: str, at: datetime) -> Command:  # noqa: A002  a command's id
    """A slash command."""
    return _command(
        id,
        at,
        kind="slash",
        dedupe=f"slash:{_at(body, 'trigger_id')}",
        user=_at(body, "user_id"),
        name=_at(body, "user_name"),
        text=_typed(_at(body, "text")),
        trigger_id=_at(body, "trigger_id"),
        response_url=_at(body, "response_url"),
        channel=_at(body, "channel_id"),
    )


def mention(body: Json, *, id: str, at: datetime) -> Command | None:  # noqa: A002  a command's id
    """Words said to the bot; None when another bot said them, as two bots could go on for ever."""
    event = body.get("event")
    if not isinstance(event, dict) or event.get("bot_id") or not event.get("user"):
        return None
    return _command(
        id,
        at,
        kind="mention",
        dedupe=f"mention:{_at(body, 'event_id')}",
        user=_at(event, "user"),
        text=_typed(_MENTION.sub(" ", _at(event, "text"))),
        channel=_at(event, "channel"),
        thread=_at(event, "thread_ts") or _at(event, "ts"),
        message=_at(event, "ts"),
    )


def click(body: Json, *, id: str, at: datetime, channel: str) -> Command | None:  # noqa: A002  a command's id
    """A pressed button, or (kind `choose`) another target chosen in a modal; None for what asks nothing.

    `channel` is where to answer what was done in a modal, which stands in no channel.
    """
    acted = body.get("actions")
    if not isinstance(acted, list) or not acted or not isinstance(acted[0], dict):
        return None
    action = acted[0]
    name = action_name(_at(action, "action_id"))
    user, ts = _at(body, "user", "id"), _at(action, "action_ts")
    if body.get("view"):
        if name != CHOOSE:
            return None
        return _command(
            id,
            at,
            kind="choose",
            dedupe=f"choose:{user}:{ts}",
            user=user,
            name=_name(body),
            action=name,
            choice=_at(action, "selected_option", "value"),
            value=_at(body, "view", "private_metadata"),
            view=_at(body, "view", "id"),
            trigger_id=_at(body, "trigger_id"),
            channel=channel,
        )
    message = _at(body, "container", "message_ts")
    thread = _at(body, "container", "thread_ts") or _at(body, "message", "thread_ts")
    private = bool(isinstance(body.get("container"), dict) and body["container"].get("is_ephemeral"))
    return _command(
        id,
        at,
        kind="click",
        dedupe=f"{name}:{user}:{message if name in ONCE else ts}",
        user=user,
        name=_name(body),
        action=name,
        value=_at(action, "value"),
        trigger_id=_at(body, "trigger_id"),
        response_url=_at(body, "response_url"),
        channel=_at(body, "channel", "id") or _at(body, "container", "channel_id"),
        # a private message can't be the head of a thread
        thread=thread or ("" if private else message),
        message=message,
    )


def submit(body: Json, *, id: str, at: datetime, channel: str) -> Command:  # noqa: A002  a command's id
    """A confirmed plan. `channel` is where to answer, as a modal stands in no channel."""
    view = _at(body, "view", "id")
    return _command(
        id,
        at,
        kind="submit",
        dedupe=f"submit:{view}:{_at(body, 'view', 'hash')}",
        user=_at(body, "user", "id"),
        name=_name(body),
        value=_at(body, "view", "private_metadata"),
        choice=_at(body, "view", "state", "values", CHOOSE, CHOOSE, "selected_option", "value"),
        view=view,
        trigger_id=_at(body, "trigger_id"),
        channel=channel,
    )


def _name(body: Json) -> str:
    """How the workspace calls the person who did it."""
    return (_at(body, "user", "username") or _at(body, "user", "name"))[:80]


def title_of(body: Json) -> str:
    """The title of the modal that was submitted."""
    return _at(body, "view", "title", "text")


def _command(id: str, at: datetime, *, kind: str, dedupe: str, user: str, **payload: str) -> Command:  # noqa: A002
    kept = tuple((name, value) for name, value in payload.items() if value)
    return Command(id=id, dedupe=dedupe, kind=kind, user=user, received_at=at, payload=kept)


def _typed(text: str) -> str:
    """Typed words as they were typed (Slack escapes three characters), without secrets, as they are stored."""
    return redact(html.unescape(text[: 2 * TEXT]).strip())[:TEXT]


def _at(value: object, *path: str) -> str:
    """The text at a path, or an empty string."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
