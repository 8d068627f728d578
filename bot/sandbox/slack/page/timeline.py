"""What one person sees of a channel or a thread, in order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.slack.block_kit import input_state
from bot.sandbox.slack.directory import SLACKBOT, User
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.workspace import Notice, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message on the page. `private`: only this person sees it. `failed`: Slack says that something went wrong."""

    message: Json
    author: User
    at: datetime
    private: bool = False
    failed: bool = False

    @property
    def ts(self) -> str:
        """Return the message's timestamp."""
        return str(self.message["ts"])

    @property
    def key(self) -> str:
        """Return the timestamp as permalinks write it."""
        return self.ts.replace(".", "")

    @property
    def state(self) -> Json:
        """Return what the message's menus and fields hold."""
        return input_state(self.message.get("blocks", []), {})


def moment_of(ts: str) -> datetime:
    """Return when a message was written, in this machine's time zone."""
    return datetime.fromtimestamp(float(ts)).astimezone()


def timestamp_of(key: str) -> str:
    """Return the timestamp behind the digits of a permalink."""
    return f"{key[:-6]}.{key[-6:]}"


class Timeline:
    """Reads the workspace with one person's eyes."""

    def __init__(self, workspace: Workspace, person: User) -> None:
        self._workspace = workspace
        self._person = person

    def channel(self, channel: str) -> list[Entry]:
        """Return what stands in a channel: roots, what was told to this person alone, errors."""
        messages = self._workspace.messages
        shown = [messages.shown(channel, message, metadata=False) for message in messages.in_channel(channel)]
        return self._in_order(shown, channel, thread=None)

    def thread(self, channel: str, root: str) -> list[Entry]:
        """Return a thread: its root, the replies, and what was told to this person alone. Raises SlackError."""
        messages = self._workspace.messages
        messages.root_of(channel, root)
        shown = [messages.shown(channel, message, metadata=False) for message in messages.thread(channel, root)]
        return self._in_order(shown, channel, thread=root)

    def _in_order(self, shown: list[Json], channel: str, *, thread: str | None) -> list[Entry]:
        entries = [self._entry(message) for message in shown]
        entries += self._whispers(channel, thread)
        entries += self._notices(channel, thread)
        return sorted(entries, key=lambda entry: (entry.at, entry.ts))

    def _whispers(self, channel: str, thread: str | None) -> Iterator[Entry]:
        for whisper in self._workspace.messages.ephemerals:
            for_us = whisper["channel"] == channel and whisper["to"] == self._person.id
            if for_us and whisper.get("thread_ts") == thread:
                yield self._entry(whisper, private=True)

    def _notices(self, channel: str, thread: str | None) -> Iterator[Entry]:
        for notice in self._workspace.notices:
            # an error stands in the channel even if it is about a thread: what was pressed may stand there too
            if (notice.user, notice.channel) == (self._person.id, channel) and thread in (None, notice.thread_ts):
                yield self._entry(_as_message(notice), private=True, failed=True)

    def _entry(self, message: Json, *, private: bool = False, failed: bool = False) -> Entry:
        return Entry(
            message=message,
            author=self._workspace.user(message["user"]),
            at=moment_of(message["ts"]),
            private=private,
            failed=failed,
        )


def _as_message(notice: Notice) -> Json:
    text = {"type": "plain_text", "text": notice.text, "emoji": False}
    return {"ts": notice.ts, "user": SLACKBOT, "text": "", "blocks": [{"type": "section", "text": text}]}
