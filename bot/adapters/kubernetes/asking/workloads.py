"""Questions about workloads, their containers and their autoscalers."""

from collections.abc import Mapping

from bot.adapters.kubernetes import parse
from bot.adapters.kubernetes.asking.ask import Ask, absent, reference, word
from bot.adapters.kubernetes.objects import Objects
from bot.adapters.kubernetes.questions import workloads
from bot.adapters.kubernetes.questions.fields import Json, mapping, text
from bot.core.inquiry import Answered, Arguments
from bot.core.signals import ObjectRef
from bot.service.ports import NotFound, Unreachable

PODS = 200
"""Pods of one workload that are looked at."""


async def ready_replicas(objects: Objects, arguments: Arguments) -> Answered:
    """Ready pods of a workload; a Pod is its own."""
    ref = await reference(objects, arguments)
    if ref.kind == "Pod":
        pod = await objects.find(ref)
        return absent(ref) if pod is None else _own_readiness(pod, str(ref))
    try:
        raw = await objects.body(ref)
    except NotFound:
        return absent(ref)
    try:
        found = parse.workload(raw, ref)
    except parse.ParseError as error:
        raise Unreachable(f"Kubernetes {objects.cluster}: {ref} can't be read: {error}") from error
    return workloads.replicas(str(ref), found.wanted, found.ready)


async def last_exit(objects: Objects, arguments: Arguments) -> Answered:
    """How the container's last run ended."""
    ref = await reference(objects, arguments)
    pods = await _pods(objects, ref)
    if pods is None:
        return absent(ref)
    return workloads.last_exit(workloads.ended_runs(pods, word(arguments, "container")), str(ref))


async def previous_log(objects: Objects, arguments: Arguments) -> Answered:
    """The last lines of a run that ended, of the pod or of a workload's pod that failed last."""
    ref = await reference(objects, arguments)
    pods = await _pods(objects, ref)
    if pods is None:
        return absent(ref)
    runs = workloads.ended_runs(pods, word(arguments, "container"))
    if not runs:
        return Answered(value=None, saw=f"no container of {ref} has ended, so there is no earlier log")
    run = runs[0]
    log = await objects.log(namespace=ref.namespace, pod=run.pod, container=run.container, previous=run.previous)
    return workloads.log_lines(log, run, word(arguments, "contains"))


async def autoscaler(objects: Objects, arguments: Arguments) -> Answered:
    """What keeps a HorizontalPodAutoscaler from working."""
    ref = ObjectRef(
        group="autoscaling",
        kind="HorizontalPodAutoscaler",
        namespace=word(arguments, "namespace"),
        name=word(arguments, "name"),
    )
    scaler = await objects.find(ref)
    return absent(ref) if scaler is None else workloads.autoscaler(scaler)


async def _pods(objects: Objects, ref: ObjectRef) -> list[Json] | None:
    """The pod itself, or the pods a workload's selector finds; None where the object isn't there."""
    obj = await objects.find(ref)
    if obj is None or ref.kind == "Pod":
        return None if obj is None else [obj]
    selector = workloads.selector_of(obj)
    if not selector:
        return []
    return await objects.listed("", "Pod", namespace=ref.namespace, labels=selector, at_most=PODS)


def _own_readiness(pod: Json, name: str) -> Answered:
    conditions = mapping(pod, "status").get("conditions")
    listed = conditions if isinstance(conditions, list) else []
    ready = any(text(item, "type") == "Ready" and text(item, "status") == "True" for item in listed)
    return Answered(value=int(ready), saw=f"{name} is {'' if ready else 'not '}ready", fields={"wanted": "1"})


ANSWERS: Mapping[str, Ask] = {
    "kubernetes.ready_replicas": ready_replicas,
    "kubernetes.last_exit": last_exit,
    "kubernetes.previous_log": previous_log,
    "kubernetes.autoscaler": autoscaler,
}
