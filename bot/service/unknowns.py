"""Counts what no entry explains, by template, durably: what an entry should be written for next."""

import asyncio
from collections.abc import Iterable

import structlog

from bot.core.incidents import Changes, Standing
from bot.core.templates import Sighting, Templates
from bot.service.ports import PortError, TemplateStore

log = structlog.get_logger(__name__)

WRITE_EVERY = 2.0
"""Seconds between writes: what a crash may cost the counts."""


class Unknowns:
    """Listens to decisions; `run` keeps the counts."""

    def __init__(self, *, store: TemplateStore) -> None:
        self._store = store
        self._templates = Templates()
        self._waiting: list[Sighting] = []
        self._counted: dict[tuple[str, str], int] = {}
        self._ready = False

    def restored(self, standings: Iterable[Standing]) -> None:
        """What was counted before the start: it isn't counted again."""
        self._counted = {(item.subject, item.id): item.signal.count for item in standings if not item.entry}

    def decided(self, changes: Changes) -> None:
        """Count the unknown signals of a decision: new ones, and what repeating ones have grown by."""
        for standing in changes.standings:
            key = standing.subject, standing.id
            if standing.entry:
                self._counted.pop(key, None)
            if standing.entry or standing.gone_at is not None:
                continue
            signal = standing.signal
            times = signal.count - self._counted.get(key, 0)
            self._counted[key] = signal.count
            if times > 0 and signal.message.strip():
                self._waiting.append(
                    Sighting(
                        message=signal.message,
                        at=signal.last_seen,
                        times=times,
                        source=str(signal.source),
                        reason=signal.reason,
                        app=str(signal.app or ""),
                    )
                )
        for name in changes.dropped:
            self._counted.pop(name, None)

    async def run(self) -> None:
        """Keep the counts until cancelled; then once more."""
        try:
            while True:
                await self._write()
                await asyncio.sleep(WRITE_EVERY)
        finally:
            await self._write()

    async def _write(self) -> None:
        try:
            if not self._ready:
                self._templates = Templates(await self._store.templates())
                self._ready = True
            waiting, self._waiting = self._waiting, []
            for sighting in waiting:
                self._templates.add(sighting)
            if self._templates.changed or self._templates.dropped:
                changed = [self._templates.get(name) for name in sorted(self._templates.changed)]
                await self._store.save_templates(changed, frozenset(self._templates.dropped))
                self._templates.changed.clear()
                self._templates.dropped.clear()
        except PortError as error:
            log.warning("the counts of unknown messages can't be kept; trying again", error=str(error))
