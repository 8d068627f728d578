"""`kubectl describe`: the object, the app that tracks it, its containers' states and its events."""

import re
from collections.abc import Iterator, Sequence

from bot.core.haystack import Text
from bot.core.pasted.events import described_events
from bot.core.pasted.paste import Paste, part, value

_TRACKED = (
    re.compile(r"argocd\.argoproj\.io/tracking-id[:=]\s*([^\s:]+):"),
    re.compile(r"argocd\.argoproj\.io/instance=(\S+)"),
    re.compile(r"app\.kubernetes\.io/instance=(\S+)"),
)
"""Where the app's name stands, the surest first; the last is what charts set to the release's name."""

_KINDS = (
    ("Pod", ("Node", "Containers")),
    ("Pod", ("Status", "IP", "Containers")),
    ("Deployment", ("StrategyType",)),
    ("StatefulSet", ("Update Strategy", "Volume Claims")),
    ("StatefulSet", ("Pods Status", "Volume Claims")),
    ("DaemonSet", ("Node-Selector", "Pods Status", "Desired Number of Nodes Scheduled")),
    ("DaemonSet", ("Desired Number of Nodes Scheduled",)),
    ("Job", ("Completions",)),
    ("CronJob", ("Concurrency Policy",)),
    ("ReplicaSet", ("Pods Status", "Replicas")),
    ("PersistentVolumeClaim", ("StorageClass", "Volume")),
    ("Ingress", ("Default backend",)),
    ("Service", ("Selector", "Endpoints")),
    ("Service", ("IP Families",)),
    ("HorizontalPodAutoscaler", ("Min replicas", "Reference")),
    ("Node", ("Unschedulable", "Taints")),
)
"""kubectl doesn't print the kind of what it knows well: the fields tell it."""

_FIELD = re.compile(r"^(\s+)([A-Z][\w /-]*):(?:\s+(.*))?$")
_CONTAINER = re.compile(r"^  (\S+):$")
_STARTING = ("ContainerCreating", "PodInitializing", "")


def read_description(lines: Sequence[str]) -> Paste | None:
    """`kubectl describe`; None where the text isn't one."""
    keys = {line.partition(":")[0] for line in lines if line[:1].isalpha() and ":" in line}
    if "Name" not in keys or not keys & {"Namespace", "Labels", "Events"}:
        return None
    kind = value(lines, "Kind") or next((name for name, fields in _KINDS if keys.issuperset(fields)), "")
    start = next((number for number, line in enumerate(lines) if line.startswith("Events:")), len(lines))
    parts = (*described_events(lines[start + 1 :]), *_containers(lines[:start]), *_whole(lines[:start], kind))
    return Paste(
        app=_app("\n".join(lines[:start])),
        kind=kind,
        namespace=value(lines, "Namespace"),
        name=value(lines, "Name"),
        node=value(lines, "Node").partition("/")[0],
        parts=parts,
    )


def _app(text: str) -> str:
    for pattern in _TRACKED:
        found = pattern.search(text)
        if found is not None:
            return found[1].replace("_", "/", 1)
    return ""


def _whole(lines: Sequence[str], kind: str) -> Iterator[Text]:
    """A Pod's own reason: Evicted and the like."""
    reason, message = value(lines, "Reason"), value(lines, "Message")
    if kind == "Pod" and (reason or message):
        yield part("pod-status", message or reason, reason=reason)


def _containers(lines: Sequence[str]) -> Iterator[Text]:
    """The states of a Pod's containers that say what is wrong, worded as the bot words a live Pod's."""
    for state, fields in _states(lines):
        reason, code = fields.get("Reason", ""), fields.get("Exit Code", "0")
        if state == "Waiting" and reason not in _STARTING:
            yield part("pod-status", fields.get("Message", reason), reason=reason)
        elif state == "Terminated" and code != "0":
            yield part("pod-status", fields.get("Message", f"{reason} (exit code {code})"), reason=reason)


def _states(lines: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    state, depth, last = "", 0, ""
    fields: dict[str, str] = {}
    for line in [*lines, "End:"]:
        field = _FIELD.match(line)
        indent = len(line) - len(line.lstrip())
        if state and field is not None and indent > depth:
            last = field[2]
            fields[last] = field[3] or ""
        elif state and field is None and line.strip() and indent > depth and last:
            fields[last] = f"{fields[last]}\n{line.strip()}"
        else:
            if state:
                yield state, fields
            state, last, fields = "", "", {}
            if field is not None and field[2] in ("State", "Last State"):
                state, depth = field[3] or "", indent
