"""The serial section: whatever comes in one batch is decided on as if it had come one after the other."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from bot.adapters.metrics import Metrics
from bot.core.incidents import Changes, Snapshot
from bot.core.signals import ObjectRef
from bot.core.states import PodState, Resource
from bot.service.enrich import OwnerFinder
from bot.service.respond import Reading, Responder
from tests.core.stories import DEPLOYMENT, REPLICA_SET, app, at, board, event


class Written:
    """A store that keeps what was committed."""

    def __init__(self) -> None:
        self.changes: list[Changes] = []

    async def load(self) -> Snapshot:
        return Snapshot()

    async def commit(self, changes: Changes) -> None:
        self.changes.append(changes)


READINGS: tuple[Reading, ...] = (
    app(resources=(Resource(object=DEPLOYMENT, version="v1", status="Synced", health="Progressing"),)),
    event("violates PodSecurity", seconds=1),
)


@pytest.mark.parametrize(
    "readings",
    [pytest.param(order, id=" then ".join(type(item).__name__ for item in order)) for order in permutations(READINGS)],
)
async def test_an_event_in_one_batch_with_its_application_belongs_to_it(readings: Sequence[Reading]) -> None:
    store = Written()
    responder = Responder(
        board=board(),
        store=store,  # type: ignore[arg-type]  # the part that is used
        owners=OwnerFinder({}),
        meter=Metrics(version="test"),
        clock=lambda: at(5),
    )
    await responder.decide(readings)
    incidents = responder.board.ledger.live()
    assert [(item.entry, item.apps) for item in incidents] == [("pod-security-violation", ("argocd/shop",))]


@pytest.mark.parametrize("pod_first", [pytest.param(True, id="Pod first"), pytest.param(False, id="Pod later")])
async def test_a_claim_belongs_to_the_application_whose_pod_names_it(*, pod_first: bool) -> None:
    responder = Responder(
        board=board(),
        store=Written(),  # type: ignore[arg-type]  # the part that is used
        owners=OwnerFinder({}),
        meter=Metrics(version="test"),
        clock=lambda: at(5),
    )
    pod = PodState(
        cluster="default", uid="p1", resource_version="1", controller=REPLICA_SET, phase="Pending", reason="",
        message="", node="", created_at=at(0), deleting=False, ready=False, claims=frozenset({"uploads"}),
        object=ObjectRef(kind="Pod", namespace="shop", name="web-6c9f7d5b8-x2x9k"),
    )  # fmt: skip
    claim = ObjectRef(kind="PersistentVolumeClaim", namespace="shop", name="uploads")
    reports = [event("violates PodSecurity", seconds=number, on=claim, count=number) for number in (1, 2)]
    rest: list[Reading] = [pod, *reports] if pod_first else [reports[0], pod, reports[1]]
    for reading in (app(), *rest):
        await responder.decide([reading])
    (incident,) = responder.board.ledger.live()
    assert incident.apps == ("argocd/shop",)
