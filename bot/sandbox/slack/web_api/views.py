"""views.*: opening and changing modals."""

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.web_api.method import Method, Methods
from bot.sandbox.slack.workspace import Workspace


class ViewMethods:
    """The methods about modals."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> Methods:
        """Return the methods by name."""
        return {
            "views.open": Method(call=self.open),
            "views.push": Method(call=self.push),
            "views.update": Method(call=self.update),
        }

    def open(self, arguments: Json) -> Json:
        """Open a modal for whoever caused the trigger."""
        trigger = self._workspace.triggers.exchange(arguments.get("trigger_id"))
        return {"view": self._workspace.views.open(trigger.user, arguments.get("view")).view}

    def push(self, arguments: Json) -> Json:
        """Put a modal on top of the one the trigger came from."""
        trigger = self._workspace.triggers.exchange(arguments.get("trigger_id"))
        if trigger.view is None or self._workspace.views.top(trigger.user) is None:
            raise SlackError("invalid_trigger_id")
        return {"view": self._workspace.views.push(trigger.user, arguments.get("view")).view}

    def update(self, arguments: Json) -> Json:
        """Replace a modal's content."""
        view_id, external_id = arguments.get("view_id"), arguments.get("external_id")
        if not view_id and not external_id:
            raise SlackError("invalid_arguments")
        view = self._workspace.views.update(
            arguments.get("view"), view_id=view_id, external_id=external_id, hash_=arguments.get("hash")
        )
        return {"view": view}
