"""Questions about nodes, and about which of them would take a pod."""

from collections.abc import Mapping

import msgspec

from bot.adapters.kubernetes.asking.ask import Ask, absent, core, reference, word
from bot.adapters.kubernetes.objects import Objects
from bot.adapters.kubernetes.parse import Struct
from bot.adapters.kubernetes.questions import nodes, scheduling
from bot.adapters.kubernetes.questions.shapes import Node, Pod, PodSpec
from bot.adapters.kubernetes.questions.templates import pod_spec
from bot.core.inquiry import Answered, Arguments
from bot.service.ports import Unreachable

RUNNING = "status.phase!=Succeeded,status.phase!=Failed"


async def platforms(objects: Objects, arguments: Arguments) -> Answered:
    """Platforms of all nodes, or of one."""
    if not word(arguments, "node"):
        return nodes.platforms(await objects.decoded("Node", Node))
    ref = core("Node", arguments, name="node")
    found = await objects.find(ref)
    return absent(ref) if found is None else nodes.platforms([_converted(found, Node)])


async def readiness(objects: Objects, arguments: Arguments) -> Answered:
    """Whether one node is ready."""
    ref = core("Node", arguments, name="node")
    found = await objects.find(ref)
    return absent(ref) if found is None else nodes.readiness(_converted(found, Node))


async def taints(objects: Objects, _arguments: Arguments) -> Answered:
    """Taints of all nodes."""
    return nodes.taints(await objects.decoded("Node", Node))


async def control_plane(objects: Objects, _arguments: Arguments) -> Answered:
    """Who runs the control plane."""
    return nodes.control_plane(await objects.decoded("Node", Node))


async def allocatable(objects: Objects, arguments: Arguments) -> Answered:
    """The largest free amount of a resource on one node."""
    all_nodes, pods = await objects.decoded("Node", Node), await objects.decoded("Pod", Pod, fields=RUNNING)
    return scheduling.free(all_nodes, pods, word(arguments, "resource"))


async def with_room(objects: Objects, arguments: Arguments) -> Answered:
    """Nodes with room for what a pod template requests."""
    spec = await _template(objects, arguments)
    if isinstance(spec, Answered):
        return spec
    all_nodes, pods = await objects.decoded("Node", Node), await objects.decoded("Pod", Pod, fields=RUNNING)
    return scheduling.with_room(all_nodes, pods, spec)


async def selected(objects: Objects, arguments: Arguments) -> Answered:
    """Nodes that a pod template's selector and affinity admit."""
    spec = await _template(objects, arguments)
    return spec if isinstance(spec, Answered) else scheduling.selected(await objects.decoded("Node", Node), spec)


async def tolerated(objects: Objects, arguments: Arguments) -> Answered:
    """Nodes whose taints a pod template tolerates."""
    spec = await _template(objects, arguments)
    return spec if isinstance(spec, Answered) else scheduling.tolerated(await objects.decoded("Node", Node), spec)


async def _template(objects: Objects, arguments: Arguments) -> PodSpec | Answered:
    ref = await reference(objects, arguments)
    obj = await objects.find(ref)
    if obj is None:
        return absent(ref)
    spec = pod_spec(obj)
    return Answered(value=None, saw=f"{ref} has no pod template") if spec is None else _converted(spec, PodSpec)


def _converted(found: object, shape: type[Struct]) -> Struct:
    try:
        return msgspec.convert(found, shape)
    except msgspec.ValidationError as error:
        raise Unreachable(f"A {shape.__name__} can't be read: {error}") from error


ANSWERS: Mapping[str, Ask] = {
    "kubernetes.node_platforms": platforms,
    "kubernetes.node_ready": readiness,
    "kubernetes.node_taints": taints,
    "kubernetes.managed_control_plane": control_plane,
    "kubernetes.allocatable": allocatable,
    "kubernetes.nodes_with_room": with_room,
    "kubernetes.nodes_selected": selected,
    "kubernetes.nodes_tolerated": tolerated,
}
