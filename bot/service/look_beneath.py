"""What no notification tells of an Application, found by asking: its windows, who undoes a pause, its deepest trouble.

Steps 6 and 7 of the reading order in facts §3.3, for an Application that no incident explains.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.core.cards import Phrase, phrase
from bot.core.states import AppState, Resource, TreeNode
from bot.service.ports import GitOps, PortError

SHOWN = 5
MESSAGE = 500
_WELL = ("Healthy", "Suspended", "")
_DEPTHS = ("Pod", "ReplicaSet", "Job", "Deployment", "StatefulSet", "DaemonSet", "CronJob")
"""Kinds from the deepest up: the deepest one's message is the nearest to the cause."""


async def look_beneath(port: GitOps, state: AppState, *, deadline: float) -> tuple[Phrase, ...]:
    """Findings in words; what could not be asked is one of them. `deadline` is in seconds, for each question."""
    questions: list[Callable[[], Awaitable[Sequence[Phrase]]]] = []
    if state.sync == "OutOfSync" or state.operation_pending:
        questions += [lambda: _windows(port, state), lambda: _drift(state)]
    if state.health not in _WELL:
        questions.append(lambda: _unhealthy(port, state))
    if state.application_set and not state.auto_sync:
        questions.append(lambda: _pause(port, state))
    told = await asyncio.gather(*(_within(question(), deadline) for question in questions))
    return tuple(line for lines in told for line in lines)


def deepest(nodes: Sequence[TreeNode]) -> list[TreeNode]:
    """The unhealthy objects nearest to the cause: those that own no unhealthy one, Pods before what made them."""
    unhealthy = [node for node in nodes if node.health not in _WELL]
    owners = {parent for node in unhealthy if node.health_message for parent in node.parents}
    leaves = [node for node in unhealthy if node.object not in owners]
    return sorted(leaves, key=lambda node: (not node.health_message, _depth(node), node.object))


async def _windows(port: GitOps, state: AppState) -> Sequence[Phrase]:
    windows = await port.sync_windows(state.ref)
    if windows.can_sync:
        return ()
    return (phrase("A sync window forbids a sync now: {{window}}.", window=windows.description or "closed"),)


async def _drift(state: AppState) -> Sequence[Phrase]:
    drifted = [item for item in state.resources if item.status == "OutOfSync"]
    lines = [
        phrase("Differs from Git: `{{object}}`{{how}}", object=item.object, how=_how(item)) for item in drifted[:SHOWN]
    ]
    if len(drifted) > SHOWN:
        lines.append(phrase("… and {{more}} more", more=len(drifted) - SHOWN))
    return lines


def _how(item: Resource) -> str:
    if item.requires_pruning:
        return " (live only; Git no longer has it)"
    return " (missing)" if item.health == "Missing" else ""


async def _unhealthy(port: GitOps, state: AppState) -> Sequence[Phrase]:
    found = deepest(await port.tree(state.ref))
    return [
        phrase(
            "`{{object}}` is {{health}}: {{message}}",
            object=node.object,
            health=node.health,
            message=(node.health_message or node.status_reason or "no reason given")[:MESSAGE],
        )
        for node in found[:SHOWN]
    ]


async def _pause(port: GitOps, state: AppState) -> Sequence[Phrase]:
    if await port.application_set_keeps_sync_policy(state.application_set, state.ref.namespace):
        return ()
    text = "Auto-sync is off, but ApplicationSet `{{set}}` will undo a pause: it does not ignore `/spec/syncPolicy`."
    return (phrase(text, set=state.application_set),)


async def _within(asking: Awaitable[Sequence[Phrase]], deadline: float) -> Sequence[Phrase]:
    try:
        async with asyncio.timeout(deadline):
            return await asking
    except TimeoutError:
        return (phrase("Not asked further: no answer within {{seconds}} s.", seconds=f"{deadline:g}"),)
    except PortError as error:
        return (phrase("Could not be asked: {{trouble}}", trouble=str(error)[:MESSAGE]),)


def _depth(node: TreeNode) -> int:
    return _DEPTHS.index(node.object.kind) if node.object.kind in _DEPTHS else len(_DEPTHS)
