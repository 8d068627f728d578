"""The application controller: runs operations write by write, syncs by itself, answers refreshes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.sandbox.argocd import effects
from bot.sandbox.argocd.events import EventLog
from bot.sandbox.argocd.operations import automated_operation, head_of
from bot.sandbox.argocd.outcomes import ALL_TASKS, NO_MORE_TASKS, Outcome, Outcomes
from bot.sandbox.argocd.owners import Owners
from bot.sandbox.argocd.state import State
from bot.sandbox.argocd.timeline import Timeline
from bot.sandbox.argocd.values import AppKey, Json, auto_sync_enabled, automated, dig, parse_rfc3339, rfc3339

_log = logging.getLogger(__name__)

NOTICE: Final = 0.03
"""Seconds until a controller sees a write."""
WORK: Final = 0.3
BETWEEN_WRITES: Final = 0.05
OWNER_NOTICE: Final = 0.3
RECONCILED_LATER: Final = 1.5
"""Seconds until a comparison that certainly came after the operation: reconciledAt has whole seconds only."""
REFRESH: Final = 0.1
_BLOCKED: Final = "Sync operation blocked by sync window"

OperationHook = Callable[[Json], Awaitable[None]]


class Controller:
    """Changes Applications as time passes; each step is one write, so that each is one line of the stream."""

    def __init__(
        self,
        *,
        state: State,
        timeline: Timeline,
        outcomes: Outcomes,
        owners: Owners,
        events: EventLog,
        on_operation_finished: OperationHook | None,
    ) -> None:
        self._state = state
        self._timeline = timeline
        self._outcomes = outcomes
        self._owners = owners
        self._events = events
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_operation_finished = on_operation_finished

    def now(self) -> datetime:
        """Return the story's current moment."""
        return self._timeline.now()

    def start(self, key: AppKey, operation: Json) -> Json:
        """Write `.operation`, drop operationState (absent, not null) and let it run."""

        def begin(app: Json) -> None:
            app["operation"] = operation
            app["status"].pop("operationState", None)

        app = self._state.update(key, begin)
        self._spawn(self._operate(key, operation))
        return app

    def terminate(self, key: AppKey) -> None:
        """Mark a running operation; it ends in its own time."""
        self._state.update(key, lambda app: app["status"]["operationState"].update(phase="Terminating"))

    def spec_changed(self, key: AppKey) -> None:
        """Let the owner and auto-sync look at a spec somebody changed."""
        self._spawn(self._look_at_spec(key))

    async def refresh(self, key: AppKey, kind: str) -> None:
        """Set the refresh annotation and wait until the comparison took it away."""
        prefix = "argocd.argoproj.io"

        def ask(app: Json) -> None:
            moment = self._timeline.now().isoformat().replace("+00:00", "000Z")
            asked = {f"{prefix}/refresh": kind, f"{prefix}/hydrate": kind, f"{prefix}/hydrate-timestamp": moment}
            app["metadata"].setdefault("annotations", {}).update(asked)

        self._state.update(key, ask)
        await self._timeline.sleep(REFRESH)
        if key in self._state.answers.hanging_refreshes:
            await self._state.until(lambda: key not in self._state.answers.hanging_refreshes)
        if key not in self._state.applications:
            return
        self._state.update(key, lambda app: self._reconciled(app, 0))
        self._state.update(key, lambda app: app["metadata"]["annotations"].pop(f"{prefix}/refresh", None))

    async def close(self) -> None:
        """End everything that still runs."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, _Gone):
            _log.error("an operation of the fake Argo CD broke", exc_info=error)

    # --- one operation ---

    async def _operate(self, key: AppKey, operation: Json) -> None:
        await self._timeline.sleep(NOTICE)
        started = rfc3339(self._timeline.now())

        def run(app: Json) -> None:
            app["status"]["operationState"] = {"operation": operation, "phase": "Running", "startedAt": started}

        self._write(key, run, during=operation)
        await self._pass_window(key, operation)
        if self._is_terminating(key) or not await self._attempts(key, operation):
            await self._end_terminated(key, operation)

    async def _pass_window(self, key: AppKey, operation: Json) -> None:
        """Hold while the window is closed. Terminating doesn't free what is held: only the window's opening does."""

        def is_open() -> bool:
            app = self._state.applications.get(key)
            manual = not dig(operation, "initiatedBy.automated")
            return app is None or self._state.windows_of(app).can_sync(manual=manual)

        if is_open():
            return
        self._write(key, partial(self._show, outcome=Outcome(), message=_BLOCKED), during=operation)
        await self._state.until(is_open)
        await self._timeline.sleep(NOTICE)

    async def _attempts(self, key: AppKey, operation: Json) -> bool:
        """Try until the outcome is final; False when it was terminated on the way."""
        retries = 0
        while True:
            if await self._terminated_within(key, WORK):
                return False
            outcome = self._outcomes.decide(key, self._app(key), operation)
            if outcome.kind == "hanging":
                self._write(key, partial(self._show, outcome=outcome, message=outcome.message or ""), during=operation)
                await self._state.until(lambda: self._is_over(key, operation))
                await self._timeline.sleep(BETWEEN_WRITES)
                return False
            if outcome.kind != "failed":
                await self._succeed(key, operation, outcome)
                return True
            limit = dig(operation, "retry.limit") or 0
            if 0 <= limit <= retries:
                await self._fail(key, operation, outcome, retries)
                return True
            retries += 1
            self._write(key, partial(self._wait_for_retry, outcome=outcome, attempt=retries), during=operation)
            if await self._terminated_within(key, _backoff(operation, retries)):
                return False
            self._write(key, partial(_retry, attempt=retries), during=operation)

    async def _succeed(self, key: AppKey, operation: Json, outcome: Outcome) -> None:
        dry_run = effects.is_dry_run(operation)
        if not dry_run and not effects.is_partial(operation):
            # History gains its entry one write before the final phase.
            self._write(key, lambda app: effects.append_history(app, self._timeline.now()), during=operation)
            await self._timeline.sleep(BETWEEN_WRITES)
        message = ALL_TASKS if outcome.resources and not dry_run else NO_MORE_TASKS
        final = self._finish(key, operation, outcome, phase="Succeeded", message=outcome.message or message)
        self._events.completed(final, operation)
        if dry_run:
            return
        if self.on_operation_finished is not None:
            await self.on_operation_finished(final)
        await self._timeline.sleep(BETWEEN_WRITES)
        before = self._app(key)
        if outcome.kind == "healthy" and dig(before, "status.health.status") != "Healthy":
            # What was unwell is on its way for a moment.
            self._compare(key, operation, replace(outcome, kind="progressing", health_message=effects.cause(outcome)))
            await self._timeline.sleep(BETWEEN_WRITES)
        self._compare(key, operation, outcome)
        self._reflect(key, operation, outcome)
        await self._reconcile_twice(key)

    def _compare(self, key: AppKey, operation: Json, outcome: Outcome) -> None:
        before = self._app(key)
        self._write(key, lambda app: effects.compare(app, operation, outcome, self._timeline.now()))
        self._events.compared(before, self._app(key))

    async def _fail(self, key: AppKey, operation: Json, outcome: Outcome, retries: int) -> None:
        message = outcome.message or "one or more objects failed to apply"
        if retries:
            message = f"{message} (retried {retries} times)."
        final = self._finish(key, operation, outcome, phase=outcome.phase, message=message)
        self._events.completed(final, operation)
        if self.on_operation_finished is not None:
            await self.on_operation_finished(final)
        if dig(operation, "initiatedBy.automated"):
            # A manual sync's failure sets no condition.
            await self._timeline.sleep(BETWEEN_WRITES)
            self._write(key, lambda app: self._complain(app, operation, message))
        await self._reconcile_twice(key)

    async def _end_terminated(self, key: AppKey, operation: Json) -> None:
        await self._timeline.sleep(BETWEEN_WRITES)
        final = self._write(key, lambda app: effects.terminated(app, self._timeline.now()), during=operation)
        self._events.completed(final, operation)
        if self.on_operation_finished is not None:
            await self.on_operation_finished(final)
        await self._reconcile_twice(key)

    def _finish(self, key: AppKey, operation: Json, outcome: Outcome, *, phase: str, message: str) -> Json:
        def finish(app: Json) -> None:
            self._show(app, outcome, message=message)
            app["status"]["operationState"] |= {"phase": phase, "finishedAt": rfc3339(self._timeline.now())}
            app.pop("operation", None)  # in the very write that sets the final phase

        return self._write(key, finish, during=operation)

    async def _reconcile_twice(self, key: AppKey) -> None:
        # The first comparison often bears the operation's own second; only a later one proves it came after.
        await self._timeline.sleep(BETWEEN_WRITES)
        self._write(key, lambda app: self._reconciled(app, 0))
        await self._timeline.sleep(RECONCILED_LATER)
        self._write(key, lambda app: self._reconciled(app, 1))

    def _reconciled(self, app: Json, seconds_after_finish: int) -> None:
        status = app["status"]
        moments = [self._timeline.now()]
        if status.get("reconciledAt"):
            moments.append(parse_rfc3339(status["reconciledAt"]))
        if finished := dig(status, "operationState.finishedAt"):
            moments.append(parse_rfc3339(finished) + timedelta(seconds=seconds_after_finish))
        status["reconciledAt"] = rfc3339(max(moments))

    def _show(self, app: Json, outcome: Outcome, *, message: str) -> None:
        state = app["status"]["operationState"]
        sync = state["operation"]["sync"]
        result: Json = {}
        if outcome.resources:
            result["resources"] = [dict(resource) for resource in outcome.resources]
        result |= {name: sync[name] for name in ("revision", "revisions", "source", "sources") if name in sync}
        state |= {"message": message, "syncResult": result}

    def _wait_for_retry(self, app: Json, outcome: Outcome, attempt: int) -> None:
        now = self._timeline.now()
        clock = now.strftime("%I:%M%p").lstrip("0")
        self._show(app, outcome, message=f"{outcome.message}. Retrying attempt #{attempt} at {clock}.")
        app["status"]["operationState"] |= {"finishedAt": rfc3339(now), "retryCount": attempt}

    def _complain(self, app: Json, operation: Json, message: str) -> None:
        text = f"Failed last sync attempt to [{dig(operation, 'sync.revision')}]: {message}"
        kept = [item for item in app["status"].get("conditions") or [] if item.get("type") != "SyncError"]
        moment = rfc3339(self._timeline.now())
        app["status"]["conditions"] = [*kept, {"type": "SyncError", "message": text, "lastTransitionTime": moment}]

    def _reflect(self, key: AppKey, operation: Json, outcome: Outcome) -> None:
        answers = self._state.answers
        if outcome.kind == "healthy" and key in answers.trees:
            answers.trees[key] = effects.healed_tree(answers.trees[key])
        on_head = dig(operation, "sync.revision") == head_of(self._app(key))
        if on_head and not effects.is_partial(operation) and key in answers.managed_resources:
            answers.managed_resources[key] = effects.applied(answers.managed_resources[key])

    # --- the spec's other readers ---

    async def _look_at_spec(self, key: AppKey) -> None:
        self._auto_sync(key)
        await self._timeline.sleep(OWNER_NOTICE)
        if key not in self._state.applications or (policy := self._owners.restored(key)) is None:
            return
        self._write(key, lambda app: _set_policy(app, policy))
        self._auto_sync(key)

    def _auto_sync(self, key: AppKey) -> None:
        app = self._app(key)
        if not auto_sync_enabled(app) or app.get("operation") or dig(app, "status.sync.status") != "OutOfSync":
            return
        if not self._state.windows_of(app).can_sync(manual=False):
            return
        state = dig(app, "status.operationState") or {}
        attempted = dig(state, "syncResult.revision") or dig(state, "operation.sync.revision")
        again = state.get("phase") == "Succeeded" and (automated(app) or {}).get("selfHeal")
        if attempted == head_of(app) and not again:
            return
        self._events.automated(app)
        self.start(key, automated_operation(app))

    # --- small tools ---

    def _app(self, key: AppKey) -> Json:
        try:
            return self._state.applications[key]
        except KeyError as error:
            raise _Gone from error

    def _write(self, key: AppKey, change: Callable[[Json], None], *, during: Json | None = None) -> Json:
        """Change an Application; `during` an operation only while it is still that one's."""
        app = self._app(key)
        if during is not None and app.get("operation") != during:
            raise _Gone
        return self._state.update(key, change)

    def _is_terminating(self, key: AppKey) -> bool:
        return bool(dig(self._state.applications.get(key), "status.operationState.phase") == "Terminating")

    def _is_over(self, key: AppKey, operation: Json) -> bool:
        replaced = (self._state.applications.get(key) or {}).get("operation") != operation
        return replaced or self._is_terminating(key)

    async def _terminated_within(self, key: AppKey, seconds: float) -> bool:
        asked = asyncio.ensure_future(self._state.until(lambda: self._is_terminating(key)))
        passed = asyncio.ensure_future(self._timeline.sleep(seconds))
        try:
            await asyncio.wait({asked, passed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            passed.cancel()
            await asyncio.gather(asked, passed, return_exceptions=True)
        return self._is_terminating(key)


class _Gone(Exception):
    """The Application was deleted, or replaced by its storyteller, under its operation."""


def _retry(app: Json, attempt: int) -> None:
    state = app["status"]["operationState"]
    state["message"] = f"Retrying operation. Attempt #{attempt}"
    state.pop("finishedAt", None)
    state.pop("syncResult", None)


def _set_policy(app: Json, policy: Json) -> None:
    if policy:
        app["spec"]["syncPolicy"] = policy
    else:
        app["spec"].pop("syncPolicy", None)


def _backoff(operation: Json, attempt: int) -> float:
    backoff = dig(operation, "retry.backoff") or {}
    duration = _seconds(backoff.get("duration", "5s"))
    longest = _seconds(backoff.get("maxDuration", "3m"))
    return float(min(duration * float(backoff.get("factor") or 2) ** attempt, longest))


def _seconds(duration: str | int) -> float:
    """Read a Go duration of one unit; a bare number is seconds."""
    text = str(duration)
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    for unit, seconds in units.items():
        if text.endswith(unit) and text.removesuffix(unit).replace(".", "", 1).isdecimal():
            return float(text.removesuffix(unit)) * seconds
    return float(text) if text.isdecimal() else 5.0
