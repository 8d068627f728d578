"""Telling those who watch the workspace that something in it changed."""

import asyncio


class Changes:
    """A version that rises with every change, and waiting for it to rise."""

    def __init__(self) -> None:
        self.version = 0
        self.closed = False
        self._waiting: list[asyncio.Future[None]] = []

    def touch(self) -> None:
        """Say that something changed."""
        self.version += 1
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def later_than(self, version: int) -> int:
        """Wait until the version is another than the given one, or the workspace closes; return it."""
        if self.version == version and not self.closed:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
        return self.version

    def close(self) -> None:
        """Wake everyone for the last time."""
        self.closed = True
        self.touch()
