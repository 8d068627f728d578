"""`why` finds by asking what no notification tells; `status` is a plan."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.adapters.metrics import Metrics
from bot.core.board import Board
from bot.core.cards import IncidentCard, StatusCard
from bot.core.incidents import Changes, Incident
from bot.core.observation import Owners
from bot.core.plain import text_of_answer
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, Operation, SyncWindows, TreeNode
from bot.core.telling import Audience, incident_card
from bot.service.ask import Asking
from bot.service.enrich import OwnerFinder
from bot.service.ports import GitOps, Readiness, Store
from bot.service.respond import Responder
from tests.core.stories import ENTRIES, OWNERS, app, at, board, event

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SHOP = AppRef(name="shop")


class Written:
    """A store that keeps nothing: these tests ask, they don't restart."""

    async def commit(self, changes: Changes) -> None:
        assert changes is not None


class ArgoCD:
    """One Argo CD with one Application, a window and an object tree."""

    name = "default"

    def __init__(self, state: AppState, *, windows: SyncWindows, tree: tuple[TreeNode, ...], keeps: bool) -> None:
        self.state, self.windows, self.nodes, self.keeps = state, windows, tree, keeps

    async def app(self, ref: AppRef, *, refresh: bool = False, project: str = "") -> AppState:
        return self.state

    async def tree(self, ref: AppRef) -> tuple[TreeNode, ...]:
        return self.nodes

    async def sync_windows(self, ref: AppRef) -> SyncWindows:
        return self.windows

    async def application_set_keeps_sync_policy(self, name: str, namespace: str) -> bool:
        return self.keeps


def asking(it: Board, argocd: ArgoCD, link: str = "") -> Asking:
    responder = Responder(
        board=it,
        store=cast("Store", Written()),
        owners=OwnerFinder({}),
        meter=Metrics(version="0"),
        clock=lambda: NOW,
    )
    audience = Audience(may=lambda _wanted, _state: False, argocd_urls={})

    async def card(incident: Incident) -> IncidentCard:
        return incident_card(incident, entries=ENTRIES, ledger=it.ledger, audience=audience)

    async def investigate(incident: Incident) -> Incident:
        return incident

    async def thread(_: Incident) -> str:
        return link

    return Asking(
        responder=responder,
        gitops={"default": cast("GitOps", argocd)},
        readiness=Readiness(),
        card=card,
        investigate=investigate,
        deadline=1,
        link=thread,
    )


OPEN = SyncWindows(can_sync=True)
CLOSED = SyncWindows(can_sync=False, description="deny 0 22 * * * for 8h")
STATEFUL_SET = TreeNode(
    object=ObjectRef(group="apps", kind="StatefulSet", namespace="shop", name="db"),
    health="Progressing",
    health_message='pods "db-0" is forbidden: error looking up service account shop/db: not found',
)
HELD = Operation(phase="Running", message="waiting for a window", revision="bbb", started_at=NOW, finished_at=None)


@pytest.mark.parametrize(
    ("state", "windows", "tree", "keeps", "said"),
    [
        pytest.param(
            app(sync="OutOfSync"), CLOSED, (), True, "forbids a sync now: deny 0 22", id="OutOfSync, window"
        ),
        pytest.param(
            replace(app(sync="OutOfSync"), operation=HELD, operation_pending=True), CLOSED, (), True,
            "A sync window forbids a sync now", id="a sync held by a window",
        ),
        pytest.param(
            app(health="Progressing"), OPEN, (STATEFUL_SET,), True, "error looking up service account shop/db",
            id="Synced and Progressing, with pods that can't be created",
        ),
        pytest.param(
            replace(app(), auto_sync=False, application_set="fleet"), OPEN, (), False,
            "ApplicationSet fleet will undo a pause", id="a pause that will be undone",
        ),
    ],
)  # fmt: skip
async def test_why_finds_by_asking(
    state: AppState, windows: SyncWindows, tree: tuple[TreeNode, ...], keeps: bool, said: str
) -> None:
    it = board()
    it.observe_app(state, now=NOW)
    answers = await asking(it, ArgoCD(state, windows=windows, tree=tree, keeps=keeps)).why("shop")
    assert said in "\n".join(text_of_answer(answer) for answer in answers)


async def test_status_is_a_plan_the_most_urgent_first_with_what_hangs_on_it_and_its_thread() -> None:
    it = board()
    it.observe_app(app(), now=at(0))
    it.observe_event(event("violates PodSecurity", seconds=1), OWNERS, now=at(1))
    other = Owners(topmost=ObjectRef(group="apps", kind="Deployment", namespace="shop", name="api"), app=SHOP)
    it.observe_event(event("serviceaccount is gone", seconds=2, uid="u2"), other, now=at(2))
    it.tick(now=at(60))
    for number, incident in enumerate(it.ledger.live()):
        severity = "low" if number == 0 else "critical"
        it.ledger.put_incident(replace(incident, severity=severity), now=at(61))
    argocd = ArgoCD(app(), windows=OPEN, tree=(), keeps=True)
    card = await asking(it, argocd, link="https://chat.example.com/p1").status()
    assert isinstance(card, StatusCard)
    text = text_of_answer(card)
    assert text.splitlines()[0] == "2 open incidents: 1 P0, 1 P3"
    first, last = text.splitlines()[1:]
    assert "P0 critical" in first
    assert "P3 low" in last
    assert "https://chat.example.com/p1" in first
    assert "argocd/shop" in first
