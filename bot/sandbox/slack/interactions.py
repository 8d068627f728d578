"""What people do: click, submit, close, command, say. The page and the control API both act through here."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox.slack import payloads
from bot.sandbox.slack.block_kit import InputElement, chosen, elements_of, input_state, missing_values
from bot.sandbox.slack.compose import person_message
from bot.sandbox.slack.delivery import Acknowledgement, Kind, Postman
from bot.sandbox.slack.directory import BOT_USER, Channel, User
from bot.sandbox.slack.errors import Impossible, SlackError
from bot.sandbox.slack.payloads import Rights
from bot.sandbox.slack.responding import Answers
from bot.sandbox.slack.values import Json
from bot.sandbox.slack.views import OpenView
from bot.sandbox.slack.workspace import Workspace

Values = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an act went: `error` is what the person was shown instead of success, `errors` those beside inputs."""

    error: str | None = None
    trigger_id: str = ""
    errors: Mapping[str, str] | None = None

    def to_json(self) -> Json:
        """Return the outcome for the control API."""
        told: Json = {"ok": self.error is None, "error": self.error, "trigger_id": self.trigger_id}
        return told | ({"errors": dict(self.errors)} if self.errors else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Which element is pressed. `value` is the option chosen, or tells buttons of one action_id apart.

    `values` are the other inputs of the message or modal, `trigger_id` one to send instead of a fresh one.
    """

    action_id: str
    block_id: str | None = None
    value: object = None
    values: Values | None = None
    trigger_id: str | None = None


class Interactions:
    """Carries out people's acts. Raises Impossible for what no person could do."""

    def __init__(self, workspace: Workspace, postman: Postman) -> None:
        self._workspace = workspace
        self._postman = postman
        self._answers = Answers(workspace)

    # --- messages ---

    async def click(self, *, user: str, channel: str, ts: str, press: Press) -> Outcome:
        """Press a button, or choose from a menu, of a message."""
        person, place = self._person(user), self._channel(channel)
        message, ephemeral = self._visible(person, place, ts)
        found = _find(message.get("blocks", []), press)
        element = found.element
        acted = payloads.action(
            element, found.block_id, chosen(element, press.value), ts=self._workspace.moments.timestamp()
        )
        values = _with_press(press, found)
        rights = Rights(
            trigger_id=press.trigger_id or self._workspace.triggers.issue(person.id),
            response_url=self._response_url(person, place, original=ts, ephemeral=ephemeral),
        )
        payload = payloads.message_action(
            user=person,
            channel=place,
            message=self._workspace.messages.shown(place.id, message, metadata=True),
            ephemeral=ephemeral,
            rights=rights,
            acted=acted,
            state=input_state(message.get("blocks", []), values),
        )
        acknowledgement = await self._postman.send(Kind.INTERACTIVE, payload)
        label = element.get("text", {}).get("text") or found.action_id
        thread = message.get("thread_ts")
        self._tell_failure(acknowledgement, person, place, what=f"“{label}”", thread_ts=thread)
        return Outcome(error=acknowledgement.error, trigger_id=rights.trigger_id)

    async def shortcut(self, *, user: str, channel: str, ts: str, callback_id: str) -> Outcome:
        """Choose a shortcut from a message's menu."""
        person, place = self._person(user), self._channel(channel)
        message, ephemeral = self._visible(person, place, ts)
        if ephemeral:
            raise Impossible("a message that only one person sees has no shortcuts")
        rights = Rights(
            trigger_id=self._workspace.triggers.issue(person.id),
            response_url=self._response_url(person, place, original=ts, ephemeral=False),
        )
        payload = payloads.message_shortcut(
            user=person,
            channel=place,
            message=message,
            callback_id=callback_id,
            rights=rights,
            ts=self._workspace.moments.timestamp(),
        )
        acknowledgement = await self._postman.send(Kind.INTERACTIVE, payload)
        self._tell_failure(acknowledgement, person, place, what=callback_id, thread_ts=message.get("thread_ts"))
        return Outcome(error=acknowledgement.error, trigger_id=rights.trigger_id)

    # --- modals ---

    async def click_in_view(self, *, user: str, view_id: str, press: Press) -> Outcome:
        """Press a button, or choose from a menu, of a modal."""
        person, shown = self._seen_view(user, view_id)
        found = _find(shown.view["blocks"], press)
        block = found.block
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise Impossible(f"{found.action_id} is an input that tells nothing before the modal is submitted")
        shown.put_in({block_id: dict(each) for block_id, each in _with_press(press, found).items()})
        acted = payloads.action(
            found.element,
            found.block_id,
            chosen(found.element, press.value),
            ts=self._workspace.moments.timestamp(),
        )
        rights = Rights(trigger_id=press.trigger_id or self._workspace.triggers.issue(person.id, view=shown.id))
        payload = payloads.view_action(user=person, view=shown.view, rights=rights, acted=acted)
        acknowledgement = await self._postman.send(Kind.INTERACTIVE, payload)
        if acknowledgement.error is not None:
            self._trouble(shown)
        return Outcome(error=acknowledgement.error, trigger_id=rights.trigger_id)

    async def submit(self, *, user: str, view_id: str, values: Values) -> Outcome:
        """Submit a modal; the acknowledgement says what becomes of it."""
        person, shown = self._seen_view(user, view_id)
        if shown.view["submit"] is None:
            raise Impossible("this modal has no submit button")
        shown.put_in({block_id: dict(each) for block_id, each in values.items()})
        missing = missing_values(shown.view["blocks"], shown.view["state"]["values"])
        if missing:
            self._workspace.views.show_errors(shown, missing)
            return Outcome(error="missing_values", errors=missing)
        rights = Rights(trigger_id=self._workspace.triggers.issue(person.id, view=shown.id))
        payload = payloads.view_submission(user=person, view=shown.view, rights=rights)
        acknowledgement = await self._postman.send(Kind.INTERACTIVE, payload)
        if acknowledgement.error is not None:
            self._trouble(shown)
            return Outcome(error=acknowledgement.error, trigger_id=rights.trigger_id)
        try:
            errors = self._after_submission(shown, acknowledgement.payload or {})
        except SlackError as error:
            self._trouble(shown)
            return Outcome(error=error.error, trigger_id=rights.trigger_id)
        return Outcome(
            error="response_action_errors" if errors else None, trigger_id=rights.trigger_id, errors=errors or None
        )

    async def close(self, *, user: str, view_id: str, cleared: bool = False) -> Outcome:
        """Dismiss a modal, or (`cleared`) all of them at once."""
        person, shown = self._seen_view(user, view_id)
        if cleared or shown.view["clear_on_close"]:
            self._workspace.views.clear(person.id)
        else:
            self._workspace.views.close(shown)
        if not shown.view["notify_on_close"]:
            return Outcome()
        rights = Rights(trigger_id="")
        payload = payloads.view_closed(user=person, view=shown.view, rights=rights, cleared=cleared)
        acknowledgement = await self._postman.send(Kind.INTERACTIVE, payload)
        return Outcome(error=acknowledgement.error)

    # --- words ---

    async def command(self, *, user: str, channel: str, command: str, text: str) -> Outcome:
        """Type a slash command into a channel."""
        person, place = self._person(user), self._channel(channel)
        if command not in {each.command for each in self._workspace.directory.commands}:
            self._workspace.notify(
                user=person.id,
                channel=place.id,
                error="unknown_command",
                text=f"{command} is not a valid command.",
            )
            return Outcome(error="unknown_command")
        token = self._workspace.responses.issue(user=person.id, channel=place.id)
        rights = Rights(
            trigger_id=self._workspace.triggers.issue(person.id),
            response_url=self._workspace.addresses.on_server(f"/response/{token}"),
        )
        payload = payloads.slash_command(user=person, channel=place, command=command, text=text, rights=rights)
        acknowledgement = await self._postman.send(Kind.SLASH_COMMANDS, payload)
        self._tell_failure(acknowledgement, person, place, what=f"{command} {text}".strip())
        error = acknowledgement.error
        if acknowledgement.payload:
            try:
                self._answers.place(self._workspace.responses.target(token), acknowledgement.payload)
            except SlackError as refusal:
                error = f"invalid_command_response: {refusal.error}"
                self._workspace.notify(user=person.id, channel=place.id, error=error, text=f"{command} failed: {error}")
        return Outcome(error=error, trigger_id=rights.trigger_id)

    def say(self, *, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Type a message; one that mentions the app is told to it. Returns the message's timestamp."""
        person, place = self._person(user), self._channel(channel)
        if not text.strip():
            raise Impossible("there is nothing to say")
        message = person_message(self._workspace.moments.timestamp(), person.id, text)
        if thread_ts:
            try:
                message["thread_ts"] = self._workspace.messages.root_of(place.id, thread_ts)
            except SlackError as error:
                raise Impossible(f"no thread {thread_ts} in {place.id}") from error
        self._workspace.messages.post(place.id, message)
        if f"<@{BOT_USER}>" in text:
            self._postman.announce(payloads.app_mention(channel=place, message=message))
        return str(message["ts"])

    # --- parts ---

    def _person(self, user: str) -> User:
        person = self._workspace.directory.users.get(user)
        if person is None or person.is_bot:
            raise Impossible(f"no person {user}")
        return person

    def _channel(self, channel: str) -> Channel:
        place = self._workspace.directory.channels.get(channel)
        if place is None:
            raise Impossible(f"no channel {channel}")
        return place

    def _visible(self, person: User, place: Channel, ts: str) -> tuple[Json, bool]:
        whispered = self._workspace.messages.whispered(ts)
        if whispered is not None and whispered["channel"] == place.id and whispered["to"] == person.id:
            return whispered, True
        try:
            return self._workspace.messages.get(place.id, ts), False
        except SlackError as error:
            raise Impossible(f"{person.name} sees no message {ts} in {place.id}") from error

    def _seen_view(self, user: str, view_id: str) -> tuple[User, OpenView]:
        person, shown = self._person(user), self._workspace.views.get(view_id)
        if self._workspace.views.top(person.id) is not shown:
            raise Impossible(f"{person.name} doesn't see view {view_id}")
        return person, shown

    def _response_url(self, person: User, place: Channel, *, original: str, ephemeral: bool) -> str:
        token = self._workspace.responses.issue(
            user=person.id, channel=place.id, original=original, ephemeral=ephemeral
        )
        return self._workspace.addresses.on_server(f"/response/{token}")

    def _tell_failure(
        self,
        acknowledgement: Acknowledgement,
        person: User,
        place: Channel,
        *,
        what: str,
        thread_ts: str | None = None,
    ) -> None:
        if acknowledgement.error is not None:
            self._workspace.notify(
                user=person.id,
                channel=place.id,
                thread_ts=thread_ts,
                error=acknowledgement.error,
                text=f"{what} failed with the error “{acknowledgement.error}”",
            )

    def _trouble(self, shown: OpenView) -> None:
        self._workspace.views.show_errors(shown, {"": "We had some trouble connecting. Try again?"})

    def _after_submission(self, shown: OpenView, answer: Json) -> dict[str, str]:
        views = self._workspace.views
        match answer.get("response_action"):
            case None:
                views.close(shown)
            case "clear":
                views.clear(shown.user)
            case "update":
                views.replace(shown, answer.get("view"))
            case "push":
                views.push(shown.user, answer.get("view"))
            case "errors":
                return self._show_errors(shown, answer.get("errors"))
            case _:
                raise SlackError("invalid_response_action")
        return {}

    def _show_errors(self, shown: OpenView, errors: object) -> dict[str, str]:
        inputs = {block["block_id"] for block in shown.view["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
            raise SlackError("invalid_response_action")
        told = {str(block_id): str(text) for block_id, text in errors.items()}
        self._workspace.views.show_errors(shown, told)
        return told


def _find(blocks: list[Json], press: Press) -> InputElement:
    matching = [
        found
        for found in elements_of(blocks)
        if found.action_id == press.action_id and press.block_id in (None, found.block_id)
    ]
    if press.value is not None and len(matching) > 1:
        matching = [found for found in matching if found.element.get("value") == press.value] or matching
    if not matching:
        known = ", ".join(found.action_id for found in elements_of(blocks)) or "none"
        raise Impossible(f"no element {press.action_id}; there are: {known}")
    found = matching[0]
    if press.value is not None and found.element["type"] == "button" and found.element.get("value") != press.value:
        raise Impossible(f"button {press.action_id} has the value {found.element.get('value')!r}")
    return found


def _with_press(press: Press, found: InputElement) -> dict[str, dict[str, object]]:
    values = {block_id: dict(elements) for block_id, elements in (press.values or {}).items()}
    if found.element["type"] not in ("button", "overflow"):
        values.setdefault(found.block_id, {})[found.action_id] = press.value
    return values
