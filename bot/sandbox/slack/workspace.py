"""The state of one workspace, as the Web API, the delivery of events and the page share it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.directory import Channel, Directory, User
from bot.sandbox.slack.errors import Impossible, SlackError
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.messages import Messages
from bot.sandbox.slack.mishaps import Mishaps
from bot.sandbox.slack.moments import Moments
from bot.sandbox.slack.responses import ResponseUrls
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.views import Views

_CALLS_KEPT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An error that Slack shows to one person, such as `operation_timeout`."""

    ts: str
    user: str
    channel: str
    thread_ts: str | None
    error: str
    text: str

    def to_json(self) -> Json:
        """Return the notice for the control API."""
        return {
            "ts": self.ts,
            "user": self.user,
            "channel": self.channel,
            "thread_ts": self.thread_ts,
            "error": self.error,
            "text": self.text,
        }


@dataclass(slots=True, kw_only=True)
class Addresses:
    """Where this server and its page are reached, without a slash at the end."""

    server: str = ""
    page: str = ""

    def on_server(self, path: str) -> str:
        """Return an address on the server. Raises RuntimeError while its port isn't known."""
        if not self.server:
            raise RuntimeError("set_address() has not been called: the fake Slack doesn't know where it is reached")
        return f"{self.server}{path}"

    def permalink(self, channel: str, ts: str, thread_ts: str | None) -> str:
        """Return a message's address; on the page where there is one."""
        query = f"?thread_ts={thread_ts}&cid={channel}" if thread_ts not in (None, ts) else ""
        return f"{self.page or self.server}/archives/{channel}/p{ts.replace('.', '')}{query}"


class Workspace:
    """Everything a workspace holds. `trigger_seconds` is how long a trigger id lives."""

    def __init__(
        self,
        *,
        directory: Directory,
        clock: Callable[[], datetime] | None,
        mishaps: Mishaps,
        trigger_seconds: float,
    ) -> None:
        self.directory = directory
        self.mishaps = mishaps
        self.addresses = Addresses()
        self.moments = Moments(clock)
        self.changes = Changes()
        self.messages = Messages(self.changes)
        self.views = Views(self.moments, self.changes)
        self.triggers = Triggers(self.moments, seconds=trigger_seconds, expired=mishaps.take_expired_trigger)
        self.responses = ResponseUrls(self.moments)
        self.files = Files()
        self.notices: list[Notice] = []
        self.calls: deque[Json] = deque(maxlen=_CALLS_KEPT)

    def user(self, user_id: object) -> User:
        """Return a person. Raises SlackError `user_not_found`."""
        user = self.directory.users.get(str(user_id))
        if user is None:
            raise SlackError("user_not_found")
        return user

    def channel(self, channel_id: object) -> Channel:
        """Return a channel by its id, never by its name. Raises SlackError `channel_not_found`."""
        channel = self.directory.channels.get(str(channel_id))
        if channel is None:
            raise SlackError("channel_not_found")
        return channel

    def notify(self, *, user: str, channel: str, error: str, text: str, thread_ts: str | None = None) -> None:
        """Show an error to one person."""
        ts = self.moments.timestamp()
        self.notices.append(
            Notice(ts=ts, user=user, channel=channel, thread_ts=thread_ts, error=error, text=text),
        )
        self.changes.touch()

    def dismiss(self, ts: str, *, user: str) -> None:
        """Take away what only this person sees: a notice or an ephemeral message. Raises Impossible."""
        whisper = self.messages.whispered(ts)
        if whisper is not None and whisper["to"] == user:
            self.messages.unwhisper(ts)
            return
        left = [notice for notice in self.notices if (notice.ts, notice.user) != (ts, user)]
        if len(left) == len(self.notices):
            raise Impossible(f"{user} was shown nothing at {ts}")
        self.notices = left
        self.changes.touch()
