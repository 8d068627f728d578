"""Time as the fake's controllers see it: real and scaled for people, by hand for tests."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


def utc_now() -> datetime:
    """Return the machine's clock, in UTC."""
    return datetime.now(UTC)


class Timeline(Protocol):
    """What the controllers ask of time."""

    def now(self) -> datetime:
        """Return the current moment, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of story time."""
        ...


class RealTimeline:
    """The given clock; waits are divided by `speed`, timestamps are not."""

    def __init__(self, *, clock: Callable[[], datetime] | None = None, speed: float = 1.0) -> None:
        self._clock = clock or utc_now
        self._speed = speed

    def now(self) -> datetime:
        """Return the current moment, in UTC."""
        return self._clock()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of story time."""
        await asyncio.sleep(seconds / self._speed)


class ManualTimeline:
    """A clock that moves only when told, and then wakes who was due, in order."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """Return the current moment, in UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved so far."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move the clock, waking each sleeper at its own moment."""
        await self._settle()
        until = self._now + timedelta(seconds=seconds)
        while (due := self._next_due()) is not None and due <= until:
            await self.step()
        self._now = until

    async def step(self) -> bool:
        """Wake the next sleeper alone; False when nobody sleeps."""
        await self._settle()
        due = self._next_due()
        if due is None:
            return False
        self._now = max(self._now, due)
        heapq.heappop(self._sleepers)[2].set_result(None)
        await self._settle()
        return True

    def _next_due(self) -> datetime | None:
        while self._sleepers and self._sleepers[0][2].done():  # cancelled: its task no longer waits
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def _settle(self) -> None:
        # The controllers do no input or output between two sleeps: some turns of the loop bring each to its next one.
        for _ in range(20):
            await asyncio.sleep(0)
