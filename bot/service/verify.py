"""After an act the incident's own signals decide: gone, and it is resolved; still there after a while, it is told."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.board import Board
from bot.core.incidents import Effect, EffectKind, Incident, State
from bot.service.respond import Responder

LOOK_EVERY = 5.0


class Verifier:
    """Watches what was acted on. A restart begins the bake time anew."""

    def __init__(self, *, responder: Responder, clock: Callable[[], datetime], bake: timedelta) -> None:
        self._responder = responder
        self._clock = clock
        self._bake = bake
        self._since: dict[str, datetime] = {}

    async def run(self) -> None:
        """Look for ever."""
        pause = min(LOOK_EVERY, self._bake.total_seconds() / 2)
        while True:
            await self.look()
            await asyncio.sleep(pause)

    async def look(self) -> None:
        """Tell of each incident whose bake time is over and whose signals still stand."""
        now = self._clock()
        ledger = self._responder.board.ledger
        baking = {incident.id: incident for incident in ledger.live() if incident.state is State.VERIFYING}
        self._since = {id_: self._since.get(id_, now) for id_ in baking}
        over = [baking[id_] for id_, since in self._since.items() if now - since >= self._bake]
        failed = [incident for incident in over if incident.clear_since is None]
        if failed:
            await self._responder.change(lambda board, at: self._tell(board, failed, at))

    def _tell(self, board: Board, failed: list[Incident], now: datetime) -> None:
        for found in failed:
            incident = board.ledger.incidents.get(found.id)
            if incident is None or incident.state is not State.VERIFYING or incident.clear_since is not None:
                continue
            standing = [item for item in board.ledger.supporting(incident.signals) if item.gone_at is None]
            said = standing[0].signal.message.strip().split("\n", 1)[0][:300] if standing else ""
            board.ledger.put_incident(replace(incident, state=State.OPEN), now=now)
            minutes = max(int(self._bake.total_seconds() // 60), 1)
            board.ledger.effect(
                Effect(
                    kind=EffectKind.NOTE,
                    incident=incident.id,
                    key=f"note:{incident.id}:not-fixed:{now.isoformat()}",
                    note="not-fixed",
                    values=(("minutes", str(minutes)), ("said", said)),
                )
            )
