"""auth.test, users.*, usergroups.users.list and reactions.*."""

import re

from bot.sandbox.slack.directory import APP, BOT, BOT_USER, TEAM
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.web_api.method import Method, Methods
from bot.sandbox.slack.workspace import Workspace


class PeopleMethods:
    """The methods about who is who, and the reactions people and apps leave."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> Methods:
        """Return the methods by name."""
        return {
            "auth.test": Method(call=self.auth_test),
            "users.info": Method(call=self.info, scope="users:read"),
            "users.lookupByEmail": Method(call=self.lookup_by_email, scope="users:read.email"),
            "usergroups.users.list": Method(call=self.group_users, scope="usergroups:read"),
            "reactions.add": Method(call=self.add_reaction, scope="reactions:write"),
            "reactions.remove": Method(call=self.remove_reaction, scope="reactions:write"),
        }

    def auth_test(self, _arguments: Json) -> Json:
        """Say whose token this is."""
        return {
            "url": f"{self._workspace.addresses.page or self._workspace.addresses.server}/",
            "team": "Sandbox",
            "user": self._workspace.user(BOT_USER).name,
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT,
            "app_id": APP,
            "is_enterprise_install": False,
        }

    def info(self, arguments: Json) -> Json:
        """Return one person."""
        return {"user": self._workspace.user(arguments.get("user")).to_json()}

    def lookup_by_email(self, arguments: Json) -> Json:
        """Return the person with an address."""
        for user in self._workspace.directory.people:
            if user.email == arguments.get("email"):
                return {"user": user.to_json()}
        raise SlackError("users_not_found")

    def group_users(self, arguments: Json) -> Json:
        """Return who is in a user group."""
        group = self._workspace.directory.groups.get(str(arguments.get("usergroup")))
        if group is None:
            raise SlackError("no_such_subteam")
        return {"users": list(group.users)}

    def add_reaction(self, arguments: Json) -> Json:
        """React to a message as the app."""
        message, name = self._reacted(arguments)
        reactions = message.setdefault("reactions", [])
        found = next((reaction for reaction in reactions if reaction["name"] == name), None)
        if found is None:
            found = {"name": name, "users": [], "count": 0}
            reactions.append(found)
        if BOT_USER in found["users"]:
            raise SlackError("already_reacted")
        found["users"].append(BOT_USER)
        found["count"] += 1
        self._workspace.messages.changed()
        return {}

    def remove_reaction(self, arguments: Json) -> Json:
        """Take the app's reaction back."""
        message, name = self._reacted(arguments)
        for reaction in message.get("reactions", []):
            if reaction["name"] == name and BOT_USER in reaction["users"]:
                reaction["users"].remove(BOT_USER)
                reaction["count"] -= 1
                message["reactions"] = [each for each in message["reactions"] if each["count"]]
                self._workspace.messages.changed()
                return {}
        raise SlackError("no_reaction")

    def _reacted(self, arguments: Json) -> tuple[Json, str]:
        channel = self._workspace.channel(arguments.get("channel"))
        name = str(arguments.get("name", "")).strip(":")
        if not re.fullmatch(r"[a-z0-9_+'-]{1,100}", name):
            raise SlackError("invalid_name")
        return self._workspace.messages.get(channel.id, arguments.get("timestamp")), name
