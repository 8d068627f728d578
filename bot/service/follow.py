"""Follows an operation to its real end, telling how it stands (facts §2.4)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.acts import Act
from bot.core.cards import Button, Phrase, Tone, phrase
from bot.core.operations import Ours, Progress, Stage, progress
from bot.core.plans import TERMINATE, Wanted
from bot.core.plans.refusals import hanging
from bot.core.states import AppState
from bot.service.act_report import ActReport
from bot.service.ports import GitOps, NotFound, PortError
from bot.service.respond import Responder
from bot.service.stopped import Stopped

HANGS_AFTER = timedelta(seconds=45)
"""How long Terminating may last before it is explained: waiting for hooks and the controller takes a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often an operation is read, how long it is followed, and how long for a sign or for its comparison."""

    poll_every: float
    give_up_after: timedelta
    sign_within: timedelta


class Follower:
    """Reads until it is over."""

    def __init__(self, *, responder: Responder, clock: Callable[[], datetime], patience: Patience) -> None:
        self._responder = responder
        self._clock = clock
        self._patience = patience

    async def follow(
        self, port: GitOps, act: Act, telling: ActReport, *, since: datetime, ours: Ours, arrived: bool
    ) -> tuple[Progress, AppState]:
        """Watch our operation to its end and the comparison after it. Raises Stopped where no end is seen."""
        began = self._clock()
        unseen_since: datetime | None = None
        terminating_since: datetime | None = None
        compared_from: datetime | None = None
        refresh = False
        while self._clock() - began < self._patience.give_up_after:
            state = await self._read(port, act, telling, refresh=refresh)
            if state is None:
                await asyncio.sleep(self._patience.poll_every)
                continue
            told = progress(state, since=since, ours=ours)
            now = self._clock()
            unseen_since = (unseen_since or now) if told.stage is Stage.NOTHING else None
            if unseen_since is not None and now - unseen_since >= self._patience.sign_within:
                raise Stopped(_no_sign(act, arrived=arrived), result="unknown")
            if told.stage is Stage.FINISHED:
                return told, state
            if told.stage is Stage.COMPARING:
                compared_from = compared_from or now
                if now - compared_from >= self._patience.sign_within:
                    return told, state
            terminating_since = (terminating_since or now) if told.stage is Stage.TERMINATING else None
            hangs = terminating_since is not None and now - terminating_since >= HANGS_AFTER
            await telling.now(standing(told, state, hangs=hangs), buttons=_ending(act, told))
            refresh = told.stage is Stage.COMPARING
            await asyncio.sleep(self._patience.poll_every)
        raise Stopped(_no_end(act, self._patience.give_up_after), result="unknown")

    async def settled(self, port: GitOps, act: Act, telling: ActReport) -> AppState:
        """Wait until no operation runs: what a termination asks for."""
        began = self._clock()
        while self._clock() - began < self._patience.give_up_after:
            state = await self._read(port, act, telling, refresh=False)
            if state is not None:
                operation = state.operation
                if not state.operation_pending and (
                    operation is None or operation.phase not in ("Running", "Terminating")
                ):
                    return state
                hangs = self._clock() - began >= HANGS_AFTER
                said = operation.message if operation and operation.message else "no message"
                template = hanging(state) if hangs else "It is being ended: {{said}}"
                await telling.now(phrase(template, app=act.app.name, said=said))
            await asyncio.sleep(self._patience.poll_every)
        raise Stopped(_no_end(act, self._patience.give_up_after), result="unknown")

    async def _read(self, port: GitOps, act: Act, telling: ActReport, *, refresh: bool) -> AppState | None:
        try:
            state = await port.app(act.app, refresh=refresh)
        except NotFound as error:
            raise Stopped(phrase("`{{app}}` isn't there any more.", app=act.app.name), result="unknown") from error
        except PortError as error:
            await telling.now(phrase("Argo CD can't be read now ({{why}}); still following.", why=error))
            return None
        await self._responder.offer(state)
        return state


def standing(told: Progress, state: AppState, *, hangs: bool) -> Phrase:
    """A followed operation in one sentence."""
    app = state.ref.name
    match told.stage:
        case Stage.NOTHING:
            return phrase("Waiting for a sign of it in Argo CD …")
        case Stage.ACCEPTED:
            return phrase("Argo CD has it.")
        case Stage.BLOCKED:
            return phrase("A sync window holds it. It can't even be terminated; it goes on when the window opens.")
        case Stage.TERMINATING if hangs:
            return phrase(hanging(state), app=app, said=told.message or "no message")
        case Stage.TERMINATING:
            return phrase("It is being terminated: {{said}}", said=told.message or "no message yet")
        case Stage.COMPARING:
            return phrase("It {{phase}}; waiting for the comparison after it.", phase=told.phase.lower())
        case _:
            return phrase("{{stage}}: {{said}}", stage=str(told.stage), said=told.message or "no message yet")


def _ending(act: Act, told: Progress) -> tuple[Button, ...]:
    """A way out while it runs."""
    if told.stage not in (Stage.RUNNING, Stage.RETRYING):
        return ()
    wanted = Wanted(verb=TERMINATE, app=act.app, incident=act.wanted.incident)
    return (Button(action="plan", label="Terminate", value=wanted.value(), tone=Tone.DANGER),)


def _no_sign(act: Act, *, arrived: bool) -> Phrase:
    if arrived:
        return phrase(
            "Argo CD took the request, but shows no operation of ours on `{{app}}`: another one may have taken its "
            "place. Look in Argo CD before you ask again.",
            app=act.app.name,
        )
    return phrase(
        "There was no answer, and Argo CD shows no operation of ours on `{{app}}`: the request most likely never "
        "arrived. It is not repeated. Look in Argo CD before you ask again.",
        app=act.app.name,
    )


def _no_end(act: Act, waited: timedelta) -> Phrase:
    return phrase(
        "The operation on `{{app}}` has not ended for {{minutes}} minutes. It goes on in Argo CD and isn't followed "
        "any longer; look there.",
        app=act.app.name,
        minutes=max(int(waited.total_seconds() // 60), 1),
    )
