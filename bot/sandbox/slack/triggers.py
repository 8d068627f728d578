"""Trigger ids: the right to open one modal, for three seconds after a person did something."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.moments import Moments

_FORM = re.compile(r"\d+\.\d+\.[0-9a-f]+")
_KEPT = 10_000


@dataclass(slots=True, kw_only=True)
class Trigger:
    """What a person did, when, and from which modal (None: from a message or command)."""

    user: str
    issued: datetime
    view: str | None = None
    exchanged: bool = False


class Triggers:
    """Issues trigger ids and exchanges each once, in time. `expired` lets one be late by force."""

    def __init__(self, moments: Moments, *, seconds: float, expired: Callable[[], bool]) -> None:
        self._moments = moments
        self._lifetime = timedelta(seconds=seconds)
        self._expired = expired
        self._issued: dict[str, Trigger] = {}

    def issue(self, user: str, *, view: str | None = None) -> str:
        """Return a new trigger id for what a person just did."""
        moment = self._moments.now()
        trigger_id = f"{int(moment.timestamp() * 1000)}.738474920.{secrets.token_hex(16)}"
        self._issued[trigger_id] = Trigger(user=user, issued=moment, view=view)
        if len(self._issued) > _KEPT:
            del self._issued[next(iter(self._issued))]
        return trigger_id

    def exchange(self, trigger_id: object) -> Trigger:
        """Use up a trigger id. Raises SlackError `invalid_`, `exchanged_` or `expired_trigger_id`."""
        trigger = self._issued.get(trigger_id) if isinstance(trigger_id, str) and _FORM.fullmatch(trigger_id) else None
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.exchanged:
            raise SlackError("exchanged_trigger_id")
        if self._moments.now() - trigger.issued > self._lifetime or self._expired():
            raise SlackError("expired_trigger_id")
        trigger.exchanged = True
        return trigger
