"""Why a plan can't be carried out now, each with the way that works."""

from bot.core.cards import Phrase, phrase
from bot.core.plans.facts import Facts
from bot.core.plans.wording import short, switch_command
from bot.core.states import AppState, HistoryEntry

RUNNING = ("Running", "Terminating")
WINDOW_TEXT = "blocked by sync window"


def busy(state: AppState) -> bool:
    """Whether an operation is under way, also one that waits for a retry."""
    return state.operation_pending or (state.operation is not None and state.operation.phase in RUNNING)


def not_now(facts: Facts, *, right: bool | None, verb: str) -> Phrase | None:
    """What stands against any operation: deletion, another operation, a closed window, a missing right."""
    state = facts.state
    if state.deleting:
        return phrase("`{{app}}` is being deleted.", app=state.ref.name)
    if busy(state):
        return in_progress(state)
    if facts.windows is not None and not facts.windows.can_sync:
        return phrase(
            "A sync window is closed ({{window}}). Argo CD would accept this, hold it, and not even let it be ended. "
            "Wait for the window, or have the AppProject `{{project}}` changed.",
            window=facts.windows.description or "no manual sync now",
            project=state.project,
        )
    return lacks(state, verb) if right is False else None


def lacks(state: AppState, right: str) -> Phrase:
    """The bot's own account may not do it."""
    return phrase(
        "The bot's Argo CD account may not {{verb}} `{{project}}/{{app}}`. Grant it: "
        "`p, role:gr-act, applications, {{verb}}, {{project}}/{{app}}, allow` (deploy/argocd).",
        verb=right,
        project=state.project,
        app=state.ref.name,
    )


def in_progress(state: AppState) -> Phrase:
    """Another operation runs: what it does, and whether it can be ended."""
    operation = state.operation
    app, said = state.ref.name, operation.message if operation else ""
    if operation is not None and operation.phase == "Terminating":
        return phrase(hanging(state), app=app, said=said or "no message")
    if WINDOW_TEXT in said:
        return phrase(
            "An operation on `{{app}}` is held by a sync window. It can't be ended; it goes on when the window opens.",
            app=app,
        )
    return phrase(
        "Another operation on `{{app}}` is in progress ({{phase}}{{message}}). Wait for its end, or terminate it: "
        "`/gitops terminate {{app}}`.",
        app=app,
        phase=operation.phase if operation else "starting",
        message=f": {said}" if said else "",
    )


def hanging(state: AppState) -> str:
    """Why an operation stays in Terminating, as a template with `app` and `said`. Measured: facts §8.2."""
    operation = state.operation
    if operation is not None and WINDOW_TEXT in operation.message:
        return (
            "The operation on `{{app}}` is Terminating and stays so: a closed sync window holds it, and Argo CD ends "
            "it only when the window opens. Nothing else can run before. Wait, or have the AppProject's window changed."
        )
    return (
        "The operation on `{{app}}` is Terminating ({{said}}). That takes until its running hooks and the controller "
        "let go. If it stays so for minutes, look for a finalizer on a hook (`kubectl get jobs,pods`), or restart the "
        "application controller: it takes the operation up again and ends it."
    )


def no_pause(facts: Facts) -> Phrase | None:
    """Why auto-sync can't be paused for long, or not by the bot. None where it is off already."""
    state = facts.state
    if not state.auto_sync:
        return None
    if state.application_set and not facts.set_keeps_pause:
        told = (
            "would turn auto-sync on again within a second"
            if facts.set_keeps_pause is False
            else "could not be read, and would turn auto-sync on again unless it leaves the sync policy alone"
        )
        return phrase(
            f"The ApplicationSet `{{{{set}}}}` {told}. Either revert in Git (`git revert {{{{revision}}}}`), or let it "
            "leave the sync policy alone, then ask again: "
            "`kubectl -n {{namespace}} patch applicationset {{set}} --type merge -p "
            '\'{"spec":{"ignoreApplicationDifferences":[{"jsonPointers":["/spec/syncPolicy"]}]}}\'`.',
            set=state.application_set,
            revision=short(state.revision),
            namespace=state.ref.namespace,
        )
    if state.parent is None and facts.may_update is False:
        command = switch_command(state.ref, on=False)
        return phrase(
            "Auto-sync is on, and the bot may not pause it: no parent Application to do it through, and no `update` "
            f"right. Pause it yourself, then open this again: `{command.template}`.",
            **dict(command.values),
        )
    return None


def unknown_entry(state: AppState, wanted: int) -> Phrase:
    """There is no such history entry."""
    known = ", ".join(str(entry.id) for entry in state.history) or "none"
    return phrase(
        "`{{app}}` has no history entry {{id}}. It has: {{known}}.", app=state.ref.name, id=wanted, known=known
    )


def no_target(state: AppState) -> Phrase:
    """There is nothing to roll back to."""
    return phrase(
        "`{{app}}` has no earlier deployment of another revision to go back to. Revert the commit in Git: "
        "`git revert {{revision}}`.",
        app=state.ref.name,
        revision=short(state.revision),
    )


def cannot_run(facts: Facts, images: tuple[str, ...], target: HistoryEntry) -> Phrase | None:
    """An image of the target that no node can run. Unknown platforms refuse nothing."""
    nodes = facts.node_platforms
    if not nodes:
        return None
    for image in images:
        offered = facts.image_platforms.get(image)
        if offered and not offered & nodes:
            return phrase(
                "History entry {{id}} runs `{{image}}`, which has only {{offered}}; the nodes are {{nodes}}. Pick "
                "another entry, or build the image for the nodes: "
                "`docker buildx build --platform {{nodes}} -t {{image}} --push .`",
                id=target.id,
                image=image,
                offered=", ".join(sorted(offered)),
                nodes=",".join(sorted(nodes)),
            )
    return None
