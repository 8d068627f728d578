"""How workloads and their containers fare."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.adapters.kubernetes.questions.fields import Json, items, mapping, name_of, number, text, told
from bot.core.inquiry import Answered

STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
LINES = 30
LINE_LIMIT = 400
QUOTED_LINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A container's run that ended. `previous`: a later one was started since."""

    pod: str
    container: str
    previous: bool
    reason: str
    exit_code: int | None
    finished_at: str


def replicas(name: str, wanted: int | None, ready: int | None) -> Answered:
    """Ready pods of a workload's newest template; not known for kinds without any, or not yet counted."""
    if wanted is None:
        return Answered(value=None, saw=f"{name} has no replicas")
    fields = {"wanted": str(wanted)}
    if ready is None:
        return Answered(value=None, saw=f"{name}: its controller hasn't seen the latest change yet", fields=fields)
    return Answered(
        value=ready, saw=f"{name}: {ready} of {wanted} pods of the newest template are ready", fields=fields
    )


def autoscaler(scaler: Json) -> Answered:
    """The condition that keeps an autoscaler from working, as `Type: Reason`; empty where none does."""
    troubles = [
        item
        for item in items(scaler, "status", "conditions")
        if text(item, "type") in ("ScalingActive", "AbleToScale") and text(item, "status") != "True"
    ]
    if not troubles:
        conditions = "; ".join(told(item) for item in items(scaler, "status", "conditions")) or "no status yet"
        return Answered(value="", saw=f"HorizontalPodAutoscaler {name_of(scaler)}: {conditions}")
    first = troubles[0]
    value = f"{text(first, 'type')}: {text(first, 'reason')}"
    return Answered(value=value, saw="\n".join(map(told, troubles)), fields={"message": text(first, "message")})


def selector_of(obj: Json) -> str:
    """The label selector that finds a workload's pods, as a query has it; empty where it has none."""
    terms = [f"{key}={value}" for key, value in sorted(mapping(obj, "spec", "selector", "matchLabels").items())]
    for item in items(obj, "spec", "selector", "matchExpressions"):
        key, values = text(item, "key"), ",".join(str(value) for value in item.get("values") or ())
        match text(item, "operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(key)
            case "DoesNotExist":
                terms.append(f"!{key}")
    return ",".join(terms)


def ended_runs(pods: Sequence[Json], container: str = "") -> list[Run]:
    """Runs that ended, of one container or of all: failures first, then the latest."""
    found = [run for pod in pods for run in _runs(pod) if container in ("", run.container)]
    found.sort(key=lambda run: run.finished_at, reverse=True)
    return sorted(found, key=lambda run: run.exit_code == 0)


def last_exit(runs: Sequence[Run], about: str) -> Answered:
    """Why the container's last run ended: OOMKilled, Error, Completed …; empty where none has ended."""
    if not runs:
        return Answered(value="", saw=f"no container of {about} has ended")
    run = runs[0]
    saw = (
        f"container {run.container} of pod {run.pod} ended with {run.reason or 'no reason'}, exit code {run.exit_code}"
    )
    saw += f", at {run.finished_at}" if run.finished_at else ""
    fields = {"container": run.container, "exit_code": "" if run.exit_code is None else str(run.exit_code)}
    return Answered(value=run.reason, saw=saw, fields=fields)


def log_lines(log: str, run: Run, contains: str) -> Answered:
    """A log's last lines; only those that contain a text (in any case), where one is given.

    Not known without any: these are the last lines of one run, no more.
    """
    wanted = contains.casefold()
    lines = [line.rstrip()[:LINE_LIMIT] for line in log.splitlines() if line.strip()][-LINES:]
    found = tuple(line for line in lines if wanted in line.casefold())
    about = f"{'previous ' if run.previous else ''}log of {run.container} in pod {run.pod}"
    if not lines:
        return Answered(value=None, saw=f"the {about} is empty")
    shown = found or tuple(lines)
    none = f", no {contains!r} in it" if contains and not found else ""
    return Answered(value=found or None, saw="\n".join([f"{about}{none}:", *shown[-QUOTED_LINES:]]))


def _runs(pod: Json) -> Iterator[Run]:
    for field in STATUSES:
        for status in items(pod, "status", field):
            for state, previous in (("state", False), ("lastState", True)):
                ended = mapping(status, state, "terminated")
                if ended:
                    yield Run(
                        pod=name_of(pod),
                        container=text(status, "name"),
                        previous=previous,
                        reason=text(ended, "reason"),
                        exit_code=number(ended, "exitCode"),
                        finished_at=text(ended, "finishedAt"),
                    )
