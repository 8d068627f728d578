"""Answers about what surrounds an Application: sync windows, its ApplicationSet, repositories, clusters. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.adapters.argocd.parse import application_set_keeps_sync_policy
from bot.adapters.argocd.values import name, names, record, records, text
from bot.core.inquiry import Answered
from bot.core.relations import repository
from bot.core.states import AppState

SHOWN = 400


def sync_window(state: AppState, document: Mapping[str, Any]) -> Answered:
    """Whether a window forbids a sync now: a manual one (Argo CD's `canSync`), or the automatic one it relies on.

    An active deny window holds automatic syncs, and so does an allow window that isn't active.
    """
    active, assigned = records(document.get("activeWindows")), records(document.get("assignedWindows"))
    manual = document.get("canSync") is False
    allowing = [row for row in assigned if name(row.get("kind")) == "allow"]
    denied = any(name(row.get("kind")) == "deny" for row in active)
    waits = bool(allowing) and not any(name(row.get("kind")) == "allow" for row in active)
    held = state.auto_sync and (denied or waits)
    told = ", ".join(_window(row) for row in (active or assigned)[:3])
    if manual:
        saw = f"a sync window forbids syncs of {state.ref} now: {told}"
    elif held:
        saw = f"a sync window holds automatic syncs of {state.ref} now, manual ones are allowed: {told}"
    else:
        saw = f"no sync window forbids a sync of {state.ref} now" + (f" ({told})" if told else "")
    return Answered(value=manual or held, saw=saw, fields={"description": told})


def application_set(state: AppState, document: Mapping[str, Any] | None, trouble: str = "") -> Answered:
    """The ApplicationSet that owns the Application, and whether it leaves a pause alone. None: it couldn't be read."""
    owner = state.application_set
    if not owner:
        return Answered(value="", saw=f"no ApplicationSet owns {state.ref}")
    if document is None:
        return Answered(value=owner, saw=f"ApplicationSet {owner} owns {state.ref}; it could not be read: {trouble}")
    keeps = application_set_keeps_sync_policy(document)
    ignored = [
        pointer
        for row in records(record(document.get("spec")).get("ignoreApplicationDifferences"))
        for pointer in (*names(row.get("jsonPointers")), *names(row.get("jqPathExpressions")))
    ]
    undone = "leaves a pause of auto-sync alone" if keeps else "undoes a pause of auto-sync"
    saw = f"ApplicationSet {owner} owns {state.ref}, ignores {', '.join(ignored[:6]) or 'nothing'} and {undone}"
    return Answered(value=owner, saw=saw, fields={"keeps_pause": "true" if keeps else "false"})


def repository_connected(document: Mapping[str, Any], url: str) -> Answered:
    """Whether Argo CD reaches a repository, by the connection it tested last."""
    found = [row for row in records(document.get("items")) if repository(name(row.get("repo"))) == repository(url)]
    if not found:
        return Answered(
            value=None,
            saw=f"Argo CD shows no repository {repository(url)}: it isn't registered, or the bot may not read it",
        )
    return _connection(f"repository {repository(url)}", (record(row.get("connectionState")) for row in found))


def cluster_connected(document: Mapping[str, Any], cluster: str, *, destinations: Iterable[str]) -> Answered:
    """Whether Argo CD reaches a cluster; `destinations` are the servers and names it may be called by."""
    called = frozenset(destinations)
    found = [
        row
        for row in records(document.get("items"))
        if name(row.get("server")) in called or name(row.get("name")) in called
    ]
    if not found:
        return Answered(value=None, saw=f"Argo CD shows no cluster {cluster}: it isn't one, or the bot may not read it")
    states = (
        record(record(row.get("info")).get("connectionState")) or record(row.get("connectionState")) for row in found
    )
    return _connection(f"cluster {cluster}", states)


def _connection(what: str, states: Iterable[Mapping[str, Any]]) -> Answered:
    """Where several rows stand for one thing (one for each project), one that fails decides."""
    told = [(name(state.get("status")), text(state.get("message"))) for state in states]
    for wanted, value in (("Failed", False), ("Successful", True)):
        for status, message in told:
            if status == wanted:
                saw = f"{what}: {status}" + (f", {message[:SHOWN]}" if message else "")
                return Answered(value=value, saw=saw, fields={"message": message})
    said = next((f"{status}, {message[:SHOWN]}" for status, message in told if status or message), "no state")
    return Answered(value=None, saw=f"{what}: {said}")


def _window(row: Mapping[str, Any]) -> str:
    zone = f" {name(row.get('timeZone'))}" if name(row.get("timeZone")) else ""
    return f"{name(row.get('kind'))} {name(row.get('schedule'))} for {name(row.get('duration'))}{zone}"
