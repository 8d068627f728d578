"""Misfortunes on demand that no middleware can cause: late triggers, events delivered twice."""

from collections.abc import Callable

Fault = Callable[[str, str], bool]
"""Asked with a kind (`expired_trigger`, `duplicate`) and what it is about; says whether it shall happen now."""


def _never(_kind: str, _subject: str) -> bool:
    return False


class Mishaps:
    """Counts of what shall go wrong next, beside the faults shared by all parts of the sandbox."""

    def __init__(self, fault: Fault | None = None) -> None:
        self._fault = fault or _never
        self.expired_triggers = 0
        self.duplicates = 0

    def take_expired_trigger(self) -> bool:
        """Say whether the trigger being exchanged now shall count as too old."""
        if self.expired_triggers > 0:
            self.expired_triggers -= 1
            return True
        return self._fault("expired_trigger", "views.open")

    def take_duplicate(self, kind: str) -> bool:
        """Say whether the event being delivered now (`interactive`, `slash_commands` …) shall be delivered twice."""
        if self.duplicates > 0:
            self.duplicates -= 1
            return True
        return self._fault("duplicate", kind)
