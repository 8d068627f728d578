"""The one who delivers: picks the way, repeats what Slack would repeat, and keeps a log."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from bot.sandbox.slack.delivery.events import Acknowledgement, Delivery, Kind, Retry
from bot.sandbox.slack.mishaps import Mishaps
from bot.sandbox.slack.values import Json

RETRIES = (0.0, 60.0, 300.0)
"""Seconds before each further attempt of an event: docs.slack.dev, "Events API", "Retries"."""

_LOG = 2000
_REASONS = {"operation_timeout": "timeout", "dispatch_failed": "connection_failed", "http_error": "http_error"}


class Postman:
    """Delivers over `delivery`, which may be exchanged at run time.

    Interactions and commands are tried once, since a person waits for them; events of the Events API are repeated.
    """

    def __init__(self, delivery: Delivery, mishaps: Mishaps, *, retries: Sequence[float] = RETRIES) -> None:
        self.delivery = delivery
        self.log: deque[Json] = deque(maxlen=_LOG)
        self._mishaps = mishaps
        self._retries = tuple(retries)
        self._background: set[asyncio.Task[Acknowledgement]] = set()

    async def send(self, kind: Kind, payload: Json) -> Acknowledgement:
        """Deliver what a person did, once (or twice, when that is the mishap asked for)."""
        twice = self._mishaps.take_duplicate(str(kind))
        acknowledgement = await self._attempt(kind, payload, Retry())
        if twice:
            await self._attempt(kind, payload, Retry(attempt=1, reason="timeout"))
        return acknowledgement

    def announce(self, payload: Json) -> None:
        """Deliver an event without waiting, again and again until it is acknowledged or the attempts are over."""
        task = asyncio.ensure_future(self._insist(payload))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """Give up what is still under way."""
        under_way = list(self._background)
        for task in under_way:
            task.cancel()
        for task in under_way:
            with suppress(asyncio.CancelledError):
                await task

    async def _insist(self, payload: Json) -> Acknowledgement:
        acknowledgement = await self.send(Kind.EVENTS_API, payload)
        for attempt, pause in enumerate(self._retries, start=1):
            if acknowledgement.error is None:
                break
            reason = _REASONS[acknowledgement.error]
            await asyncio.sleep(pause)
            acknowledgement = await self._attempt(Kind.EVENTS_API, payload, Retry(attempt=attempt, reason=reason))
        return acknowledgement

    async def _attempt(self, kind: Kind, payload: Json, retry: Retry) -> Acknowledgement:
        started = monotonic()
        acknowledgement = await self.delivery.deliver(kind, payload, retry)
        self.log.append(
            {
                "kind": str(kind),
                "type": payload.get("type") or payload.get("command"),
                "attempt": retry.attempt,
                "error": acknowledgement.error,
                "payload": payload,
                "answer": acknowledgement.payload,
                "seconds": round(monotonic() - started, 4),
            }
        )
        return acknowledgement
