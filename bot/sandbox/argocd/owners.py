"""Who undoes a pause: an ApplicationSet, or a self-healing parent application."""

import copy
from enum import Enum
from typing import Final

from bot.sandbox.argocd.state import State
from bot.sandbox.argocd.values import CONTROL_NAMESPACE, AppKey, Json, auto_sync_enabled, automated, dig

_TRACKING_ID: Final = "argocd.argoproj.io/tracking-id"


class Owner(Enum):
    """What stands behind an Application's spec and takes a change back."""

    NONE = "none"
    PARENT = "parent"
    APPLICATION_SET = "applicationset"


class Owners:
    """Finds an Application's owner in the data, unless a story names it."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._told: dict[AppKey, Owner] = {}

    def tell(self, key: AppKey, owner: Owner) -> None:
        """Name the owner, whatever the data say."""
        self._told[key] = owner

    def restored(self, key: AppKey) -> Json | None:
        """Return the sync policy the owner puts back, or None when the present one may stand."""
        app = self._state.applications[key]
        live = app["spec"].get("syncPolicy")
        desired = self._state.desired_sync_policies.get(key)
        match self._told.get(key) or self._find(app):
            case Owner.APPLICATION_SET:
                # The ApplicationSet renders the whole policy and puts it back, in whatever form it was changed.
                return copy.deepcopy(desired) or {} if live != desired else None
            case Owner.PARENT:
                return _merged(desired or {}, live or {})
            case _:
                return None

    def _find(self, app: Json) -> Owner:
        for reference in app["metadata"].get("ownerReferences") or []:
            if reference.get("kind") == "ApplicationSet":
                key = (app["metadata"]["namespace"], reference.get("name", ""))
                found = self._state.answers.application_sets.get(key)
                return Owner.NONE if found and _ignores_sync_policy(found, app) else Owner.APPLICATION_SET
        parent = parent_of(self._state, app)
        if parent is None or not auto_sync_enabled(parent) or not (automated(parent) or {}).get("selfHeal"):
            return Owner.NONE
        return Owner.PARENT


def parent_of(state: State, app: Json) -> Json | None:
    """Return the Application whose tracking-id an Application carries."""
    tracking = dig(app, "metadata.annotations") or {}
    instance, separator, _ = tracking.get(_TRACKING_ID, "").partition(":")
    if not separator:
        return None
    namespace, underscore, name = instance.rpartition("_")
    return state.applications.get((namespace if underscore else CONTROL_NAMESPACE, name))


def _merged(desired: Json, live: Json) -> Json | None:
    """Put back what Git states and leave alone what it doesn't, as a three-way apply does."""
    merged = _with_stated_fields(desired, live)
    return None if merged == live else merged


def _with_stated_fields(desired: Json, live: Json) -> Json:
    merged = copy.deepcopy(live)
    for name, value in desired.items():
        present = merged.get(name)
        both_objects = isinstance(value, dict) and isinstance(present, dict)
        merged[name] = _with_stated_fields(value, present or {}) if both_objects else copy.deepcopy(value)
    return merged


def _ignores_sync_policy(application_set: Json, app: Json) -> bool:
    return any(
        "/spec/syncPolicy" in (rule.get("jsonPointers") or [])
        and rule.get("name", app["metadata"]["name"]) == app["metadata"]["name"]
        for rule in application_set.get("spec", {}).get("ignoreApplicationDifferences") or []
    )
