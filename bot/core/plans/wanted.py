"""What somebody wants done, as it travels with a button, a modal and a journal: names and numbers only.

Whatever comes back from a chat is checked again when it does; nothing here is a permission.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.signals import AppRef, ObjectRef

SYNC = "argocd.sync"
ROLLBACK = "argocd.rollback"
TERMINATE = "argocd.terminate"
REFRESH = "argocd.refresh"
RESTART = "argocd.restart"
PAUSE = "argocd.pause"
RESTORE = "argocd.restore"

TITLES: Mapping[str, str] = {
    SYNC: "Sync",
    ROLLBACK: "Roll back",
    TERMINATE: "Terminate",
    REFRESH: "Refresh",
    RESTART: "Restart",
    PAUSE: "Pause auto-sync",
    RESTORE: "Restore auto-sync",
}
"""Every verb that has a plan, with its name for people."""

ALL, PRUNE, OUT_OF_SYNC, DRY_RUN = "all", "prune", "out-of-sync", "dry-run"
MODES = (ALL, OUT_OF_SYNC, DRY_RUN, PRUNE)
"""How a sync may go: everything; only what is out of sync; nothing but a trial; everything, deletions too."""

PARTS = 8
LARGEST_ID = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A verb on an Application.

    `target` is what was picked for it: a history id (rollback), one of `MODES` (sync); empty: the plan's own choice.
    `resources` are the chosen objects of a sync, or the workload of a restart. `digest` is empty until a plan was
    read; then it binds the confirmation to that plan.
    """

    verb: str
    app: AppRef
    incident: str = ""
    digest: str = ""
    target: str = ""
    resources: tuple[ObjectRef, ...] = ()

    @property
    def history_id(self) -> int | None:
        """The history entry of a rollback, if one was picked."""
        return int(self.target) if self.verb == ROLLBACK and self.target else None

    @property
    def mode(self) -> str:
        """How a sync goes."""
        return self.target or ALL

    @property
    def action(self) -> str:
        """What a policy calls it: the verb, but a sync that deletes is `prune`."""
        if self.verb == SYNC and self.mode == PRUNE:
            return PRUNE
        return self.verb.removeprefix("argocd.")

    @property
    def title(self) -> str:
        """Its name for people."""
        return TITLES[self.verb]

    @property
    def unread(self) -> "Wanted":
        """The same before any plan was read: what a button carries that opens one."""
        return replace(self, digest="")

    def picked(self, choice: str) -> "Wanted | None":
        """The same with another target; None when it isn't one."""
        if self.verb == RESTART:
            ref = _object(choice)
            return replace(self, resources=(ref,)) if ref else None
        other = replace(self, target=choice)
        return other if choice and _fits(other) else None

    @property
    def choice(self) -> str:
        """What `picked` was given, as a list of choices names it."""
        return "".join(map(_object_value, self.resources[:1])) if self.verb == RESTART else self.target

    def value(self) -> str:
        """As a text; `parse_value` reads it back."""
        objects = ";".join(map(_object_value, self.resources))
        app = self.app
        parts = (self.verb, app.argocd, app.namespace, app.name, self.incident, self.digest, self.target, objects)
        return "|".join(parts).rstrip("|")


def parse_value(value: str) -> Wanted | None:
    """Read a value; None when it isn't one of ours. Parts that are empty at its end may be left out."""
    parts = value.split("|")
    if not 4 <= len(parts) <= PARTS or parts[0] not in TITLES or not parts[3]:
        return None
    verb, argocd, namespace, name, incident, digest, target, objects = (*parts, *[""] * (PARTS - len(parts)))
    resources = tuple(_object(text) for text in objects.split(";") if text)
    if None in resources:
        return None
    wanted = Wanted(
        verb=verb,
        app=AppRef(argocd=argocd, namespace=namespace, name=name),
        incident=incident,
        digest=digest,
        target=target,
        resources=tuple(filter(None, resources)),
    )
    return wanted if _fits(wanted) else None


def object_choice(ref: ObjectRef) -> str:
    """An object as a choice in a list."""
    return _object_value(ref)


def _fits(wanted: Wanted) -> bool:
    """Whether the target is one this verb can have."""
    target = wanted.target
    if not target:
        return True
    match wanted.verb:
        case verb if verb == ROLLBACK:
            return target.isascii() and target.isdigit() and len(target) <= 10 and int(target) < LARGEST_ID
        case verb if verb == SYNC:
            return target in MODES
        case _:
            return False


def _object_value(ref: ObjectRef) -> str:
    return f"{ref.group}/{ref.kind}/{ref.namespace}/{ref.name}"


def _object(text: str) -> ObjectRef | None:
    fields = text.split("/")
    if len(fields) != 4 or not fields[1] or not fields[3] or any(sign in text for sign in "|;"):
        return None
    return ObjectRef(group=fields[0], kind=fields[1], namespace=fields[2], name=fields[3])
