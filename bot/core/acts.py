"""An act: a confirmed plan that is carried out, for whom, and on whose word."""

from dataclasses import dataclass

from bot.core.plans.wanted import Wanted
from bot.core.signals import AppRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`id` is the command it is journaled under. `by` confirmed it; `approved_by` is the second person, if one had to.

    Both are user ids; `name` is how `by` is called. `thread` is where it is told if its incident has no thread.
    """

    id: str
    wanted: Wanted
    by: str
    name: str = ""
    approved_by: str = ""
    thread: str = ""

    @property
    def app(self) -> AppRef:
        """Whom it is done to."""
        return self.wanted.app

    @property
    def who(self) -> str:
        """Who did it, for people and for Argo CD."""
        named = f"{self.name} ({self.by})" if self.name and self.name != self.by else self.by
        return f"{named}, approved by {self.approved_by}" if self.approved_by else named
