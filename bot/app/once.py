"""Questions asked once of the live systems, without a running bot."""

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot import __version__
from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.metrics import Metrics
from bot.adapters.store import open_store
from bot.app.parts import argocd_clients, kubernetes_clients, load_knowledge, make_board, timing_of, utc_now
from bot.app.witnesses import witnesses_of
from bot.core.cards import IncidentCard
from bot.core.incidents import Incident
from bot.core.telling import Audience, incident_card
from bot.service.ask import Answer, Asking
from bot.service.enrich import OwnerFinder
from bot.service.investigate import Investigator
from bot.service.ports import Readiness
from bot.service.respond import Responder
from bot.service.scan import Scanned, scan
from bot.service.survey import Surveyed, called, survey
from bot.service.trees import Trees
from bot.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one look needs: the live systems, a board of its own, and who asks for proof."""

    settings: Settings
    gitops: dict[str, ArgoCDClient]
    clusters: dict[str, KubernetesClient]
    responder: Responder
    investigator: Investigator
    card: Callable[[Incident], IncidentCard]

    @property
    def deadline(self) -> float:
        """Seconds that one question may take."""
        return self.settings.timing.question_deadline.total_seconds()

    async def carded(self, incident: Incident) -> IncidentCard:
        """The incident as people see it."""
        return self.card(incident)


async def ask_why(settings: Settings, name: str) -> tuple[list[Answer], tuple[str, ...]]:
    """Why an Application isn't well, asked of the live systems now; and what could not be read."""
    async with _look(settings) as look:
        surveyed = await survey(gitops=look.gitops, clusters=look.clusters, wanted=called(name), deadline=look.deadline)
        await look.responder.decide(surveyed.readings)
        asking = Asking(
            responder=look.responder,
            gitops=look.gitops,
            readiness=Readiness(),
            card=look.carded,
            investigate=look.investigator.investigate,
            deadline=look.deadline,
        )
        return list(await asking.why(name)), surveyed.troubles


async def scan_once(settings: Settings, *, namespace: str, progress: Callable[[str], None]) -> Scanned:
    """Everything that isn't well in the clusters, or in one namespace of them; unmanaged objects included."""
    async with _look(_narrowed(settings, namespace)) as look:
        surveyed: Surveyed = await survey(
            gitops=look.gitops,
            clusters=look.clusters,
            wanted=lambda _: True,
            deadline=look.deadline * LISTS_TAKE,
            progress=progress,
        )
        return await scan(
            surveyed,
            namespace=namespace,
            responder=look.responder,
            investigate=look.investigator.investigate,
            card=look.carded,
            hold=timing_of(settings).hold_symptom,
            now=utc_now(),
            progress=progress,
        )


LISTS_TAKE = 6
"""A list of a whole cluster may take so many times as long as one question."""


def _narrowed(settings: Settings, namespace: str) -> Settings:
    """The settings for a scan: objects that no Application owns count, and only one namespace is listed if so asked."""
    update: dict[str, object] = {"policy": settings.policy.model_copy(update={"unmanaged": "post"})}
    if namespace:
        only = {"namespaces": (namespace,)}
        update["kubernetes"] = settings.kubernetes.model_copy(update=only)
        update["clusters"] = tuple(
            item.model_copy(update={"kubernetes": item.kubernetes.model_copy(update=only)})
            for item in settings.clusters
        )
    return settings.model_copy(update=update)


@asynccontextmanager
async def _look(settings: Settings) -> AsyncIterator[Look]:
    knowledge = load_knowledge(settings)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gitops-bot-look-"))
        store = await open_store(f"sqlite:///{folder}/state.db", retention=settings.timing.retention, clock=utc_now)
        stack.push_async_callback(store.close)
        session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=True))
        gitops = argocd_clients(settings, session)
        clusters = await kubernetes_clients(settings, stack)
        board = make_board(settings, knowledge)
        deadline = settings.timing.question_deadline.total_seconds()
        responder = Responder(
            board=board,
            store=store,
            owners=OwnerFinder(clusters, Trees(gitops, deadline=deadline)),
            meter=Metrics(version=__version__),
            clock=utc_now,
        )
        audience = Audience(
            may=lambda _wanted, _state: False,
            argocd_urls={item.name: str(item.url) for item in settings.argocd_instances},
        )
        investigator = Investigator(
            entries=knowledge.entries,
            responder=responder,
            witnesses=witnesses_of(settings, gitops=gitops, clusters=clusters, session=session),
            clock=utc_now,
            deadline=settings.timing.question_deadline.total_seconds(),
        )
        yield Look(
            settings=settings,
            gitops=gitops,
            clusters=clusters,
            responder=responder,
            investigator=investigator,
            card=lambda incident: incident_card(
                incident, entries=knowledge.entries, ledger=board.ledger, audience=audience
            ),
        )
