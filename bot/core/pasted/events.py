"""`kubectl get events`, and the Events table at the end of `kubectl describe`."""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.core.haystack import Text
from bot.core.pasted.paste import PARTS_LIMIT, Paste, part, rows

_DESCRIBED = re.compile(
    r"^\s+(?P<type>Normal|Warning)\s+(?P<reason>\S+)\s+"
    r"(?P<age><unknown>|<invalid>|\d\w*(?:\s+\(x\d+ over \w+\))?)\s+(?P<source>\S+(?:, \S+)?)\s+(?P<message>.*)$"
)
"""`Type Reason Age From Message`, with gaps that a terminal may have narrowed."""

_SHORT_KINDS = {
    "pod": "Pod",
    "deployment": "Deployment",
    "replicaset": "ReplicaSet",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "job": "Job",
    "cronjob": "CronJob",
    "node": "Node",
    "service": "Service",
    "ingress": "Ingress",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "persistentvolume": "PersistentVolume",
    "horizontalpodautoscaler": "HorizontalPodAutoscaler",
    "certificate": "Certificate",
    "externalsecret": "ExternalSecret",
    "application": "Application",
}
"""kubectl writes kinds in lower case here."""


def read_event_list(lines: Sequence[str]) -> Paste | None:
    """`kubectl get events`, with or without namespaces."""
    found = [
        (
            row["TYPE"],
            part(
                "k8s-event",
                row["MESSAGE"],
                reason=row["REASON"],
                kind=_SHORT_KINDS.get(kind.lower(), kind),
                namespace=row.get("NAMESPACE", ""),
                name=name,
            ),
        )
        for row in rows(lines, ("TYPE", "REASON", "OBJECT", "MESSAGE"))
        for kind, _, name in (row["OBJECT"].partition("/"),)
    ]
    return Paste(parts=telling(found)) if found else None


def described_events(lines: Sequence[str]) -> tuple[Text, ...]:
    """The events at the end of `kubectl describe`."""
    return telling(_described(lines))


def telling(events: Iterable[tuple[str, Text]]) -> tuple[Text, ...]:
    """The warnings; where there are none, all."""
    found = list(events)[:PARTS_LIMIT]
    warnings = tuple(text for type_, text in found if type_ == "Warning")
    return warnings or tuple(text for _, text in found)


def _described(lines: Sequence[str]) -> Iterator[tuple[str, Text]]:
    row: re.Match[str] | None = None
    message = ""
    for line in [*lines, ""]:
        matched = _DESCRIBED.match(line)
        if matched is None and line.strip() and row is not None:
            message += f"\n{line.strip()}"
            continue
        if row is not None:
            yield row["type"], part("k8s-event", message, reason=row["reason"])
        row, message = matched, matched["message"] if matched else ""
