"""A rollback to one history entry (design §6): auto-sync is paused first and stays paused, Git isn't changed."""

from collections.abc import Mapping

from bot.core.cards import Phrase, phrase
from bot.core.incidents import HealthyRevision
from bot.core.plans import refusals
from bot.core.plans.diff import Difference, difference, told
from bot.core.plans.facts import Facts, both
from bot.core.plans.plan import Plan, Risk, bound, listed, planned
from bot.core.plans.sync import not_asked
from bot.core.plans.wanted import Wanted
from bot.core.plans.wording import deployment, entry_choice, revert_commands
from bot.core.states import AppState, HistoryEntry


def rollback_target(state: AppState, seen_healthy: Mapping[int, HealthyRevision]) -> HistoryEntry | None:
    """Where a rollback goes by default: the newest earlier revision that was seen healthy.

    Where none was seen, the newest deployment that isn't the broken revision (facts §2.2). The broken revision is the
    failed operation's, else the one deployed last.
    """
    history = state.history
    if not history:
        return None
    broken = broken_revision(state)
    earlier = [entry for entry in reversed(history) if entry.revision != broken]
    healthy = (entry for entry in earlier if _was_healthy(entry, seen_healthy))
    return next(healthy, earlier[0] if earlier else None)


def broken_revision(state: AppState) -> str:
    """What a rollback gets away from."""
    last = state.history[-1].revision if state.history else state.revision
    operation = state.operation
    failed = operation and operation.phase in ("Failed", "Error") and operation.revision != last
    return operation.revision if operation and failed else last


def target_of(facts: Facts, wanted: Wanted) -> HistoryEntry | None:
    """The history entry that is meant: the one picked, else the default."""
    if wanted.history_id is None:
        return rollback_target(facts.state, facts.seen_healthy)
    return next((entry for entry in facts.state.history if entry.id == wanted.history_id), None)


def rollback_plan(facts: Facts, wanted: Wanted) -> Plan:
    """The plan of a rollback; without a target picked it proposes one."""
    state = facts.state
    target = target_of(facts, wanted)
    found = _difference(facts)
    picked = wanted if target is None else (wanted.picked(str(target.id)) or wanted)
    return planned(
        bound(picked, state),
        risk=Risk.MEDIUM,
        right=_right(state),
        will=_will(facts, target),
        will_not=_will_not(found),
        changes=tuple(told(found)) if found is not None else (),
        warnings=(*_warnings(facts, target, found), *not_asked(facts)),
        commands=(
            *(revert_commands(state, good=target.revision) if target else ()),
            *((phrase("argocd app rollback {{app}} {{id}}", app=state.ref, id=target.id),) if target else ()),
        ),
        undo=_undo(state),
        refusal=_refusal(facts, target, wanted, found),
        choices=tuple((str(entry.id), entry_choice(entry, facts)) for entry in reversed(state.history)),
        choices_title="Target",
        pause=state.auto_sync,
        revision=target.revision if target else "",
        left=broken_revision(state),
    )


def _was_healthy(entry: HistoryEntry, seen_healthy: Mapping[int, HealthyRevision]) -> bool:
    seen = seen_healthy.get(entry.id)
    return seen is not None and seen.revision == entry.revision


def _difference(facts: Facts) -> Difference | None:
    if facts.manifests is None or facts.managed is None:
        return None
    return difference(facts.manifests, facts.managed, namespace=facts.state.destination_namespace)


def _right(state: AppState) -> str:
    if not state.auto_sync:
        return "sync"
    if state.parent is not None:
        return f"sync; action/argoproj.io/Application/toggle-auto-sync on {state.parent.name}"
    return "sync, update"


def _will(facts: Facts, target: HistoryEntry | None) -> list[Phrase]:
    state = facts.state
    will: list[Phrase] = []
    if state.auto_sync:
        how = "through its parent `{{parent}}`, which leaves that switch alone" if state.parent else "in its spec"
        will.append(
            phrase(
                f"Pause auto-sync of `{{{{app}}}}` {how}. **It stays paused** until someone turns it on again.",
                app=state.ref.name,
                parent=state.parent.name if state.parent else "",
            )
        )
    if target is not None:
        will.append(deployment("Deploy history entry {{id}} again", target, facts.revisions))
    return will


def _will_not(found: Difference | None) -> list[Phrase]:
    will_not = [phrase("Git isn't changed: the Application will be OutOfSync until the bad commit is reverted.")]
    if found is not None and found.hooks:
        named = ", ".join(f"{ref} ({when})" for ref, when in found.hooks[:6])
        will_not.append(phrase("Hooks don't run in a rollback: {{hooks}}.", hooks=named))
    else:
        will_not.append(phrase("Hooks don't run (no migrations, no smoke tests)."))
    will_not.append(phrase("Objects added since stay (no prune), and data isn't rolled back."))
    return will_not


def _warnings(facts: Facts, target: HistoryEntry | None, found: Difference | None) -> list[Phrase]:
    warnings = [_observed_health(target, facts.seen_healthy)]
    if target is None:
        return warnings
    if found is None:
        why = facts.unrendered or "its manifests or what runs could not be read"
        warnings.append(
            phrase("What would change can't be shown: {{why}}. If it can't be rendered, the rollback fails.", why=why)
        )
    elif not target.source or target.source != facts.state.source:
        warnings.append(
            phrase("The list of changes is approximate: that deployment used other source parameters than today's.")
        )
    if found is not None:
        jobs = [ref for ref in (*found.added, *(item.object for item in found.changed)) if ref.kind == "Job"]
        if jobs:
            warnings.append(
                phrase("Jobs are among the changes, and a finished Job can't be changed: {{jobs}}.", jobs=listed(jobs))
            )
        if found.secrets:
            warnings.append(phrase("Values of Secrets are masked by Argo CD: whether they change isn't known."))
        warnings += _platforms(facts, found.images)
    return warnings


def _platforms(facts: Facts, images: tuple[str, ...]) -> list[Phrase]:
    nodes = facts.node_platforms
    if not images:
        return []
    unknown = [image for image in images if not facts.image_platforms.get(image)]
    if not nodes or unknown:
        what = "The nodes' platforms" if not nodes else "Platforms of " + ", ".join(unknown[:3])
        return [phrase("{{what}} could not be asked: whether the images can run there isn't known.", what=what)]
    partial = [image for image in images if nodes - facts.image_platforms[image]]
    if not partial:
        return []
    return [phrase("Not every node can run {{images}}.", images=", ".join(partial[:3]))]


def _observed_health(target: HistoryEntry | None, seen_healthy: Mapping[int, HealthyRevision]) -> Phrase:
    seen = seen_healthy.get(target.id) if target else None
    if target is None or seen is None or seen.revision != target.revision:
        return phrase("Health of that deployment was not observed by this bot.")
    return phrase("That deployment was seen Healthy, last at {{at}}.", at=f"{seen.until:%Y-%m-%d %H:%M UTC}")


def _undo(state: AppState) -> Phrase:
    if state.auto_sync:
        return phrase("*Restore auto-sync*: Argo CD then deploys what Git holds, so revert the bad commit first.")
    return phrase("Sync: Argo CD then deploys what Git holds.")


def _refusal(facts: Facts, target: HistoryEntry | None, wanted: Wanted, found: Difference | None) -> Phrase | None:
    state = facts.state
    missing = "rollback" if facts.may_sync is not False else "sync"
    common = refusals.not_now(facts, right=both(facts.may_sync, facts.may_rollback), verb=missing)
    if common is not None:
        return common
    if target is None:
        return (
            refusals.no_target(state) if wanted.history_id is None else refusals.unknown_entry(state, wanted.history_id)
        )
    cannot = refusals.cannot_run(facts, found.images, target) if found is not None else None
    return refusals.no_pause(facts) or cannot
