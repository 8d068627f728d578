"""Questions asked once of the live systems, without a running bot."""

import tempfile
from contextlib import AsyncExitStack

import aiohttp

from bot import __version__
from bot.adapters.metrics import Metrics
from bot.adapters.store import open_store
from bot.app.parts import argocd_clients, kubernetes_clients, load_knowledge, make_board, utc_now
from bot.app.witnesses import witnesses_of
from bot.core.cards import IncidentCard
from bot.core.incidents import Incident
from bot.core.telling import Audience, incident_card
from bot.service.ask import Answer, Asking
from bot.service.enrich import OwnerFinder
from bot.service.investigate import Investigator
from bot.service.ports import Readiness
from bot.service.respond import Responder
from bot.service.survey import survey
from bot.settings import Settings


async def ask_why(settings: Settings, name: str) -> tuple[list[Answer], list[str]]:
    """Why an Application isn't well, asked of the live systems now; and what could not be read."""
    knowledge = load_knowledge(settings)
    deadline = settings.timing.question_deadline.total_seconds()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gitops-bot-why-"))
        store = await open_store(f"sqlite:///{folder}/state.db", retention=settings.timing.retention, clock=utc_now)
        stack.push_async_callback(store.close)
        session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=True))
        gitops = argocd_clients(settings, session)
        clusters = await kubernetes_clients(settings, stack)
        board = make_board(settings, knowledge)
        responder = Responder(
            board=board, store=store, owners=OwnerFinder(clusters), meter=Metrics(version=__version__), clock=utc_now
        )
        readings, troubles = await survey(gitops=gitops, clusters=clusters, wanted=name, deadline=deadline)
        await responder.decide(readings)
        audience = Audience(
            may=lambda _wanted, _state: False,
            argocd_urls={item.name: str(item.url) for item in settings.argocd_instances},
        )

        async def card(incident: Incident) -> IncidentCard:
            return incident_card(incident, entries=knowledge.entries, ledger=board.ledger, audience=audience)

        investigator = Investigator(
            entries=knowledge.entries,
            responder=responder,
            witnesses=witnesses_of(settings, gitops=gitops, clusters=clusters, session=session),
            clock=utc_now,
            deadline=deadline,
        )
        asking = Asking(
            responder=responder,
            gitops=gitops,
            readiness=Readiness(),
            card=card,
            investigate=investigator.investigate,
            deadline=deadline,
        )
        return list(await asking.why(name)), troubles
