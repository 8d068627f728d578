"""files.*: the two steps of an upload; the bytes go to the address between them."""

from bot.sandbox.slack.arguments import number
from bot.sandbox.slack.compose import bot_message, content
from bot.sandbox.slack.directory import BOT_USER
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.web_api.method import Method, Methods
from bot.sandbox.slack.workspace import Workspace


class FileMethods:
    """The methods about files."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> Methods:
        """Return the methods by name."""
        return {
            "files.getUploadURLExternal": Method(call=self.get_upload_url, scope="files:write"),
            "files.completeUploadExternal": Method(call=self.complete_upload, scope="files:write"),
        }

    def get_upload_url(self, arguments: Json) -> Json:
        """Announce a file; its bytes are POSTed to the address given back."""
        name = str(arguments.get("filename") or "")
        if not name:
            raise SlackError("invalid_arguments")
        ticket, file_id = self._workspace.files.announce(name, number(arguments, "length", 0))
        return {"upload_url": self._workspace.addresses.on_server(f"/upload/{ticket}"), "file_id": file_id}

    def complete_upload(self, arguments: Json) -> Json:
        """Make uploaded files visible, in a channel where one is given."""
        wanted = arguments.get("files")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(each, dict) for each in wanted):
            raise SlackError("invalid_arguments")
        channel = self._workspace.channel(arguments["channel_id"]) if arguments.get("channel_id") else None
        files = [self._workspace.files.complete(each.get("id"), str(each.get("title") or "")) for each in wanted]
        if channel is not None:
            found = content({"text": str(arguments.get("initial_comment") or "")})
            if arguments.get("thread_ts"):
                found["thread_ts"] = self._workspace.messages.root_of(channel.id, arguments["thread_ts"])
            shown = [file.to_json() | {"user": BOT_USER} for file in files]
            message = bot_message(self._workspace.moments.timestamp(), found | {"files": shown})
            self._workspace.messages.post(channel.id, message)
        return {"files": [file.to_json() for file in files]}
