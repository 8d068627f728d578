"""What is delivered, and what comes back."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.sandbox.slack.values import Json


class Kind(StrEnum):
    """The type of an envelope."""

    INTERACTIVE = "interactive"
    SLASH_COMMANDS = "slash_commands"
    EVENTS_API = "events_api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The app's answer in time, or the error Slack shows instead.

    `error` is `operation_timeout` (no answer in time), `dispatch_failed` (nobody to ask) or `http_error`.
    """

    error: str | None = None
    payload: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Which attempt this is and why another was needed; attempt 0 is the first."""

    attempt: int = 0
    reason: str = ""


class Delivery(Protocol):
    """One way to reach the app."""

    async def deliver(self, kind: Kind, payload: Json, retry: Retry) -> Acknowledgement:
        """Deliver once and wait for the answer."""
        ...
