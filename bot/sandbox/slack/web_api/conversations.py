"""conversations.*: reading a channel and its threads."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

from bot.sandbox.slack.arguments import number
from bot.sandbox.slack.directory import BOT_USER, Channel
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json, flag
from bot.sandbox.slack.web_api.method import Method, Methods
from bot.sandbox.slack.workspace import Workspace

_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")


class ConversationMethods:
    """The methods an app reads with."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> Methods:
        """Return the methods by name."""
        return {
            "conversations.history": Method(call=self.history, scope="channels:history"),
            "conversations.replies": Method(call=self.replies, scope="channels:history"),
            "conversations.info": Method(call=self.info, scope="channels:read"),
            "conversations.members": Method(call=self.members, scope="channels:read"),
        }

    def history(self, arguments: Json) -> Json:
        """Return a channel's messages without replies, newest first."""
        channel = self._joined(arguments)
        newest_first = list(reversed(self._workspace.messages.in_channel(channel.id)))
        inside = list(_in_range(newest_first, arguments))
        page, cursor = _page(inside, arguments, newest_first=True)
        return {"messages": self._shown(channel.id, page, arguments), "pin_count": 0, **_more(cursor)}

    def replies(self, arguments: Json) -> Json:
        """Return a thread, oldest first; the root stands at the head of every page."""
        channel = self._joined(arguments)
        root = self._workspace.messages.root_of(channel.id, arguments.get("ts"))
        head, *replies = self._workspace.messages.thread(channel.id, root)
        page, cursor = _page(list(_in_range(replies, arguments)), arguments, newest_first=False)
        return {"messages": self._shown(channel.id, [head, *page], arguments), **_more(cursor)}

    def info(self, arguments: Json) -> Json:
        """Return a channel."""
        channel = self._workspace.channel(arguments.get("channel"))
        return {"channel": channel.to_json() | {"num_members": len(channel.members)}}

    def members(self, arguments: Json) -> Json:
        """Return who is in a channel."""
        channel = self._workspace.channel(arguments.get("channel"))
        return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}

    def _joined(self, arguments: Json) -> Channel:
        channel = self._workspace.channel(arguments.get("channel"))
        if BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def _shown(self, channel: str, messages: Sequence[Json], arguments: Json) -> list[Json]:
        metadata = flag(arguments.get("include_all_metadata", False))
        return [self._workspace.messages.shown(channel, message, metadata=metadata) for message in messages]


def _in_range(messages: Sequence[Json], arguments: Json) -> Iterator[Json]:
    oldest = _moment(arguments, "oldest", "0")
    latest = _moment(arguments, "latest", "999999999999")
    inclusive = flag(arguments.get("inclusive", False))
    for message in messages:
        ts = _key(message["ts"])
        if oldest < ts < latest or (inclusive and ts in (oldest, latest)):
            yield message


def _moment(arguments: Json, name: str, default: str) -> tuple[int, int]:
    value = str(arguments.get(name) or default)
    if not _TS.fullmatch(value):
        raise SlackError(f"invalid_ts_{name}")
    return _key(value)


def _key(ts: str) -> tuple[int, int]:
    seconds, _, fraction = ts.partition(".")
    return int(seconds), int(fraction.ljust(6, "0") or 0)


def _page(messages: list[Json], arguments: Json, *, newest_first: bool) -> tuple[list[Json], str]:
    """Return one page and the cursor of the next, empty at the end."""
    limit = number(arguments, "limit", 100)
    if not 1 <= limit <= 999:
        raise SlackError("invalid_limit")
    after = _from_cursor(arguments.get("cursor"))
    if after is not None:
        messages = [
            each for each in messages if (_key(each["ts"]) < after) is newest_first and _key(each["ts"]) != after
        ]
    page = messages[:limit]
    return page, _to_cursor(page[-1]["ts"]) if len(messages) > limit else ""


def _to_cursor(ts: str) -> str:
    return base64.b64encode(f"next_ts:{ts.replace('.', '')}".encode()).decode()


def _from_cursor(cursor: object) -> tuple[int, int] | None:
    if not cursor:
        return None
    try:
        kind, _, digits = base64.b64decode(str(cursor), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    if kind != "next_ts" or not re.fullmatch(r"\d{7,18}", digits):
        raise SlackError("invalid_cursor")
    return int(digits[:-6]), int(digits[-6:])


def _more(cursor: str) -> Json:
    return {"has_more": bool(cursor), **({"response_metadata": {"next_cursor": cursor}} if cursor else {})}
