"""Debts: auto-sync that we paused and that somebody has to switch on again."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.signals import AppRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A pause of ours. Noted before the pause is asked for, so that a crash in between forgets nothing.

    `id` is the command that paused. `owner` is the person who confirmed. `left` is the revision that was rolled back:
    while Git holds it, switching auto-sync on deploys it again. `reminders` counts what was said so far; `remind_at`
    is when to say it next. A settled debt says when and why.
    """

    id: str
    app: AppRef
    owner: str
    since: datetime
    incident: str = ""
    left: str = ""
    remind_at: datetime | None = None
    reminders: int = 0
    settled_at: datetime | None = None
    settled_why: str = ""
