"""Sync windows: which are assigned, which are open now, and what that lets through."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.argocd.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows of one project.

    Each window is `{kind: allow|deny, schedule, duration, manualSync}`. `active` says which of them hold now:
    schedules are shown to readers, not computed.
    """

    assigned: Sequence[Json] = ()
    active: Sequence[Json] = ()

    def can_sync(self, *, manual: bool) -> bool:
        """Apply Argo CD's rule: an open deny blocks, so does a closed allow; both may except manual syncs."""
        denying = [window for window in self.active if window.get("kind") == "deny"]
        if denying:
            return manual and all(window.get("manualSync") for window in denying)
        allowing = [window for window in self.assigned if window.get("kind") == "allow"]
        if not allowing or any(window.get("kind") == "allow" for window in self.active):
            return True
        return manual and all(window.get("manualSync") for window in allowing)

    def to_json(self) -> Json:
        """Return the body of GET syncwindows: without windows only canSync is there."""
        body: Json = {}
        if self.active:
            body["activeWindows"] = list(self.active)
        if self.assigned:
            body["assignedWindows"] = list(self.assigned)
        return body | {"canSync": self.can_sync(manual=True)}
