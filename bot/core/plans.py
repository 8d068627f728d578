"""What an action will do, will not do, and why it is refused: pure, from gathered facts (design §6).

A plan is bound by its `digest` to the state it was made from: if the Application moved on, it is made again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.cards import Phrase, PlanCard, Tone, phrase
from bot.core.incidents import HealthyRevision
from bot.core.signals import AppRef, ObjectRef, fingerprint
from bot.core.states import AppState, HistoryEntry, RevisionInfo, SyncWindows

SYNC = "argocd.sync"
ROLLBACK = "argocd.rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was gathered for a plan. None means it could not be asked: told in the plan, never taken for a yes.

    `set_keeps_pause` matters where an ApplicationSet owns the Application; `may_update` where no parent does.
    """

    state: AppState
    windows: SyncWindows | None = None
    revisions: Mapping[int, RevisionInfo] | None = None
    set_keeps_pause: bool | None = None
    may_sync: bool | None = None
    may_rollback: bool | None = None
    may_update: bool | None = None
    seen_healthy: Mapping[int, HealthyRevision] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A verb on an Application, with its target and how it is shown. `refused` plans can't be confirmed."""

    verb: str
    app: AppRef
    incident: str
    card: PlanCard
    digest: str
    history_id: int | None = None
    revision: str = ""
    resources: tuple[ObjectRef, ...] = ()
    pause: bool = False

    @property
    def refused(self) -> bool:
        """Whether the plan says why it can't be done instead of how."""
        return self.card.refusal is not None


def short(revision: str) -> str:
    """A revision as people write it: the first seven characters of each SHA."""
    return ",".join(part[:7] if len(part) == 40 else part for part in revision.split(","))


def digest(state: AppState, *, verb: str, history_id: int | None = None) -> str:
    """What a confirmation is bound to: anything here that moves makes the plan stale."""
    operation = state.operation
    return fingerprint(
        verb,
        str(history_id),
        state.uid,
        state.revision,
        str(state.auto_sync),
        str(state.operation_pending),
        str(operation.started_at) if operation else "",
        str(state.history[-1].id) if state.history else "",
    )


def rollback_target(state: AppState, seen_healthy: Mapping[int, HealthyRevision]) -> HistoryEntry | None:
    """Where a rollback goes by default: the newest earlier revision that was seen healthy.

    Where none was seen, the newest deployment that isn't the broken revision (facts §2.2). The broken revision is the
    failed operation's, else the one deployed last.
    """
    history = state.history
    if not history:
        return None
    operation = state.operation
    failed = operation and operation.phase in ("Failed", "Error") and operation.revision != history[-1].revision
    broken = operation.revision if operation and failed else history[-1].revision
    earlier = [entry for entry in reversed(history) if entry.revision != broken]
    healthy = (entry for entry in earlier if _was_healthy(entry, seen_healthy))
    return next(healthy, earlier[0] if earlier else None)


def _was_healthy(entry: HistoryEntry, seen_healthy: Mapping[int, HealthyRevision]) -> bool:
    seen = seen_healthy.get(entry.id)
    return seen is not None and seen.revision == entry.revision


def sync_plan(facts: Facts, *, incident: str, resources: tuple[ObjectRef, ...] = ()) -> Plan:
    """A sync of an Application in Git's state, whole or of some objects; never prunes, never forces."""
    state = facts.state
    name = state.ref.name
    refusal = _common_refusal(facts, right=facts.may_sync, verb="sync")
    what = phrase(
        "Sync `{{what}}` of `{{app}}` to `{{revision}}`",
        what=", ".join(str(item) for item in resources) if resources else "everything out of sync",
        app=name,
        revision=state.target_revision or short(state.revision),
    )
    will_not = [phrase("It deletes nothing: objects that Git no longer has stay (no prune).")]
    if resources:
        will_not.append(phrase("Hooks don't run in a sync of chosen objects, and no history entry is made."))
    mark = digest(state, verb=SYNC)
    card = PlanCard(
        title="Sync",
        will=(what, phrase("Then the operation is followed to its end, and the result is told in the thread.")),
        will_not=tuple(will_not),
        warnings=_not_asked(facts),
        commands=(phrase("argocd app sync {{app}}", app=name),),
        refusal=refusal,
        confirm="Sync",
        value=_value(SYNC, state.ref, incident, mark, None, resources),
        tone=Tone.PRIMARY,
    )
    return Plan(verb=SYNC, app=state.ref, incident=incident, card=card, digest=mark, resources=resources)


def rollback_plan(facts: Facts, *, incident: str, history_id: int | None = None) -> Plan:
    """A rollback to one history entry: auto-sync is paused first and stays paused."""
    state = facts.state
    target = (
        rollback_target(state, facts.seen_healthy)
        if history_id is None
        else next((entry for entry in state.history if entry.id == history_id), None)
    )
    refusal = _rollback_refusal(facts, target, history_id)
    mark = digest(state, verb=ROLLBACK, history_id=target.id if target else history_id)
    pause = state.auto_sync
    will: list[Phrase] = []
    if target is not None:
        will.append(_deployment("Deploy history entry {{id}} again", target, facts.revisions))
    if pause:
        how = "through its parent `{{parent}}`" if state.parent else "in its spec"
        will.insert(
            0,
            phrase(
                f"Pause auto-sync of `{{{{app}}}}` {how}. **It stays paused** until someone turns it on again.",
                app=state.ref.name,
                parent=state.parent.name if state.parent else "",
            ),
        )
    repository = state.repositories[0] if state.repositories else ""
    card = PlanCard(
        title="Roll back",
        will=tuple(will),
        will_not=(
            phrase("Git isn't changed: the Application will be OutOfSync until the bad commit is reverted."),
            phrase("Hooks don't run (no migrations, no smoke tests), and objects added since stay (no prune)."),
        ),
        warnings=(_observed_health(target, facts.seen_healthy), *_not_asked(facts)),
        commands=(
            phrase(
                "git revert {{revision}}   # in {{repository}}", revision=short(state.revision), repository=repository
            ),
            *((phrase("argocd app rollback {{app}} {{id}}", app=state.ref.name, id=target.id),) if target else ()),
        ),
        refusal=refusal,
        confirm="Roll back",
        value=_value(ROLLBACK, state.ref, incident, mark, target.id if target else None, ()),
        tone=Tone.DANGER,
        choices=tuple((str(entry.id), _choice(entry, facts.revisions)) for entry in reversed(state.history)),
        chosen=str(target.id) if target else "",
    )
    return Plan(
        verb=ROLLBACK,
        app=state.ref,
        incident=incident,
        card=card,
        digest=mark,
        history_id=target.id if target else None,
        revision=target.revision if target else "",
        pause=pause,
    )


def _observed_health(target: HistoryEntry | None, seen_healthy: Mapping[int, HealthyRevision]) -> Phrase:
    seen = seen_healthy.get(target.id) if target else None
    if target is None or seen is None or seen.revision != target.revision:
        return phrase("Health of that deployment was not observed by this bot.")
    return phrase("That deployment was seen Healthy, last at {{at}}.", at=f"{seen.until:%Y-%m-%d %H:%M UTC}")


def _common_refusal(facts: Facts, *, right: bool | None, verb: str) -> Phrase | None:
    state = facts.state
    app = state.ref.name
    if state.deleting:
        return phrase("`{{app}}` is being deleted.", app=app)
    if state.operation_pending or (state.operation and state.operation.phase in ("Running", "Terminating")):
        operation = state.operation
        return phrase(
            "Another operation on `{{app}}` is in progress ({{phase}}{{message}}). Wait for its end, or terminate it: "
            "`argocd app terminate-op {{app}}`.",
            app=app,
            phase=operation.phase if operation else "starting",
            message=f": {operation.message}" if operation and operation.message else "",
        )
    if facts.windows is not None and not facts.windows.can_sync:
        return phrase(
            "A sync window is closed ({{window}}). Argo CD would accept this, hold it, and not even let it be ended. "
            "Wait for the window, or have the AppProject `{{project}}` changed.",
            window=facts.windows.description or "no manual sync now",
            project=state.project,
        )
    if right is False:
        return phrase(
            "The bot's Argo CD account may not {{verb}} `{{project}}/{{app}}`. Grant it: "
            "`p, role:gr-act, applications, {{verb}}, {{project}}/{{app}}, allow` (deploy/argocd).",
            verb=verb,
            project=state.project,
            app=app,
        )
    return None


def _rollback_refusal(facts: Facts, target: HistoryEntry | None, wanted: int | None) -> Phrase | None:
    state = facts.state
    app = state.ref.name
    common = _common_refusal(facts, right=_both(facts.may_sync, facts.may_rollback), verb="rollback")
    if common is not None:
        return common
    if target is None and wanted is not None:
        known = ", ".join(str(entry.id) for entry in state.history) or "none"
        return phrase("`{{app}}` has no history entry {{id}}. It has: {{known}}.", app=app, id=wanted, known=known)
    if target is None:
        return phrase(
            "`{{app}}` has no earlier deployment of another revision to go back to. Revert the commit in Git: "
            "`git revert {{revision}}`.",
            app=app,
            revision=short(state.revision),
        )
    if not state.auto_sync:
        return None
    if state.application_set and not facts.set_keeps_pause:
        return phrase(
            "The ApplicationSet `{{set}}` would turn auto-sync on again within a second. Either revert in Git "
            "(`git revert {{revision}}`), or let it leave the sync policy alone: "
            "`kubectl -n {{namespace}} patch applicationset {{set}} --type merge -p "
            '\'{"spec":{"ignoreApplicationDifferences":[{"jsonPointers":["/spec/syncPolicy"]}]}}\'`.',
            set=state.application_set,
            revision=short(state.revision),
            namespace=state.ref.namespace,
        )
    if state.parent is None and facts.may_update is False:
        return phrase(
            "Auto-sync is on, and the bot may not pause it: no parent Application to do it through, and no `update` "
            "right. Pause it yourself, then ask again: `argocd app set {{app}} --sync-policy none`.",
            app=app,
        )
    return None


def _both(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001  three-valued answers
    if one is False or other is False:
        return False
    return True if one and other else None


def _not_asked(facts: Facts) -> tuple[Phrase, ...]:
    missing = []
    if facts.windows is None:
        missing.append(phrase("Sync windows could not be asked."))
    if facts.may_sync is None:
        missing.append(phrase("The bot's rights could not be asked; Argo CD may still refuse."))
    return tuple(missing)


def _deployment(template: str, entry: HistoryEntry, revisions: Mapping[int, RevisionInfo] | None) -> Phrase:
    info = (revisions or {}).get(entry.id)
    at = entry.deployed_at.strftime("%Y-%m-%d %H:%M UTC") if entry.deployed_at else "at an unknown time"
    if info is None or not (info.author or info.message):
        return phrase(
            template + ": `{{revision}}`, deployed {{at}}.", id=entry.id, revision=short(entry.revision), at=at
        )
    committed = f", {info.date:%Y-%m-%d %H:%M UTC}" if info.date else ""
    return phrase(
        template + ": `{{revision}}` «{{message}}» by {{author}}{{committed}}; deployed {{at}}.",
        id=entry.id,
        revision=short(entry.revision),
        message=info.message.strip().split("\n", 1)[0][:120],
        author=info.author,
        committed=committed,
        at=at,
    )


def _choice(entry: HistoryEntry, revisions: Mapping[int, RevisionInfo] | None) -> str:
    info = (revisions or {}).get(entry.id)
    words = info.message.strip().split("\n", 1)[0] if info else ""
    at = entry.deployed_at.strftime("%d %b %H:%M") if entry.deployed_at else ""
    return " · ".join(filter(None, (f"{entry.id}", short(entry.revision), at, words)))[:75]


def _value(
    verb: str, app: AppRef, incident: str, mark: str, history_id: int | None, resources: tuple[ObjectRef, ...]
) -> str:
    """What comes back with the confirmation: names and numbers only, checked again when it does."""
    objects = ";".join(f"{item.group}/{item.kind}/{item.namespace}/{item.name}" for item in resources)
    target = "" if history_id is None else str(history_id)
    return "|".join((verb, app.argocd, app.namespace, app.name, incident, mark, target, objects))


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A confirmation, parsed from what came back."""

    verb: str
    app: AppRef
    incident: str
    digest: str
    history_id: int | None
    resources: tuple[ObjectRef, ...]


def parse_value(value: str) -> Confirmed | None:
    """Read a plan's value; None when it isn't one of ours."""
    parts = value.split("|")
    if len(parts) != 8 or parts[0] not in (SYNC, ROLLBACK):
        return None
    verb, argocd, namespace, name, incident, mark, history_id, objects = parts
    if (history_id or verb == ROLLBACK) and not (history_id.isascii() and history_id.isdigit()):
        return None
    resources = []
    for text in filter(None, objects.split(";")):
        fields = text.split("/")
        if len(fields) != 4:
            return None
        resources.append(ObjectRef(group=fields[0], kind=fields[1], namespace=fields[2], name=fields[3]))
    return Confirmed(
        verb=verb,
        app=AppRef(argocd=argocd, namespace=namespace, name=name),
        incident=incident,
        digest=mark,
        history_id=int(history_id) if history_id else None,
        resources=tuple(resources),
    )
