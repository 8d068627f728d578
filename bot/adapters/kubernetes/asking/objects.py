"""Questions that any object may be asked."""

from collections.abc import Mapping

from bot.adapters.kubernetes import parse
from bot.adapters.kubernetes.asking.ask import Ask, absent, core, reference, word
from bot.adapters.kubernetes.objects import KIND_NOT_SERVED, Objects
from bot.adapters.kubernetes.questions import events as event_answers
from bot.adapters.kubernetes.questions import references, templates
from bot.core.evidence import object_text
from bot.core.inquiry import Answered, Arguments
from bot.core.signals import ObjectRef
from bot.core.states import EventReport
from bot.service.ports import NotFound, Unreachable

OWNERS = 8
"""Levels of owners that are followed."""

EVENTS = 500
"""Events of one object that are read."""


async def exists(objects: Objects, arguments: Arguments) -> Answered:
    """Absent, and a kind that isn't served, are both a no, told apart in words; forbidden is not known."""
    try:
        ref = await reference(objects, arguments)
        there = await objects.exists(ref)
    except NotFound as error:
        if error.reason != KIND_NOT_SERVED:
            raise
        return Answered(value=False, saw=f"it can't exist: {error}", fields={"state": "kind not served"})
    fields = {"object": object_text(ref), "state": "there" if there else "absent"}
    return Answered(value=there, saw=f"{ref} is there" if there else f"there is no {ref}", fields=fields)


async def owner(objects: Objects, arguments: Arguments) -> Answered:
    """The topmost controller, by ownerReferences."""
    ref = await reference(objects, arguments)
    chain = [ref]
    while len(chain) < OWNERS:
        above = await _controller(objects, chain[-1])
        if above is None or above in chain:
            break
        chain.append(above)
    if len(chain) == 1 and not await objects.exists(ref):
        return absent(ref)
    text = object_text(chain[-1])
    return Answered(value=text, saw=" ← ".join(map(str, chain)), fields={"owner": text})


async def events(objects: Objects, arguments: Arguments) -> Answered:
    """The warnings among the object's events."""
    kind, name, namespace = (word(arguments, part) for part in ("kind", "name", "namespace"))
    fields = f"involvedObject.kind={kind},involvedObject.name={name}"
    found: list[EventReport] = []
    async for item in objects.raw("", "Event", namespace=namespace, fields=fields, at_most=EVENTS):
        try:
            found.append(parse.event(item, objects.cluster))
        except parse.ParseError as error:
            raise Unreachable(f"Kubernetes {objects.cluster}: an event of {name} can't be read: {error}") from error
    return event_answers.warnings(found, word(arguments, "contains"))


async def pod_template(objects: Objects, arguments: Arguments) -> Answered:
    """Values at a path of the template."""
    ref = await reference(objects, arguments)
    obj = await objects.find(ref)
    return absent(ref) if obj is None else templates.values_at(obj, word(arguments, "path"))


async def pod_template_unset(objects: Objects, arguments: Arguments) -> Answered:
    """Containers for which nothing is set at a path."""
    ref = await reference(objects, arguments)
    obj = await objects.find(ref)
    return absent(ref) if obj is None else templates.unset_at(obj, word(arguments, "path"))


async def pull_secrets(objects: Objects, arguments: Arguments) -> Answered:
    """Names of the pull secrets that a template's pods get."""
    ref = await reference(objects, arguments)
    obj = await objects.find(ref)
    if obj is None:
        return absent(ref)
    account = ObjectRef(kind="ServiceAccount", namespace=ref.namespace, name=references.account_of(obj))
    return references.pull_secrets(obj, await objects.find(account))


async def config_keys(objects: Objects, arguments: Arguments) -> Answered:
    """The keys of a ConfigMap."""
    ref = core("ConfigMap", arguments)
    config = await objects.find(ref)
    return absent(ref) if config is None else references.config_keys(config)


async def _controller(objects: Objects, ref: ObjectRef) -> ObjectRef | None:
    try:
        raw = await objects.body(ref)
    except NotFound:
        return None
    try:
        return parse.workload(raw, ref).controller
    except parse.ParseError as error:
        raise Unreachable(f"Kubernetes {objects.cluster}: {ref} can't be read: {error}") from error


ANSWERS: Mapping[str, Ask] = {
    "kubernetes.object_exists": exists,
    "kubernetes.owner": owner,
    "kubernetes.events": events,
    "kubernetes.pod_template": pod_template,
    "kubernetes.pod_template_unset": pod_template_unset,
    "kubernetes.pull_secrets": pull_secrets,
    "kubernetes.config_keys": config_keys,
}
