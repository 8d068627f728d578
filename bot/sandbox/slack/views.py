"""Modals that are open, one stack for each person."""

import secrets
from dataclasses import dataclass, field

from bot.sandbox.slack.block_kit import check_view, input_state, with_defaults
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.directory import APP, BOT, TEAM
from bot.sandbox.slack.errors import Impossible, SlackError
from bot.sandbox.slack.moments import Moments
from bot.sandbox.slack.values import Json

_DEEPEST = 3


@dataclass(slots=True, kw_only=True)
class OpenView:
    """A modal as Slack tells it to apps (`view`), whose it is, and the errors its inputs show."""

    view: Json
    user: str
    errors: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Return the view's id."""
        return str(self.view["id"])

    def put_in(self, values: dict[str, dict[str, object]]) -> None:
        """Remember what a person put in, so that an update of the view keeps it."""
        for block_id, elements in values.items():
            self.values.setdefault(block_id, {}).update(elements)
        self.view["state"] = {"values": input_state(self.view["blocks"], self.values)}


class Views:
    """The stacks of open modals."""

    def __init__(self, moments: Moments, changes: Changes) -> None:
        self._moments = moments
        self._changes = changes
        self._stacks: dict[str, list[OpenView]] = {}

    def all(self) -> list[OpenView]:
        """Return every open modal; of each person's stack the deepest first."""
        return [view for stack in self._stacks.values() for view in stack]

    def top(self, user: str) -> OpenView | None:
        """Return the modal a person sees."""
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def get(self, view_id: object) -> OpenView:
        """Return an open modal. Raises Impossible."""
        for view in self.all():
            if view.id == view_id:
                return view
        raise Impossible(f"no open view {view_id}")

    def open(self, user: str, view: object) -> OpenView:
        """Open a modal instead of those this person had. Raises SlackError."""
        checked = self._checked(view)
        self._stacks[user] = []
        return self._place(user, checked)

    def push(self, user: str, view: object) -> OpenView:
        """Put a modal on top of this person's. Raises SlackError."""
        checked = self._checked(view)
        if len(self._stacks.get(user, [])) >= _DEEPEST:
            raise SlackError("push_limit_reached")
        return self._place(user, checked)

    def update(self, view: object, *, view_id: object = None, external_id: object = None, hash_: object = None) -> Json:
        """Replace a modal's content, keeping what was put into inputs that stay. Raises SlackError."""
        found = next(
            (
                each
                for each in self.all()
                if each.id == view_id or (external_id and each.view["external_id"] == external_id)
            ),
            None,
        )
        if found is None:
            raise SlackError("not_found")
        if hash_ and hash_ != found.view["hash"]:
            raise SlackError("hash_conflict")
        return self.replace(found, view)

    def replace(self, found: OpenView, view: object) -> Json:
        """Replace a modal's content. Raises SlackError."""
        checked = self._checked(view, itself=found)
        kept = {name: found.view[name] for name in ("id", "root_view_id", "previous_view_id")}
        found.view = self._whole(checked) | kept
        found.errors = {}
        known = {block["block_id"] for block in found.view["blocks"]}
        found.values = {block_id: values for block_id, values in found.values.items() if block_id in known}
        found.put_in({})
        self._changes.touch()
        return found.view

    def show_errors(self, found: OpenView, errors: dict[str, str]) -> None:
        """Show errors beside a modal's inputs."""
        found.errors = errors
        self._changes.touch()

    def close(self, found: OpenView) -> None:
        """Close a modal; what lay beneath it is seen again."""
        stack = self._stacks[found.user]
        if found in stack:
            stack.remove(found)
        self._changes.touch()

    def clear(self, user: str) -> None:
        """Close all modals of a person."""
        self._stacks[user] = []
        self._changes.touch()

    def _checked(self, view: object, *, itself: OpenView | None = None) -> Json:
        checked = check_view(view)
        external = checked.get("external_id")
        if external and any(each.view["external_id"] == external for each in self.all() if each is not itself):
            raise SlackError("duplicate_external_id")
        return checked

    def _place(self, user: str, checked: Json) -> OpenView:
        stack = self._stacks.setdefault(user, [])
        view_id = f"V{secrets.token_hex(5).upper()}"
        places = {
            "id": view_id,
            "root_view_id": stack[0].id if stack else view_id,
            "previous_view_id": stack[-1].id if stack else None,
        }
        placed = OpenView(view=self._whole(checked) | places, user=user)
        placed.put_in({})
        stack.append(placed)
        self._changes.touch()
        return placed

    def _whole(self, checked: Json) -> Json:
        return {
            "id": "",
            "team_id": TEAM,
            "type": checked["type"],
            "blocks": with_defaults(checked["blocks"]),
            "private_metadata": checked.get("private_metadata", ""),
            "callback_id": checked.get("callback_id", ""),
            "state": {"values": {}},
            "hash": f"{self._moments.timestamp().partition('.')[0]}.{secrets.token_hex(4)}",
            "title": checked["title"],
            "clear_on_close": checked.get("clear_on_close", False),
            "notify_on_close": checked.get("notify_on_close", False),
            "close": checked.get("close"),
            "submit": checked.get("submit"),
            "previous_view_id": None,
            "root_view_id": "",
            "app_id": APP,
            "external_id": checked.get("external_id", ""),
            "app_installed_team_id": TEAM,
            "bot_id": BOT,
        }
