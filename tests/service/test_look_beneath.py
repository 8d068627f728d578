"""What is found by asking where no notification tells: windows, who undoes a pause, the deepest trouble."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.core.plain import plain
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, Resource, SyncWindows, TreeNode
from bot.service.look_beneath import deepest, look_beneath
from bot.service.ports import GitOps, Refused

DEPLOYMENT = ObjectRef(group="apps", kind="Deployment", namespace="shop", name="web")
REPLICA_SET = ObjectRef(group="apps", kind="ReplicaSet", namespace="shop", name="web-1")
NODES = (
    TreeNode(object=DEPLOYMENT, health="Progressing", health_message="Waiting for rollout"),
    TreeNode(object=REPLICA_SET, health="Degraded", health_message="pods are forbidden", parents=(DEPLOYMENT,)),
    TreeNode(object=replace(DEPLOYMENT, name="other"), health="Healthy"),
)
STATE = AppState(
    ref=AppRef(name="shop"), uid="1", resource_version="1", sync="Synced", health="Healthy", auto_sync=True
)
WAITING = replace(STATE, sync="OutOfSync", resources=(Resource(object=DEPLOYMENT, status="OutOfSync"),))


class ArgoCD:
    """Answers as told, or refuses."""

    def __init__(self, *, can_sync: bool = True, keeps: bool = True, refuses: bool = False) -> None:
        self.can_sync = can_sync
        self.keeps = keeps
        self.refuses = refuses

    async def sync_windows(self, _: AppRef) -> SyncWindows:
        if self.refuses:
            raise Refused("permission denied")
        return SyncWindows(can_sync=self.can_sync, description="deny 0 22 * * * for 8h")

    async def tree(self, _: AppRef) -> Sequence[TreeNode]:
        return NODES

    async def application_set_keeps_sync_policy(self, _name: str, _namespace: str) -> bool:
        return self.keeps


def test_the_deepest_unhealthy_object_tells() -> None:
    assert [node.object for node in deepest(NODES)] == [REPLICA_SET]


@pytest.mark.parametrize(
    ("state", "port", "said"),
    [
        pytest.param(STATE, ArgoCD(), "", id="healthy"),
        pytest.param(WAITING, ArgoCD(can_sync=False), "A sync window forbids a sync now: deny 0 22", id="window"),
        pytest.param(WAITING, ArgoCD(), "Differs from Git: Deployment shop/web", id="drift"),
        pytest.param(WAITING, ArgoCD(refuses=True), "Could not be asked: permission denied", id="forbidden"),
        pytest.param(
            replace(STATE, health="Progressing"),
            ArgoCD(),
            "ReplicaSet shop/web-1 is Degraded: pods are forbidden",
            id="pods",
        ),
        pytest.param(
            replace(STATE, auto_sync=False, application_set="fleet"), ArgoCD(keeps=False), "fleet will undo", id="pause"
        ),
    ],
)
async def test_what_is_found(state: AppState, port: GitOps, said: str) -> None:
    told = "\n".join(plain(line) for line in await look_beneath(port, state, deadline=1))
    assert said in told
    assert bool(told) is bool(said)
