"""Compares a replay's incidents with the recordings' oracle (`expected.json`, whose `about` says how to read it)."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.entries import GENERIC

OPEN = frozenset({"open", "acknowledged", "acting", "verifying"})


def differences(
    incidents: Sequence[Mapping[str, Any]], expected: Mapping[str, Any], *, sources: Sequence[str]
) -> list[str]:
    """What is wrong with a story's incidents, one sentence each; empty when they are exactly the expected ones."""
    alone = sources[0] if len(sources) == 1 else ""
    posted = [incident for incident in incidents if incident["posted"]]
    left = list(posted)
    found: list[str] = []
    for wanted in expected["incidents"]:
        required = not alone or alone in wanted["sources"]
        match = next((incident for incident in left if _is(incident, wanted)), None)
        if match is not None and (required or alone in wanted.get("may", ())):
            left.remove(match)
            found.extend(_compared(match, wanted, strict=not alone))
        elif required:
            found.append(f"missing: {wanted['root']} for {', '.join(wanted['apps'])}")
    found.extend(
        f"not expected: {incident['root']} for {', '.join(incident['apps'])} ({incident['state']})"
        for incident in left
        if not _allowed(incident, expected, alone)
    )
    silent = set(expected.get("silent", ()))
    found.extend(
        f"should be silent: {app} ({incident['root']})"
        for incident in posted
        for app in incident["apps"]
        if app in silent
    )
    return found


def _is(incident: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    if incident["root"] != wanted["root"] or incident["state"] == "merged":
        return False
    return set(wanted["apps"]) <= set(incident["apps"])


def _compared(incident: Mapping[str, Any], wanted: Mapping[str, Any], *, strict: bool) -> list[str]:
    name = f"{wanted['root']} for {', '.join(wanted['apps'])}"
    found = []
    end = wanted["end"]
    right = end == "any" or (incident["state"] in OPEN if end == "open" else incident["state"] == end)
    if strict and not right:
        found.append(f"{name} should end {end}, is {incident['state']}")
    strangers = set(incident["symptoms"]) - set(wanted["symptoms"])
    if strict and strangers:
        found.append(f"{name} folds {', '.join(sorted(strangers))}")
    return found


def _allowed(incident: Mapping[str, Any], expected: Mapping[str, Any], alone: str) -> bool:
    for tolerated in expected.get("tolerated", ()):
        only = tolerated.get("only")
        if incident["root"] == tolerated["root"] and (not only or alone in only):
            return True
    if not alone or incident["root"] not in GENERIC:
        return False
    lacking = {app for wanted in expected["incidents"] if alone not in wanted["sources"] for app in wanted["apps"]}
    return bool(set(incident["apps"]) & lacking)
