"""What was gathered for a plan. None means it could not be asked: told in the plan, never taken for a yes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.debts import Debt
from bot.core.incidents import HealthyRevision
from bot.core.states import AppState, ManagedResource, RevisionInfo, SyncWindows


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An Application as it stands, and what was asked beside it.

    `set_keeps_pause` matters where an ApplicationSet owns the Application, `may_update` where no parent does.
    `managed` are desired and live objects. `manifests` (JSON texts) are what the target of a rollback renders to with
    today's parameters; `unrendered` says why they could not be had. `image_platforms` has an image only where its
    registry answered. `debt` is the pause of ours that stands.
    """

    state: AppState
    windows: SyncWindows | None = None
    revisions: Mapping[int, RevisionInfo] | None = None
    set_keeps_pause: bool | None = None
    may_sync: bool | None = None
    may_rollback: bool | None = None
    may_update: bool | None = None
    seen_healthy: Mapping[int, HealthyRevision] = field(default_factory=dict)
    managed: Sequence[ManagedResource] | None = None
    manifests: Sequence[str] | None = None
    unrendered: str = ""
    node_platforms: frozenset[str] | None = None
    image_platforms: Mapping[str, frozenset[str]] = field(default_factory=dict)
    debt: Debt | None = None


def both(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001  three-valued answers
    """And, where an answer may be unknown."""
    if one is False or other is False:
        return False
    return True if one and other else None
