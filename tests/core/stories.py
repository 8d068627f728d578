"""Small builders for tests of the board: entries, readings, and a knowledge base of a few lines."""

from datetime import UTC, datetime, timedelta

from bot.core.board import Board
from bot.core.entries import Entry
from bot.core.incidents import LIVE, Incident, State
from bot.core.observation import Owners
from bot.core.placement import Recognised
from bot.core.signals import AppRef, ObjectRef, Signal
from bot.core.states import AppState, EventReport, Operation, Resource, ResourceResult
from bot.core.timing import Timing

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SHOP = AppRef(name="shop")
DEPLOYMENT = ObjectRef(group="apps", kind="Deployment", namespace="shop", name="web")
REPLICA_SET = ObjectRef(group="apps", kind="ReplicaSet", namespace="shop", name="web-6c9f7d5b8")
OWNERS = Owners(topmost=DEPLOYMENT, app=SHOP)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def entry(name: str, *, scope: str = "app", words: str = "", **more: object) -> Entry:
    return Entry.model_validate(
        {
            "id": name,
            "title": name,
            "status": "stable",
            "severity": "high",
            "scope": scope,
            "match": {"any": [{"message": words or name}]},
            "diagnosis": name,
            **more,
        }
    )


ENTRIES = {
    item.id: item
    for item in (
        entry("out-of-sync-cascade"),
        entry("resource-missing", scope="object"),
        entry("crash-loop", scope="object"),
        entry("serviceaccount-missing", scope="object"),
        entry("pod-security-violation", scope="object"),
        entry("shared-resource", scope="object"),
        entry("repo-server-unavailable", scope="argocd"),
        entry(
            "crd-missing",
            scope="named",
            subject="{{group}}",
            causes=[{"entry": "serviceaccount-missing", "relation": "blocked"}],
        ),
        entry("node-not-ready", scope="node", causes=[{"entry": "shared-resource", "same": ["app"]}]),
    )
}
WORDS = {
    "is OutOfSync": "out-of-sync-cascade",
    "is Degraded": "out-of-sync-cascade",
    "Resource not found": "resource-missing",
    "back-off restarting": "crash-loop",
    "serviceaccount": "serviceaccount-missing",
    "violates PodSecurity": "pod-security-violation",
    "is part of applications": "shared-resource",
    "Unavailable": "repo-server-unavailable",
    "no CRD": "crd-missing",
    "node is away": "node-not-ready",
}
CAPTURES = {
    "crd-missing": (("group", "example.com"),),
    "shared-resource": (("kind", "ConfigMap"), ("name", "flags")),
    "serviceaccount-missing": (("serviceaccount", "web"),),
}


def recognise(signal: Signal) -> Recognised:
    if "nothing wrong" in signal.message:
        return Recognised(verdict="noise")
    for words, name in WORDS.items():
        if words in signal.message:
            return Recognised(verdict="known", entry=name, confidence=0.9, captures=CAPTURES.get(name, ()))
    return Recognised(verdict="unknown")


def board(timing: Timing | None = None, *, unmanaged: bool = False) -> Board:
    return Board(entries=ENTRIES, recognise=recognise, timing=timing or Timing(), unmanaged=unmanaged)


VERSION = iter(range(1, 10**9))


def app(**change: object) -> AppState:
    fields: dict[str, object] = {
        "ref": SHOP,
        "uid": "u1",
        "resource_version": str(next(VERSION)),
        "destination_namespace": "shop",
        "sync": "Synced",
        "revision": "aaa",
        "health": "Healthy",
        "auto_sync": True,
        "resources": (Resource(object=DEPLOYMENT, version="v1", status="Synced"),),
        "operation": Operation(phase="Succeeded", message="", revision="aaa", started_at=START, finished_at=START),
    }
    return AppState(**{**fields, **change})  # type: ignore[arg-type]  # a table of fields


def failed(message: str, *, on: ObjectRef = DEPLOYMENT, revision: str = "bbb", wrapper: str = "not valid") -> Operation:
    return Operation(
        phase="Failed",
        message=wrapper,
        revision=revision,
        started_at=START,
        finished_at=START,
        results=(ResourceResult(object=on, status="SyncFailed", message=message),),
    )


def event(
    message: str,
    *,
    seconds: float = 0,
    on: ObjectRef = REPLICA_SET,
    reason: str = "FailedCreate",
    warning: bool = True,
    count: int = 1,
    uid: str = "e1",
) -> EventReport:
    return EventReport(
        cluster="default",
        uid=uid,
        resource_version="1",
        object=on,
        object_uid="o1",
        reason=reason,
        message=message,
        warning=warning,
        count=count,
        first_at=at(seconds),
        last_at=at(seconds),
    )


def live(of: Board, *, posted: bool = True) -> list[Incident]:
    return [incident for incident in of.ledger.live() if incident.posted or not posted]


def roots(of: Board) -> list[str]:
    return [incident.entry for incident in live(of)]


def ended(of: Board) -> list[str]:
    return sorted(incident.entry for incident in of.ledger.incidents.values() if incident.state is State.RESOLVED)


__all__ = ["LIVE", "State"]
