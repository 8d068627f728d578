"""Values in a live pod template, at pod level and in each container, init and ephemeral ones included."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bot.adapters.kubernetes.questions.fields import Json, items, mapping, name_of, text
from bot.core.inquiry import Answered

CONTAINERS = {
    "initContainers": "init container",
    "containers": "container",
    "ephemeralContainers": "ephemeral container",
}
VALUE_LIMIT = 300
"""Characters of one value: a whole affinity is quoted shortened."""


@dataclass(frozen=True, slots=True)
class Level:
    """One place of a template: the pod itself, or a container. `value` is None where it isn't set there."""

    name: str
    value: str | None


def pod_spec(obj: Json) -> Json | None:
    """The pod's spec inside a Pod, or inside whatever makes pods; None where the object has no such thing."""
    spec = mapping(obj, "spec")
    if obj.get("kind") == "CronJob":
        spec = mapping(spec, "jobTemplate", "spec")
    found = spec if "containers" in spec else mapping(spec, "template", "spec")
    return found or None


def values_at(obj: Json, path: str) -> Answered:
    """The values at a path where it is set, the pod's first. The same path is looked up at both levels."""
    levels = _levels(obj, path)
    if levels is None:
        return Answered(value=None, saw="it has no pod template")
    unset = ", ".join(level.name for level in levels if level.value is None)
    return Answered(
        value=tuple(level.value for level in levels if level.value is not None),
        saw=f"{path} of {text(obj, 'kind')} {name_of(obj)}: {_shown(levels)}",
        fields={"unset": unset},
    )


def unset_at(obj: Json, path: str) -> Answered:
    """The containers for which neither they nor the pod set the path."""
    levels = _levels(obj, path)
    if levels is None:
        return Answered(value=None, saw="it has no pod template")
    pod, *containers = levels
    bare = () if pod.value is not None else tuple(level.name for level in containers if level.value is None)
    return Answered(value=bare, saw=f"{path} of {text(obj, 'kind')} {name_of(obj)}: {_shown(levels)}")


def _levels(obj: Json, path: str) -> tuple[Level, ...] | None:
    spec = pod_spec(obj)
    if spec is None:
        return None
    names = path.removeprefix("spec.template.").removeprefix("spec.").split(".")
    if names[0] in CONTAINERS:
        names = names[1:]
    return (
        Level("pod", _value(spec, names)),
        *(
            Level(f"{word} {text(container, 'name')}", _value(container, names))
            for field, word in CONTAINERS.items()
            for container in items(spec, field)
        ),
    )


def _value(level: Json, names: list[str]) -> str | None:
    found = list(_walk(level, names))
    return ", ".join(found)[:VALUE_LIMIT] if found else None


def _walk(value: object, names: list[str]) -> Iterator[str]:
    """Each value at the path; a list on the way is gone through, so that `imagePullSecrets.name` gives the names."""
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, names)
    elif not names:
        if value not in (None, {}):
            yield value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    elif isinstance(value, dict):
        yield from _walk(value.get(names[0]), names[1:])


def _shown(levels: tuple[Level, ...]) -> str:
    pod, *containers = levels
    set_at = [pod, *containers] if pod.value is not None or not containers else containers
    return "; ".join(f"{level.name}: {'not set' if level.value is None else level.value}" for level in set_at)
