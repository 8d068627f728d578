"""Switches auto-sync off and on: through the parent where there is one, else in the spec, else not at all.

The switch is a toggle or a whole spec, so the state is read before and after: whatever a timeout or a restart left
open, it is looked at, and nothing is switched twice.
"""

import asyncio

import structlog

from bot.core.acts import Act
from bot.core.cards import Phrase, phrase
from bot.core.plans import short
from bot.core.plans.wording import switch_command
from bot.core.states import AppState
from bot.service.act_report import ActReport
from bot.service.debts import Debts
from bot.service.ports import GitOps, PortError, Refused, Store, Unreachable
from bot.service.stopped import Stopped

log = structlog.get_logger(__name__)

READ_BACK_AFTER = 1.0
"""Seconds until the switch is read back: an ApplicationSet undoes it within half a second (facts §8.1)."""

LOOKS = 5


class AutoSync:
    """The switch, with its debt."""

    def __init__(self, *, store: Store, debts: Debts) -> None:
        self._store = store
        self._debts = debts

    async def pause(self, port: GitOps, state: AppState, act: Act, telling: ActReport, *, left: str) -> AppState:
        """Switch it off; the debt is noted first. Raises Stopped, saying what was and wasn't done."""
        app = state.ref
        await self._debts.note(act, left=left)
        await self._store.journal(act.id, "pausing", {"self_heal": state.self_heal, "revision": state.revision})
        trouble = ""
        if state.auto_sync:
            try:
                await self._switch(port, state, on=False)
            except Refused as error:
                await self._debts.settle(app, "it could not be paused")
                raise Stopped(_not_paused(state, str(error))) from error
            except Unreachable as error:
                trouble = str(error)
                await telling.now(phrase("No answer to the pause ({{why}}). Looking what became of it …", why=error))
        after = await self._read_back(port, state, wanted=False, looks=LOOKS if trouble else 1)
        if after.auto_sync and trouble:
            # the debt stays until auto-sync is seen on for a while: the request may still arrive
            raise Stopped(_not_paused(state, trouble))
        if after.auto_sync:
            await self._debts.settle(app, "it was switched on again at once")
            raise Stopped(
                phrase(
                    "Auto-sync of `{{app}}` was paused and something turned it on again at once. Nothing was rolled "
                    "back. Revert in Git instead: `git revert {{revision}}`.",
                    app=app.name,
                    revision=short(state.revision),
                )
            )
        await self._store.journal(act.id, "paused", {})
        await telling.done(phrase("Auto-sync of `{{app}}` is paused.", app=app.name))
        return after

    async def restore(self, port: GitOps, state: AppState, act: Act, telling: ActReport) -> AppState:
        """Switch it on again and settle the debt. Raises Stopped."""
        await self._store.journal(act.id, "restoring", {})
        trouble = ""
        if not state.auto_sync:
            try:
                await self._switch(port, state, on=True)
            except Refused as error:
                raise Stopped(_not_restored(state, str(error))) from error
            except Unreachable as error:
                trouble = str(error)
                await telling.now(phrase("No answer to the switch ({{why}}). Looking what became of it …", why=error))
        after = await self._read_back(port, state, wanted=True, looks=LOOKS if trouble else 1)
        if not after.auto_sync:
            raise Stopped(_not_restored(state, trouble or "something switched it off again at once"))
        await self._debts.settle(state.ref, f"restored by {act.by}")
        await self._store.journal(act.id, "restored", {})
        await telling.done(phrase("Auto-sync of `{{app}}` is on.", app=state.ref.name))
        return after

    async def _switch(self, port: GitOps, state: AppState, *, on: bool) -> None:
        """By the parent's action; where that is refused and the bot may update, in the spec."""
        if state.parent is None:
            return await port.set_auto_sync(state.ref, enabled=on, project=state.project)
        try:
            parent = await port.app(state.parent)
            await port.toggle_auto_sync(state.ref, parent=state.parent, parent_project=parent.project)
        except Refused as error:
            log.info("the parent's action was refused", app=str(state.ref), parent=str(state.parent), error=str(error))
            if not await port.can_i("update", state.project, str(state.ref)):
                raise
            await port.set_auto_sync(state.ref, enabled=on, project=state.project)

    async def _read_back(self, port: GitOps, state: AppState, *, wanted: bool, looks: int) -> AppState:
        for look in range(1, looks + 1):
            await asyncio.sleep(READ_BACK_AFTER)
            try:
                after = await port.app(state.ref)
            except Unreachable as error:
                log.warning("the switch could not be read back; trying again", app=str(state.ref), error=str(error))
                after = await self._patiently(port, state)
            if after.auto_sync is wanted or look == looks:
                return after
        return state

    async def _patiently(self, port: GitOps, state: AppState) -> AppState:
        """Argo CD is away just now: whether it switched must be known before anything else is done."""
        last: PortError | None = None
        for _ in range(LOOKS):
            await asyncio.sleep(READ_BACK_AFTER)
            try:
                return await port.app(state.ref)
            except Unreachable as error:
                last = error
        raise Stopped(
            phrase(
                "Whether auto-sync of `{{app}}` was switched isn't known: Argo CD can't be read ({{why}}). Nothing "
                "else was done. Look there, then ask again.",
                app=state.ref.name,
                why=last,
            )
        )


def _not_paused(state: AppState, why: str) -> Phrase:
    command = switch_command(state.ref, on=False)
    return phrase(
        "Auto-sync of `{{app}}` could not be paused: {{why}}. Nothing was changed. Pause it yourself "
        f"(`{command.template}`), then ask again.",
        **{**dict(command.values), "why": why.rstrip(".")},
    )


def _not_restored(state: AppState, why: str) -> Phrase:
    command = switch_command(state.ref, on=True)
    return phrase(
        f"Auto-sync of `{{{{app}}}}` is still off: {{{{why}}}}. Switch it on yourself: `{command.template}`.",
        **{**dict(command.values), "why": why.rstrip(".")},
    )
