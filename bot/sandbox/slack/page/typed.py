"""What Slack's own window does to a line before it is sent."""

import re
from html import escape

from bot.sandbox.slack.directory import Directory

_MENTION = re.compile(r"(?<![\w@])@([a-z][a-z0-9._-]*)", re.IGNORECASE)


def as_slash_command(text: str) -> tuple[str, str]:
    """Return a line's slash command and the rest of it; no command for ordinary words."""
    command, _, rest = text.partition(" ")
    if not re.fullmatch(r"/[a-z][a-z0-9_-]*", command, re.IGNORECASE):
        return "", text
    return command, rest.strip()


def as_message_text(text: str, directory: Directory) -> str:
    """Return a typed line as a message's text: escaped, with @names of people and apps as mentions."""
    by_name = {user.name.lower(): user.id for user in directory.users.values()}

    def mention(found: re.Match[str]) -> str:
        user_id = by_name.get(found[1].lower())
        return f"<@{user_id}>" if user_id else found[0]

    return _MENTION.sub(mention, escape(text, quote=False))
