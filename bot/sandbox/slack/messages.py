"""Messages of the channels, their threads, and what only one person sees."""

from dataclasses import dataclass, field

from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.directory import SLACKBOT
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json


@dataclass(slots=True)
class Conversation:
    """A channel's messages by timestamp, oldest first, and the replies under each root."""

    messages: dict[str, Json] = field(default_factory=dict)
    replies: dict[str, list[str]] = field(default_factory=dict)


class Messages:
    """What was said, as the JSON that Slack keeps."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._conversations: dict[str, Conversation] = {}
        self.ephemerals: list[Json] = []
        """Messages with `channel` and `to`, the one person who sees them."""

    def conversation(self, channel: str) -> Conversation:
        """Return a channel's messages."""
        return self._conversations.setdefault(channel, Conversation())

    def get(self, channel: str, ts: object) -> Json:
        """Return one message. Raises SlackError `message_not_found`."""
        message = self.conversation(channel).messages.get(str(ts))
        if message is None or message.get("subtype") == "tombstone":
            raise SlackError("message_not_found")
        return message

    def post(self, channel: str, message: Json) -> None:
        """Add a message; one with `thread_ts` joins that thread."""
        conversation = self.conversation(channel)
        root = message.get("thread_ts")
        if root is not None:
            parent = conversation.messages[root]
            message["parent_user_id"] = parent["user"]
            parent["thread_ts"] = root
            conversation.replies.setdefault(root, []).append(message["ts"])
        conversation.messages[message["ts"]] = message
        self._changes.touch()

    def root_of(self, channel: str, ts: object) -> str:
        """Return a thread's root, given it or one of its replies. Raises SlackError `thread_not_found`."""
        message = self.conversation(channel).messages.get(str(ts))
        if message is None:
            raise SlackError("thread_not_found")
        return str(message.get("thread_ts", message["ts"]))

    def changed(self) -> None:
        """Say that a message was edited in place."""
        self._changes.touch()

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message; a root that has replies leaves a tombstone."""
        conversation = self.conversation(channel)
        message = conversation.messages.pop(ts)
        root: str | None = message.get("thread_ts")
        if conversation.replies.get(ts):
            conversation.messages[ts] = _tombstone(ts)
            conversation.messages = dict(sorted(conversation.messages.items()))
        elif root is not None and ts in conversation.replies.get(root, ()):
            conversation.replies[root].remove(ts)
        self._changes.touch()

    def whisper(self, channel: str, to: str, message: Json) -> None:
        """Show a message to one person."""
        self.ephemerals.append(message | {"channel": channel, "to": to})
        self._changes.touch()

    def whispered(self, ts: str) -> Json | None:
        """Return what one person was shown under this timestamp."""
        return next((message for message in self.ephemerals if message["ts"] == ts), None)

    def unwhisper(self, ts: str) -> None:
        """Take back what one person was shown."""
        self.ephemerals = [message for message in self.ephemerals if message["ts"] != ts]
        self._changes.touch()

    def in_channel(self, channel: str) -> list[Json]:
        """Return what stands in the channel itself, oldest first: roots, and replies sent there too."""
        return [
            message
            for message in self.conversation(channel).messages.values()
            if message.get("thread_ts") in (None, message["ts"]) or message.get("subtype") == "thread_broadcast"
        ]

    def thread(self, channel: str, root: str) -> list[Json]:
        """Return a root and its replies, oldest first."""
        conversation = self.conversation(channel)
        replies = conversation.replies.get(root, [])
        return [conversation.messages[root], *(conversation.messages[ts] for ts in replies)]

    def shown(self, channel: str, message: Json, *, metadata: bool) -> Json:
        """Return a message as conversations.history tells it: a root with what is known of its thread."""
        view = {name: value for name, value in message.items() if metadata or name != "metadata"}
        replies = self.conversation(channel).replies.get(message["ts"], [])
        if replies:
            messages = self.conversation(channel).messages
            users = list(dict.fromkeys(messages[ts]["user"] for ts in replies))
            view |= {
                "reply_count": len(replies),
                "reply_users_count": len(users),
                "latest_reply": replies[-1],
                "reply_users": users[:5],
                "is_locked": False,
                "subscribed": False,
            }
        return view


def _tombstone(ts: str) -> Json:
    return {
        "type": "message",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": SLACKBOT,
        "hidden": True,
        "ts": ts,
        "thread_ts": ts,
    }
