"""Switching auto-sync off, which leaves a debt, and on again, which may deploy what was rolled back."""

from bot.core.cards import Phrase, phrase
from bot.core.plans import refusals
from bot.core.plans.facts import Facts
from bot.core.plans.plan import Plan, Risk, bound, planned
from bot.core.plans.wanted import Wanted
from bot.core.plans.wording import short, switch_command
from bot.core.states import AppState


def pause_plan(facts: Facts, wanted: Wanted) -> Plan:
    """Switch auto-sync off and remember who did."""
    state = facts.state
    return planned(
        bound(wanted, state),
        risk=Risk.MEDIUM,
        right=_right(state),
        will=(
            phrase("Switch auto-sync of `{{app}}` off ({{how}}).", app=state.ref.name, how=_how(state)),
            phrase("It is noted as a debt of yours, and you are reminded until it is on again."),
        ),
        will_not=(phrase("Nothing that runs is changed; new commits are no longer deployed."),),
        commands=(switch_command(state.ref, on=False),),
        undo=phrase("*Restore auto-sync*."),
        refusal=_deleted(state)
        or (None if state.auto_sync else phrase("Auto-sync of `{{app}}` is off already.", app=state.ref.name))
        or refusals.no_pause(facts),
    )


def restore_plan(facts: Facts, wanted: Wanted) -> Plan:
    """Switch auto-sync on again; says so where Git still holds what was rolled back."""
    state = facts.state
    debt = facts.debt
    bad_again = debt is not None and bool(debt.left) and state.revision == debt.left
    deploys = state.sync == "OutOfSync"
    return planned(
        bound(wanted, state, str(bad_again)),
        risk=Risk.MEDIUM,
        right=_right(state),
        will=(
            phrase("Switch auto-sync of `{{app}}` on ({{how}}).", app=state.ref.name, how=_how(state)),
            phrase("Argo CD then deploys `{{revision}}`, which differs from what runs.", revision=short(state.revision))
            if deploys
            else phrase("What runs is what Git holds, so nothing is deployed now."),
        ),
        warnings=_bad_again(state) if bad_again else (),
        commands=(switch_command(state.ref, on=True),),
        undo=phrase("*Pause auto-sync*, and roll back again."),
        refusal=_deleted(state)
        or (phrase("Auto-sync of `{{app}}` is on already.", app=state.ref.name) if state.auto_sync else None)
        or _no_switch(facts),
    )


def _bad_again(state: AppState) -> tuple[Phrase, ...]:
    repository = state.repositories[0] if state.repositories else "its repository"
    return (
        phrase(
            "**Git still holds `{{revision}}`, the revision that was rolled back: it is deployed again at once.** "
            "Revert it first: `git revert {{sha}}` in {{repository}}.",
            revision=short(state.revision),
            sha=state.revision,
            repository=repository,
        ),
    )


def _deleted(state: AppState) -> Phrase | None:
    return phrase("`{{app}}` is being deleted.", app=state.ref.name) if state.deleting else None


def _no_switch(facts: Facts) -> Phrase | None:
    state = facts.state
    if state.parent is None and facts.may_update is False:
        command = switch_command(state.ref, on=True)
        return phrase(
            "The bot may not switch it: no parent Application to do it through, and no `update` right. Do it "
            f"yourself: `{command.template}`.",
            **dict(command.values),
        )
    return None


def _right(state: AppState) -> str:
    if state.parent is not None:
        return f"action/argoproj.io/Application/toggle-auto-sync on {state.parent.name}"
    return "update"


def _how(state: AppState) -> str:
    return f"through its parent {state.parent.name}" if state.parent else "in its spec"
