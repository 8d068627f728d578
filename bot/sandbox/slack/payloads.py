"""What Slack tells an app that a person did: docs.slack.dev, "Interaction payloads", "Slash commands", "Events API"."""

import secrets
from dataclasses import dataclass

from bot.sandbox.slack.directory import (
    APP,
    BOT_USER,
    TEAM,
    TEAM_DOMAIN,
    VERIFICATION_TOKEN,
    Channel,
    User,
)
from bot.sandbox.slack.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a person's act gives the app: a trigger id, and where to answer (empty: nowhere)."""

    trigger_id: str
    response_url: str = ""


def _common(kind: str, user: User, rights: Rights) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": TEAM},
        "api_app_id": APP,
        "token": VERIFICATION_TOKEN,
        "team": {"id": TEAM, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": rights.trigger_id,
    }


def action(element: Json, block_id: str, chosen: Json, *, ts: str) -> Json:
    """Return one entry of `actions`."""
    entry = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id}
    if "placeholder" in element:
        entry["placeholder"] = element["placeholder"]
    return entry | chosen | {"action_ts": ts}


def message_action(
    *, user: User, channel: Channel, message: Json, ephemeral: bool, rights: Rights, acted: Json, state: Json
) -> Json:
    """Return the block_actions payload of a click in a message."""
    container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": ephemeral}
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    payload = _common("block_actions", user, rights) | {
        "container": container,
        "channel": {"id": channel.id, "name": channel.name},
        "state": {"values": state},
        "response_url": rights.response_url,
        "actions": [acted],
    }
    # Slack doesn't tell an app the content of a message that only one person sees
    return payload if ephemeral else payload | {"message": message}


def view_action(*, user: User, view: Json, rights: Rights, acted: Json) -> Json:
    """Return the block_actions payload of a click in a modal."""
    return _common("block_actions", user, rights) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": [acted],
    }


def view_submission(*, user: User, view: Json, rights: Rights) -> Json:
    """Return the payload of a submitted modal."""
    return _common("view_submission", user, rights) | {"view": view, "response_urls": []}


def view_closed(*, user: User, view: Json, rights: Rights, cleared: bool) -> Json:
    """Return the payload of a modal that was dismissed."""
    payload = _common("view_closed", user, rights) | {"view": view, "is_cleared": cleared}
    del payload["trigger_id"]
    return payload


def message_shortcut(*, user: User, channel: Channel, message: Json, callback_id: str, rights: Rights, ts: str) -> Json:
    """Return the payload of a shortcut in a message's menu."""
    return _common("message_action", user, rights) | {
        "callback_id": callback_id,
        "action_ts": ts,
        "message_ts": message["ts"],
        "channel": {"id": channel.id, "name": channel.name},
        "message": message,
        "response_url": rights.response_url,
    }


def slash_command(*, user: User, channel: Channel, command: str, text: str, rights: Rights) -> Json:
    """Return the fields of a slash command."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": rights.response_url,
        "trigger_id": rights.trigger_id,
    }


def app_mention(*, channel: Channel, message: Json) -> Json:
    """Return the event of a message that mentions the app."""
    told = ("user", "ts", "text", "team", "blocks", "thread_ts", "parent_user_id")
    event = {
        "type": "app_mention",
        "client_msg_id": secrets.token_hex(16),
        **{name: message[name] for name in told if name in message},
        "channel": channel.id,
        "event_ts": message["ts"],
    }
    authorization = {
        "enterprise_id": None,
        "team_id": TEAM,
        "user_id": BOT_USER,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(message["ts"].partition(".")[0]),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_urlsafe(12)}",
    }
