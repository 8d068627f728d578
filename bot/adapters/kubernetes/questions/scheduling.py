"""Which nodes would take a pod: its selectors and tolerations, and the room that is left. As the scheduler counts.

What pods already there add (anti-affinity, spreading, host ports, volumes) is not looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from bot.adapters.kubernetes.questions.quantities import amount, written
from bot.adapters.kubernetes.questions.shapes import (
    Amounts,
    Container,
    Node,
    Pod,
    PodSpec,
    Requirement,
    SelectorTerm,
    Taint,
    Toleration,
)
from bot.core.inquiry import Answered

REPELLING = ("NoSchedule", "NoExecute")
QUOTED = 6
Needs = Mapping[str, Fraction]


def free(nodes: Sequence[Node], pods: Iterable[Pod], resource: str) -> Answered:
    """The largest free amount of a resource on one node; every pod that was placed and hasn't ended counts."""
    if not nodes:
        return Answered(value=None, saw="the cluster has no node")
    if "/" not in resource and not any(resource in (node.status.allocatable or {}) for node in nodes):
        return Answered(value=None, saw=f"no node has anything that is called {resource}")
    used = _used(pods)
    left = {node.name: _left(node, used[node.name]).get(resource, Fraction(0)) for node in nodes}
    best = max(left, key=lambda name: left[name])
    totals = sum((amount((node.status.allocatable or {}).get(resource)) for node in nodes), Fraction(0))
    saw = f"at most {written(resource, left[best])} {resource} is free on one node ({best}); "
    saw += f"{written(resource, sum(left.values(), Fraction(0)))} of {written(resource, totals)} on all {len(nodes)}"
    return Answered(value=written(resource, left[best]), saw=saw, fields={"node": best})


def with_room(nodes: Sequence[Node], pods: Iterable[Pod], spec: PodSpec) -> Answered:
    """How many nodes have room for what the pod requests."""
    needs, used = needed(spec), _used(pods)
    asked = ", ".join(f"{written(name, value)} {name}" for name, value in sorted(needs.items()) if name != "pods")

    def lacks(node: Node) -> str:
        left = _left(node, used[node.name])
        short = [name for name, value in sorted(needs.items()) if value > left.get(name, Fraction(0)) and value]
        return ", ".join(f"{written(name, left.get(name, Fraction(0)))} {name} free" for name in short)

    return _counted(nodes, lacks, f"the pod requests {asked or 'nothing'}")


def selected(nodes: Sequence[Node], spec: PodSpec) -> Answered:
    """How many nodes the pod's node selector and required node affinity admit."""
    required = spec.affinity.node_affinity.required if spec.affinity and spec.affinity.node_affinity else None
    terms = required.node_selector_terms or [] if required else None

    def differs(node: Node) -> str:
        for key, value in (spec.node_selector or {}).items():
            if node.labels.get(key) != value:
                return f"{key} is {node.labels.get(key, 'not there')}"
        if terms is not None and not any(_admits(term, node) for term in terms):
            return "the required affinity doesn't fit"
        return ""

    wanted = [f"{key}={value}" for key, value in (spec.node_selector or {}).items()]
    wanted += [
        f"{item.key} {item.operator} {','.join(item.values or [])}".strip()
        for term in terms or ()
        for item in (*(term.match_expressions or ()), *(term.match_fields or ()))
    ]
    return _counted(nodes, differs, f"the pod wants {', '.join(wanted) or 'any node'}")


def tolerated(nodes: Sequence[Node], spec: PodSpec) -> Answered:
    """How many nodes have no taint that keeps the pod away; a cordoned node has one."""

    def repels(node: Node) -> str:
        held = list(node.taints)
        if node.spec.unschedulable and not any(item.key == "node.kubernetes.io/unschedulable" for item in held):
            held.append(Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule"))
        against = [
            str(taint)
            for taint in held
            if taint.effect in REPELLING and not any(_tolerates(item, taint) for item in spec.tolerations or ())
        ]
        return ", ".join(against)

    return _counted(nodes, repels, "taints the pod doesn't tolerate")


def needed(spec: PodSpec) -> Needs:
    """What one pod takes of a node: containers and sidecars together, or the largest init container on its way."""
    running: dict[str, Fraction] = defaultdict(Fraction)
    peak: dict[str, Fraction] = defaultdict(Fraction)
    for container in spec.init_containers or ():
        sidecar = container.restart_policy == "Always"
        for name, value in _requests(container).items():
            if sidecar:
                running[name] += value
            peak[name] = max(peak[name], running[name] + (0 if sidecar else value))
    for container in spec.containers or ():
        for name, value in _requests(container).items():
            running[name] += value
    total = {name: max(running[name], peak[name]) for name in {*running, *peak}}
    for name, given in (spec.overhead or {}).items():
        total[name] = total.get(name, Fraction(0)) + amount(given)
    return {**total, "pods": Fraction(1)}


def _requests(container: Container) -> Needs:
    """Requests; a limit alone is a request too."""
    resources = container.resources
    if resources is None:
        return {}
    given: Amounts = {**(resources.limits or {}), **(resources.requests or {})}
    return {name: amount(value) for name, value in given.items()}


def _used(pods: Iterable[Pod]) -> dict[str, dict[str, Fraction]]:
    used: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for pod in pods:
        node = pod.spec.node_name
        if node and (pod.status is None or pod.status.phase not in ("Succeeded", "Failed")):
            for name, value in needed(pod.spec).items():
                used[node][name] += value
    return used


def _left(node: Node, used: Needs) -> dict[str, Fraction]:
    return {
        name: amount(value) - used.get(name, Fraction(0)) for name, value in (node.status.allocatable or {}).items()
    }


def _counted(nodes: Sequence[Node], why_not: Callable[[Node], str], about: str) -> Answered:
    """How many nodes nothing speaks against, and what speaks against the others."""
    against = {node.name: why for node in nodes if (why := why_not(node))}
    good = len(nodes) - len(against)
    lines = [f"{name}: {why}" for name, why in list(against.items())[:QUOTED]]
    more = [f"and {len(against) - QUOTED} more"] if len(against) > QUOTED else []
    return Answered(value=good, saw="; ".join([f"{good} of {len(nodes)} nodes fit ({about})", *lines, *more]))


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if not toleration.key:
        return toleration.operator == "Exists"
    if toleration.key != taint.key:
        return False
    return toleration.operator == "Exists" or (toleration.value or "") == (taint.value or "")


def _admits(term: SelectorTerm, node: Node) -> bool:
    """Whether a node fits all of a term; an empty term fits none."""
    expressions, fields = term.match_expressions or [], term.match_fields or []
    return bool(expressions or fields) and all(
        (
            *(_fits(item, node.labels) for item in expressions),
            *(_fits(item, {"metadata.name": node.name}) for item in fields),
        )
    )


def _fits(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(requirement.key), requirement.values or []
    match requirement.operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            if value is None or not values or not (_whole(value) and _whole(values[0])):
                return False
            return int(value) > int(values[0]) if requirement.operator == "Gt" else int(value) < int(values[0])
        case _:
            return False


def _whole(value: str) -> bool:
    return value.removeprefix("-").isdecimal() and value.isascii() and len(value) < 20
