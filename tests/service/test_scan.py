"""A look at everything once: what is read, what isn't, and findings with and without an Application."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.adapters.metrics import Metrics
from bot.core.cards import IncidentCard
from bot.core.findings import in_motion
from bot.core.incidents import Changes, Incident
from bot.core.plain import plain
from bot.core.signals import AppRef
from bot.core.states import AppState, EventReport, ListedApp
from bot.core.telling import Audience, incident_card
from bot.service.enrich import OwnerFinder
from bot.service.ports import Cluster, GitOps, Refused, Relisted, Store, Unreachable
from bot.service.respond import Reading, Responder
from bot.service.scan import Scanned, scan
from bot.service.survey import Surveyed, called, survey
from tests.core.stories import ENTRIES, app, board, event

NOW = datetime(2026, 11, 23, 8, 1, tzinfo=UTC)


class Written:
    """A store that keeps nothing."""

    async def commit(self, changes: Changes) -> None:
        assert changes is not None


class ArgoCD:
    """Applications by name; those in `shut` are refused."""

    name = "default"

    def __init__(self, *names: str, shut: Sequence[str] = (), away: bool = False) -> None:
        self.names, self.shut, self.away = names, shut, away

    async def listed(self) -> list[ListedApp]:
        if self.away:
            raise Unreachable("Argo CD doesn't answer")
        return [ListedApp(ref=AppRef(name=name), uid=name, resource_version="1") for name in self.names]

    async def app(self, ref: AppRef) -> AppState:
        if ref.name in self.shut:
            raise Refused("permission denied", status=403)
        return replace(app(), ref=ref)


class Kubernetes:
    """A cluster whose lists end; `away`: they can't be had."""

    name = "default"

    def __init__(self, *events: EventReport, away: bool = False) -> None:
        self.known, self.away = events, away

    async def events(self) -> AsyncIterator[Reading]:
        for item in self.known:
            yield item
        yield Relisted(cluster="default", kind="Event", uids=frozenset(item.uid for item in self.known))
        raise AssertionError("read on after the list's end")

    async def pods(self) -> AsyncIterator[Reading]:
        if self.away:
            raise Unreachable("no route to host")
        yield Relisted(cluster="default", kind="Pod", uids=frozenset())


async def surveyed(argocd: ArgoCD, kubernetes: Kubernetes, *, name: str = "") -> tuple[Surveyed, list[str]]:
    told: list[str] = []
    found = await survey(
        gitops={"default": cast("GitOps", argocd)},
        clusters={"default": cast("Cluster", kubernetes)},
        wanted=called(name) if name else lambda _: True,
        deadline=1,
        progress=told.append,
    )
    return found, told


async def scanned(found: Surveyed, *, namespace: str = "") -> Scanned:
    it = board(unmanaged=True)
    responder = Responder(
        board=it, store=cast("Store", Written()), owners=OwnerFinder({}), meter=Metrics(version="0"), clock=lambda: NOW
    )
    audience = Audience(may=lambda _wanted, _state: False, argocd_urls={})

    async def card(incident: Incident) -> IncidentCard:
        return incident_card(incident, entries=ENTRIES, ledger=it.ledger, audience=audience)

    async def investigate(incident: Incident) -> Incident:
        return incident

    return await scan(
        found,
        namespace=namespace,
        responder=responder,
        investigate=investigate,
        card=card,
        hold=timedelta(seconds=5),
        now=NOW,
        progress=lambda _: None,
    )


async def test_an_object_that_no_application_owns_is_a_finding() -> None:
    found, _ = await surveyed(ArgoCD(), Kubernetes(event("back-off restarting failed container", seconds=30)))
    result = await scanned(found)
    assert [(item.entry, item.apps) for item in result.findings] == [("crash-loop", ())]
    assert result.findings[0].where == "Deployment shop/web"
    assert (result.applications, result.pods, result.events) == (0, 0, 1)


async def test_another_namespace_is_left_out() -> None:
    found, _ = await surveyed(ArgoCD("shop"), Kubernetes(event("back-off restarting", seconds=30)))
    result = await scanned(found, namespace="billing")
    assert (result.findings, result.applications, result.events) == ((), 0, 0)


async def test_one_application_that_cannot_be_read_hides_no_other() -> None:
    found, told = await surveyed(ArgoCD("a", "b", "c", shut=["b"]), Kubernetes())
    assert [str(item.ref) for item in found.readings if isinstance(item, AppState)] == ["argocd/a", "argocd/c"]
    assert found.troubles == ("Argo CD default, argocd/b: permission denied",)
    assert "Argo CD default: 3 of 3 Applications read" in told


async def test_many_that_cannot_be_read_are_counted() -> None:
    names = [f"app-{number}" for number in range(20)]
    found, _ = await surveyed(ArgoCD(*names, shut=names), Kubernetes())
    assert len(found.troubles) == 6
    assert found.troubles[-1] == "Argo CD default: and 15 more Applications"


async def test_a_system_that_is_away_leaves_the_others() -> None:
    found, _ = await surveyed(ArgoCD(away=True), Kubernetes(event("x", seconds=1), away=True))
    assert found.troubles == (
        "Argo CD default: Argo CD doesn't answer",
        "Kubernetes default, Pods: no route to host",
    )
    assert any(isinstance(item, EventReport) for item in found.readings)


async def test_only_what_is_wanted_is_read() -> None:
    found, _ = await surveyed(ArgoCD("a", "b"), Kubernetes(), name="argocd/b")
    assert [item.ref.name for item in found.readings if isinstance(item, AppState)] == ["b"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param(app(), "", id="well"),
        pytest.param(app(health="Progressing"), "shop is Progressing (Synced)", id="progressing"),
        pytest.param(replace(app(sync="OutOfSync"), auto_sync=False), "waits for someone to sync it", id="manual"),
        pytest.param(app(sync="Unknown"), "shop: sync Unknown, health Healthy", id="not compared"),
        pytest.param(replace(app(), deleting=True), "shop is being deleted", id="deleting"),
    ],
)
def test_an_application_in_motion(state: AppState, said: str) -> None:
    found = in_motion(state, now=NOW)
    assert (said in plain(found.title)) if found else said == ""
