"""`argocd app get`: conditions, the last operation and what each resource says."""

import re
from collections.abc import Iterator, Sequence

from bot.core.haystack import Text
from bot.core.pasted.paste import PARTS_LIMIT, Paste, part, rows, value

_TIME = re.compile(r"\s+\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)? \S+ \S+$")

_FINE = ("Synced", "Pruned", "Succeeded", "Running")
"""Statuses of resources whose message is no news: `configmap/web configured`."""


def read_application(lines: Sequence[str]) -> Paste | None:
    """`argocd app get`; None where the text isn't one."""
    name = value(lines, "Name")
    if not name or not (value(lines, "Sync Status") or value(lines, "Health Status")):
        return None
    parts = (*_operation(lines), *_conditions(lines), *_resources(lines))
    return Paste(app=name, parts=parts[:PARTS_LIMIT])


def _operation(lines: Sequence[str]) -> Iterator[Text]:
    phase = value(lines, "Phase")
    start = next((number for number, line in enumerate(lines) if line.startswith("Message:")), None)
    if start is None or phase == "Succeeded":
        return
    message = [lines[start].removeprefix("Message:").strip()]
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        message.append(line)
    yield part("argocd-operation", "\n".join(message), reason=phase)


def _conditions(lines: Sequence[str]) -> Iterator[Text]:
    for row in rows(lines, ("CONDITION", "MESSAGE")):
        message = _TIME.sub("", row["MESSAGE"])
        yield part("argocd-condition", message, reason=row["CONDITION"])


def _resources(lines: Sequence[str]) -> Iterator[Text]:
    for row in rows(lines, ("KIND", "NAME", "STATUS", "MESSAGE")):
        if row["MESSAGE"] and row["STATUS"] not in _FINE:
            yield part(
                "argocd-resource",
                row["MESSAGE"],
                reason=row["STATUS"] if row["STATUS"] != "OutOfSync" else "",
                kind=row["KIND"],
                namespace=row.get("NAMESPACE", ""),
                name=row["NAME"],
            )
