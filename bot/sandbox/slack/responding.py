"""What happens to an answer: to a response URL, or carried by the acknowledgement of a command."""

from bot.sandbox.slack.compose import bot_message, content, require_something
from bot.sandbox.slack.directory import BOT_USER
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.responses import ResponseTarget
from bot.sandbox.slack.values import Json, flag
from bot.sandbox.slack.workspace import Workspace


class Answers:
    """Places answers in the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def place(self, target: ResponseTarget, body: Json) -> None:
        """Post, replace or delete, as the answer says. Raises SlackError.

        The first answer to a command becomes the original that later ones may replace.
        """
        if flag(body.get("delete_original", False)):
            self._delete(target)
            return
        found = content(body, heaviest=None)
        require_something(found)
        if flag(body.get("replace_original", False)) and target.original is not None:
            self._replace(target, found)
            return
        ephemeral = body.get("response_type", "ephemeral") != "in_channel"
        if body.get("thread_ts"):
            found["thread_ts"] = self._workspace.messages.root_of(target.channel, body["thread_ts"])
        message = bot_message(self._workspace.moments.timestamp(), found)
        if ephemeral:
            self._workspace.messages.whisper(target.channel, target.user, message)
        else:
            self._workspace.messages.post(target.channel, message)
        if target.original is None:
            target.original, target.ephemeral = message["ts"], ephemeral

    def _replace(self, target: ResponseTarget, found: Json) -> None:
        original = str(target.original)
        if target.ephemeral:
            message = self._workspace.messages.whispered(original)
            if message is None:
                raise SlackError("message_not_found")
            message |= {"text": "", "blocks": [], **found}
        else:
            message = self._workspace.messages.get(target.channel, original)
            edited = {"user": BOT_USER, "ts": self._workspace.moments.timestamp()}
            message |= {"text": "", "blocks": [], **found, "edited": edited}
        self._workspace.messages.changed()

    def _delete(self, target: ResponseTarget) -> None:
        if target.original is None:
            return
        if target.ephemeral:
            self._workspace.messages.unwhisper(target.original)
        else:
            self._workspace.messages.get(target.channel, target.original)
            self._workspace.messages.delete(target.channel, target.original)
        target.original = None
