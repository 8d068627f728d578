"""chat.*: posting, editing and deleting messages."""

from bot.sandbox.slack.compose import UPDATE_TEXT, bot_message, content, require_something
from bot.sandbox.slack.directory import BOT_USER, Channel
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json, flag
from bot.sandbox.slack.web_api.method import Method, Methods
from bot.sandbox.slack.workspace import Workspace


class ChatMethods:
    """The methods an app speaks with."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> Methods:
        """Return the methods by name."""
        return {
            "chat.postMessage": Method(call=self.post_message, scope="chat:write"),
            "chat.postEphemeral": Method(call=self.post_ephemeral, scope="chat:write"),
            "chat.update": Method(call=self.update, scope="chat:write"),
            "chat.delete": Method(call=self.delete, scope="chat:write"),
            "chat.getPermalink": Method(call=self.get_permalink),
        }

    def post_message(self, arguments: Json) -> Json:
        """Post a message. A thread that isn't there is refused; what Slack does then isn't documented."""
        channel = self._joined(arguments)
        found = content(arguments)
        require_something(found)
        if arguments.get("thread_ts"):
            found["thread_ts"] = self._root(channel, arguments["thread_ts"])
            if flag(arguments.get("reply_broadcast", False)):
                found["subtype"] = "thread_broadcast"
        message = bot_message(self._workspace.moments.timestamp(), found)
        self._workspace.messages.post(channel.id, message)
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def post_ephemeral(self, arguments: Json) -> Json:
        """Show a message to one person in a channel."""
        channel = self._joined(arguments)
        if arguments.get("user") not in channel.members:
            raise SlackError("user_not_in_channel")
        found = content(arguments)
        require_something(found)
        if arguments.get("thread_ts"):
            found["thread_ts"] = self._root(channel, arguments["thread_ts"])
        message = bot_message(self._workspace.moments.timestamp(), found)
        self._workspace.messages.whisper(channel.id, arguments["user"], message)
        return {"message_ts": message["ts"]}

    def update(self, arguments: Json) -> Json:
        """Edit an own message: what isn't given stays; an empty list of blocks removes them."""
        channel = self._workspace.channel(arguments.get("channel"))
        message = self._own(channel, arguments, otherwise="cant_update_message")
        found = content(arguments, longest=UPDATE_TEXT)
        if not found:
            raise SlackError("no_text")
        require_something(message | found)
        now = self._workspace.moments.timestamp()
        message |= found | {"edited": {"user": BOT_USER, "ts": now}}
        if not message.get("metadata", True):
            del message["metadata"]
        self._workspace.messages.changed()
        return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": message}

    def delete(self, arguments: Json) -> Json:
        """Delete an own message."""
        channel = self._workspace.channel(arguments.get("channel"))
        message = self._own(channel, arguments, otherwise="cant_delete_message")
        self._workspace.messages.delete(channel.id, message["ts"])
        return {"channel": channel.id, "ts": message["ts"]}

    def get_permalink(self, arguments: Json) -> Json:
        """Return a message's address."""
        channel = self._workspace.channel(arguments.get("channel"))
        message = self._workspace.messages.get(channel.id, arguments.get("message_ts"))
        address = self._workspace.addresses.permalink(channel.id, message["ts"], message.get("thread_ts"))
        return {"channel": channel.id, "permalink": address}

    def _joined(self, arguments: Json) -> Channel:
        channel = self._workspace.channel(arguments.get("channel"))
        if BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def _own(self, channel: Channel, arguments: Json, *, otherwise: str) -> Json:
        message = self._workspace.messages.get(channel.id, arguments.get("ts"))
        if message["user"] != BOT_USER:
            raise SlackError(otherwise)
        return message

    def _root(self, channel: Channel, thread_ts: object) -> str:
        root = self._workspace.messages.root_of(channel.id, thread_ts)
        if root != str(thread_ts):
            # Slack asks for the root's ts here and doesn't say what a reply's would do
            raise SlackError("cannot_reply_to_message")
        return root
