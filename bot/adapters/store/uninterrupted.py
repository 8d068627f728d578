"""Lets work come to its end before its task's cancellation is honoured."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")


async def to_its_end(work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Do the work whole. A cancellation meanwhile is raised behind it, with the work's own error as its cause.

    SQLite needs that: its driver may wait for ever when a connection is closed twice at once, which is what a
    cancellation in the wrong instant makes SQLAlchemy do. The work is short, and its busy handler bounds it.
    """
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is None:
        return task.result()
    raise interruption from (None if task.cancelled() else task.exception())
