"""Who and what is in the workspace: people, channels, a user group, the app's slash commands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.slack.values import Json

TEAM: Final = "T0SANDBOX"
TEAM_DOMAIN: Final = "sandbox"
APP: Final = "A0SANDBOX"
BOT: Final = "B0BOT"
BOT_USER: Final = "U0BOT"
ON_CALL: Final = "U0ONCALL"
DEVELOPER: Final = "U0DEV"
INCIDENTS: Final = "C0INCIDENTS"
GENERAL: Final = "C0GENERAL"
ON_CALL_GROUP: Final = "S0ONCALL"
SLACKBOT: Final = "USLACKBOT"
VERIFICATION_TOKEN: Final = "sandbox-verification-token"  # noqa: S105 - deprecated by Slack, still sent, guards nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person, or the app's own user."""

    id: str
    name: str
    real_name: str
    title: str = ""
    is_bot: bool = False

    @property
    def email(self) -> str:
        """Return the address users.lookupByEmail finds this person by."""
        return f"{self.name}@sandbox.example"

    def to_json(self) -> Json:
        """Return the user object of users.info."""
        profile = {
            "title": self.title,
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.name,
            "display_name_normalized": self.name,
            "team": TEAM,
            **({"bot_id": BOT, "api_app_id": APP} if self.is_bot else {"email": self.email}),
        }
        return {
            "id": self.id,
            "team_id": TEAM,
            "name": self.name,
            "deleted": False,
            "real_name": self.real_name,
            "tz": "Etc/UTC",
            "tz_label": "Coordinated Universal Time",
            "tz_offset": 0,
            "profile": profile,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1700000000,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A public channel and who is in it."""

    id: str
    name: str
    topic: str
    members: frozenset[str]

    def to_json(self) -> Json:
        """Return the conversation object of conversations.info."""
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": True,
            "is_group": False,
            "is_im": False,
            "is_mpim": False,
            "is_private": False,
            "is_archived": False,
            "is_general": self.id == GENERAL,
            "is_shared": False,
            "is_ext_shared": False,
            "is_member": BOT_USER in self.members,
            "created": 1700000000,
            "creator": ON_CALL,
            "context_team_id": TEAM,
            "topic": {"value": self.topic, "creator": ON_CALL, "last_set": 1700000000},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """A group that can be mentioned as one."""

    id: str
    handle: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashCommand:
    """A command of the app, as its manifest would declare it, and lines the page proposes."""

    command: str
    description: str = ""
    suggestions: tuple[str, ...] = ()


GITOPS_COMMAND: Final = SlashCommand(
    command="/gitops",
    description="Ask the GitOps responder",
    suggestions=("/gitops status", "/gitops why grafana-prod", "/gitops debts", "/gitops help"),
)


def _users() -> dict[str, User]:
    people = (
        User(id=ON_CALL, name="alice", real_name="Alice Moreau", title="SRE, on call"),
        User(id=DEVELOPER, name="bob", real_name="Bob Lindqvist", title="Developer"),
        User(id=BOT_USER, name="gitops", real_name="GitOps responder", is_bot=True),
        User(id=SLACKBOT, name="slackbot", real_name="Slackbot", is_bot=True),
    )
    return {user.id: user for user in people}


def _channels() -> dict[str, Channel]:
    everyone = frozenset({ON_CALL, DEVELOPER, BOT_USER})
    channels = (
        Channel(id=INCIDENTS, name="incidents", topic="One thread per failure", members=everyone),
        Channel(id=GENERAL, name="general", topic="Everything else", members=everyone),
    )
    return {channel.id: channel for channel in channels}


def _groups() -> dict[str, UserGroup]:
    return {ON_CALL_GROUP: UserGroup(id=ON_CALL_GROUP, handle="on-call", users=(ON_CALL,))}


@dataclass(slots=True, kw_only=True)
class Directory:
    """The workspace's people, channels and groups, by id."""

    users: dict[str, User] = field(default_factory=_users)
    channels: dict[str, Channel] = field(default_factory=_channels)
    groups: dict[str, UserGroup] = field(default_factory=_groups)
    commands: Sequence[SlashCommand] = (GITOPS_COMMAND,)

    @property
    def people(self) -> list[User]:
        """Return those one can be on the page."""
        return [user for user in self.users.values() if not user.is_bot]
