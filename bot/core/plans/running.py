"""Plans about what runs now: end the operation, compare again, restart a workload."""

from bot.core.cards import Phrase, phrase
from bot.core.plans import refusals
from bot.core.plans.facts import Facts
from bot.core.plans.plan import Plan, Risk, bound, planned
from bot.core.plans.wanted import Wanted, object_choice
from bot.core.plans.wording import NONE_LEFT
from bot.core.signals import ObjectRef
from bot.core.states import AppState, Resource

RESTARTABLE = (("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"))
MANY = 20


def terminate_plan(facts: Facts, wanted: Wanted) -> Plan:
    """End the running operation; what it did so far stays."""
    state = facts.state
    operation = state.operation
    what = operation.message if operation and operation.message else "no message yet"
    return planned(
        bound(wanted, state),
        risk=Risk.MEDIUM,
        right="sync",
        will=(
            phrase("End the operation that runs on `{{app}}`: {{what}}", app=state.ref.name, what=what),
            phrase("It becomes Terminating, then Failed, with «Operation terminated»."),
        ),
        will_not=(
            phrase("What it applied so far stays, and nothing is rolled back."),
            *((phrase("Auto-sync is on and may start the next one."),) if state.auto_sync else ()),
        ),
        commands=(phrase("argocd app terminate-op {{app}}", app=state.ref),),
        undo=phrase("Sync again."),
        refusal=_no_end(facts),
    )


def refresh_plan(facts: Facts, wanted: Wanted) -> Plan:
    """Render the manifests anew and compare: a hard refresh."""
    state = facts.state
    return planned(
        bound(wanted, state),
        risk=Risk.LOW,
        right="get",
        will=(phrase("Drop the cached manifests of `{{app}}`, render them anew and compare.", app=state.ref.name),),
        will_not=(
            phrase("Nothing that runs is changed by it.")
            if not state.auto_sync
            else phrase("It changes nothing itself; auto-sync is on and deploys what it then finds different."),
        ),
        commands=(phrase("argocd app get {{app}} --hard-refresh", app=state.ref),),
        undo=NONE_LEFT,
        refusal=phrase("`{{app}}` is being deleted.", app=state.ref.name) if state.deleting else None,
    )


def restart_plan(facts: Facts, wanted: Wanted) -> Plan:
    """Restart the pods of one workload, one after another as its strategy says."""
    state = facts.state
    workloads = [item for item in state.resources if (item.object.group, item.object.kind) in RESTARTABLE]
    workloads.sort(key=lambda item: (item.health in ("Healthy", ""), item.object))
    chosen = wanted.resources[0] if wanted.resources else (workloads[0].object if workloads else None)
    picked = wanted if chosen is None else (wanted.picked(object_choice(chosen)) or wanted)
    return planned(
        bound(picked, state),
        risk=Risk.MEDIUM,
        right=f"action/apps/{chosen.kind if chosen else '*'}/restart",
        will=()
        if chosen is None
        else (
            phrase("Restart the pods of {{object}}, as its update strategy says.", object=chosen),
            phrase("Argo CD writes the annotation `kubectl.kubernetes.io/restartedAt` into its pod template."),
        ),
        will_not=(phrase("Image and configuration stay; a cause that is still there comes back."),),
        warnings=_one_pod(workloads, chosen),
        commands=()
        if chosen is None
        else (
            phrase(
                "kubectl -n {{namespace}} rollout restart {{kind}}/{{name}}",
                namespace=chosen.namespace,
                kind=chosen.kind.lower(),
                name=chosen.name,
            ),
        ),
        undo=phrase("`kubectl rollout undo` brings the earlier template back; it starts pods anew, too."),
        refusal=_no_restart(facts, workloads, chosen),
        choices=tuple(
            (object_choice(item.object), f"{item.object} · {item.health or 'no health'}"[:75])
            for item in workloads[:MANY]
        ),
        choices_title="Workload",
    )


def _no_end(facts: Facts) -> Phrase | None:
    state = facts.state
    operation = state.operation
    if not refusals.busy(state):
        return phrase("No operation runs on `{{app}}`; there is nothing to end.", app=state.ref.name)
    if operation is not None and (operation.phase == "Terminating" or refusals.WINDOW_TEXT in operation.message):
        return refusals.in_progress(state)
    if facts.windows is not None and not facts.windows.can_sync and operation is None:
        return phrase(
            "A closed sync window holds the operation on `{{app}}`. It can't be ended; it goes on when it opens.",
            app=state.ref.name,
        )
    return refusals.lacks(state, "sync") if facts.may_sync is False else None


def _no_restart(facts: Facts, workloads: list[Resource], chosen: ObjectRef | None) -> Phrase | None:
    state: AppState = facts.state
    if state.deleting:
        return phrase("`{{app}}` is being deleted.", app=state.ref.name)
    if chosen is None:
        return phrase("`{{app}}` has no Deployment, StatefulSet or DaemonSet to restart.", app=state.ref.name)
    if chosen not in {item.object for item in workloads}:
        return phrase("`{{app}}` has no {{object}} that can be restarted.", app=state.ref.name, object=chosen)
    return None


def _one_pod(workloads: list[Resource], chosen: ObjectRef | None) -> tuple[Phrase, ...]:
    well = any(item.object == chosen and item.health == "Healthy" for item in workloads)
    return (phrase("It is Healthy now: a restart interrupts what works."),) if well else ()
