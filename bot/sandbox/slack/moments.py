"""The workspace's clock and its message timestamps."""

from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the machine's clock, in UTC."""
    return datetime.now(UTC)


class Moments:
    """Now, and timestamps that name messages: seconds with six decimals, each later than the one before."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self._clock = clock or utc_now
        self._last = 0

    def now(self) -> datetime:
        """Return the current moment, in UTC."""
        return self._clock()

    def timestamp(self) -> str:
        """Return a timestamp no other message has."""
        self._last = max(int(self.now().timestamp() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
