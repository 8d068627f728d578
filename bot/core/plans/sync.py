"""A sync to what Git says: everything, chosen objects, only what differs, a trial, or with deletions."""

from bot.core.cards import Phrase, phrase
from bot.core.plans.facts import Facts, both
from bot.core.plans.plan import Plan, Risk, bound, listed, planned
from bot.core.plans.refusals import not_now
from bot.core.plans.wanted import ALL, DRY_RUN, OUT_OF_SYNC, PRUNE, Wanted
from bot.core.plans.wording import NONE_LEFT, short
from bot.core.signals import ObjectRef
from bot.core.states import AppState

CHOICES = (
    (ALL, "Everything"),
    (OUT_OF_SYNC, "Only what is out of sync"),
    (DRY_RUN, "Dry run: change nothing"),
    (PRUNE, "Everything, and delete what Git dropped"),
)


def sync_plan(facts: Facts, wanted: Wanted) -> Plan:
    """The plan of a sync; `wanted.resources` narrow it to these objects. Never forces, never replaces."""
    state = facts.state
    wanted = wanted.picked(wanted.mode) or wanted
    mode = wanted.mode
    resources = chosen(state, wanted)
    dropped = to_prune(state)
    mark = bound(wanted, state, *map(str, resources), *(map(str, dropped) if mode == PRUNE else ()))
    return planned(
        mark,
        risk={DRY_RUN: Risk.LOW, PRUNE: Risk.HIGH}.get(mode, Risk.MEDIUM),
        right="sync",
        will=_will(state, mode, resources, dropped),
        will_not=_will_not(mode, resources, dropped),
        warnings=_warnings(facts, mode, dropped),
        commands=(_command(state, mode, resources),),
        undo=NONE_LEFT
        if mode == DRY_RUN
        else phrase("Roll back to the history entry before it, or revert the commit in Git and sync again."),
        refusal=_refusal(facts, mode, resources, wanted),
        choices=() if wanted.resources else CHOICES,
        choices_title="How",
    )


def chosen(state: AppState, wanted: Wanted) -> tuple[ObjectRef, ...]:
    """The objects a sync names; none means the whole Application."""
    if wanted.resources or wanted.mode != OUT_OF_SYNC:
        return wanted.resources
    return tuple(
        item.object
        for item in state.resources
        if item.status == "OutOfSync" and not item.requires_pruning and not item.hook
    )


def to_prune(state: AppState) -> tuple[ObjectRef, ...]:
    """What runs and isn't in Git any more."""
    return tuple(item.object for item in state.resources if item.requires_pruning)


def _will(state: AppState, mode: str, resources: tuple[ObjectRef, ...], dropped: tuple[ObjectRef, ...]) -> list[Phrase]:
    verb = "Try a sync (nothing is changed) of" if mode == DRY_RUN else "Sync"
    will = [
        phrase(
            verb + " {{what}} of `{{app}}` to `{{target}}`, now `{{revision}}`.",
            what=listed(resources) if resources else "everything",
            app=state.ref.name,
            target=state.target_revision or "HEAD",
            revision=short(state.revision) or "not compared yet",
        )
    ]
    differing = [item.object for item in state.resources if item.status == "OutOfSync" and not item.requires_pruning]
    if differing and not resources:
        will.append(phrase("Out of sync now: {{objects}}.", objects=listed(differing)))
    if mode == PRUNE and dropped:
        will.append(phrase("**Delete** {{count}}: {{objects}}.", count=len(dropped), objects=listed(dropped, most=12)))
    will.append(phrase("Then the operation is followed to its end, and the result is told in the thread."))
    return will


def _will_not(mode: str, resources: tuple[ObjectRef, ...], dropped: tuple[ObjectRef, ...]) -> list[Phrase]:
    will_not = []
    if mode != PRUNE:
        stays = f" ({listed(dropped)})" if dropped else ""
        will_not.append(phrase("It deletes nothing: objects that Git no longer has stay{{stays}}.", stays=stays))
    if resources:
        will_not.append(phrase("Hooks don't run in a sync of chosen objects, and no history entry is made."))
    if mode == DRY_RUN:
        will_not.append(phrase("Nothing that runs is changed, and no history entry is made."))
    return will_not


def _warnings(facts: Facts, mode: str, dropped: tuple[ObjectRef, ...]) -> list[Phrase]:
    state = facts.state
    warnings = [*not_asked(facts)]
    if mode == PRUNE and any(item.kind in ("PersistentVolumeClaim", "Namespace") for item in dropped):
        warnings.append(phrase("Among what is deleted are claims or namespaces: their data goes with them."))
    if facts.debt is not None and facts.debt.left and facts.debt.left == state.revision and mode != DRY_RUN:
        warnings.append(
            phrase(
                "Git still holds `{{revision}}`, which was rolled back: this deploys it again.",
                revision=short(state.revision),
            )
        )
    return warnings


def not_asked(facts: Facts) -> tuple[Phrase, ...]:
    """What could not be asked of Argo CD, so that nobody takes silence for a yes."""
    missing = []
    if facts.windows is None:
        missing.append(phrase("Sync windows could not be asked."))
    if both(facts.may_sync, facts.may_rollback) is None:
        missing.append(phrase("The bot's rights could not be asked; Argo CD may still refuse."))
    return tuple(missing)


def _command(state: AppState, mode: str, resources: tuple[ObjectRef, ...]) -> Phrase:
    options = {DRY_RUN: " --dry-run", PRUNE: " --prune"}.get(mode, "")
    named = "".join(f" --resource '{item.group}:{item.kind}:{item.namespace}/{item.name}'" for item in resources[:20])
    return phrase("argocd app sync {{app}}" + options + "{{named}}", app=state.ref, named=named)


def _refusal(facts: Facts, mode: str, resources: tuple[ObjectRef, ...], wanted: Wanted) -> Phrase | None:
    state = facts.state
    refusal = not_now(facts, right=facts.may_sync, verb="sync")
    if refusal is not None:
        return refusal
    known = {item.object for item in state.resources}
    strangers = [item for item in wanted.resources if item not in known]
    if strangers:
        return phrase("`{{app}}` doesn't manage {{objects}}.", app=state.ref.name, objects=listed(strangers))
    if mode == OUT_OF_SYNC and not resources:
        return phrase(
            "Nothing of `{{app}}` is out of sync. To apply everything anew, pick «Everything».", app=state.ref.name
        )
    if mode == PRUNE and not to_prune(state):
        return phrase(
            "Git dropped nothing of `{{app}}`: there is nothing to delete. Pick «Everything».", app=state.ref.name
        )
    return None
