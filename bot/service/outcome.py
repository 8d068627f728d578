"""Says how an operation ended: what it led to, what is owed, or what failed and which entry explains it."""

from collections.abc import Callable
from datetime import timedelta

from bot.core.acts import Act
from bot.core.cards import Button, Phrase, Quote, Tone, phrase
from bot.core.operations import Progress
from bot.core.plans import RESTORE, ROLLBACK, SYNC, Wanted, short
from bot.core.plans.wanted import ALL, DRY_RUN
from bot.core.states import AppState, ResourceResult
from bot.service.act_report import ActReport

Explain = Callable[[AppState, ResourceResult], Phrase | None]
"""The knowledge base's word on one failed resource, if it has one."""

FAILURES_SHOWN = 3


async def failure(act: Act, told: Progress, state: AppState, telling: ActReport, explain: Explain) -> str:
    """It ended otherwise than hoped: quote what failed, and say which entry explains it."""
    quotes = [
        Quote(label=f"Argo CD, {result.object}", text=result.message) for result in told.failures[:FAILURES_SHOWN]
    ]
    explained = (explain(state, result) for result in told.failures)
    lines = list(dict.fromkeys(line for line in explained if line is not None))[:FAILURES_SHOWN]
    more = len(told.failures) - len(quotes)
    rest = (phrase("{{more}} more resources failed.", more=more),) if more > 0 else ()
    paused = (phrase("Auto-sync stays paused."),) if act.wanted.verb == ROLLBACK and not state.auto_sync else ()
    await telling.end(
        phrase("The operation {{phase}}: {{said}}", phase=told.phase.lower(), said=told.message),
        *lines,
        *rest,
        *paused,
        quotes=quotes,
        buttons=_restore(act) if paused else (),
        tone=Tone.DANGER,
    )
    return "failed"


async def success(act: Act, told: Progress, state: AppState, telling: ActReport, *, bake: timedelta) -> str:
    """It is done: what stands now, what stays owed, and who decides whether it helped."""
    app = act.app.name
    if act.wanted.mode == DRY_RUN and act.wanted.verb == SYNC:
        again = Wanted(verb=SYNC, app=act.app, incident=act.wanted.incident, target=ALL, resources=act.wanted.resources)
        button = Button(action="plan", label="Sync for real", value=again.value(), tone=Tone.PRIMARY)
        await telling.end(
            phrase("The dry run succeeded; nothing was changed. {{said}}", said=told.message), buttons=(button,)
        )
        return "succeeded"
    await telling.done(
        phrase(
            "Argo CD succeeded. `{{app}}` is now {{sync}} at `{{revision}}`, health {{health}}.",
            app=app,
            sync=state.sync or "not compared",
            revision=short(state.operation.revision if state.operation else state.revision),
            health=state.health or "not known",
        )
    )
    lines: list[Phrase] = []
    if act.wanted.incident:
        minutes = max(int(bake.total_seconds() // 60), 1)
        lines.append(
            phrase(
                "Now the incident's own signals decide: it is resolved once they stay away. If one is still there in "
                "{{minutes}} min, this thread says so.",
                minutes=minutes,
            )
        )
    owed = act.wanted.verb == ROLLBACK and not state.auto_sync
    if owed:
        lines.append(
            phrase(
                "Auto-sync of `{{app}}` **stays paused**, and Git still holds the newer commit. Revert it in Git, then "
                "restore auto-sync. `/gitops debts` lists it.",
                app=app,
            )
        )
    await telling.end(*lines, buttons=_restore(act) if owed else (), tone=Tone.PRIMARY)
    return "succeeded"


def _restore(act: Act) -> tuple[Button, ...]:
    wanted = Wanted(verb=RESTORE, app=act.app, incident=act.wanted.incident)
    return (Button(action="plan", label="Restore auto-sync", value=wanted.value()),)
