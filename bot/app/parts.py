"""Settings become parts: the knowledge base, a board, the store, a client for each Argo CD and cluster."""

import ssl
import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.adapters.alertmanager.parse import Clusters
from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.parse import Place
from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.store import SqlStore, open_store
from bot.app.policy_file import load_policy
from bot.core.board import Board
from bot.core.entries import Entry
from bot.core.permission import Policy, everything_for
from bot.core.placement import Recognise, Recognised
from bot.core.recognition import recogniser
from bot.core.signals import Signal
from bot.core.timing import Timing
from bot.kb.loader import Knowledge, default_path
from bot.kb.usable import load_to_run
from bot.service.acting import ActingTimes
from bot.service.desk import Intervals
from bot.service.knowledge import LiveKnowledge
from bot.service.ports import Meter
from bot.settings import Settings
from bot.settings.groups import NamedArgoCD


def utc_now() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """An id for a command."""
    return uuid.uuid4().hex


def timing_of(settings: Settings) -> Timing:
    """The windows of placement and life cycle."""
    timing = settings.timing
    return Timing(
        hold_degraded=timing.hold_degraded,
        hold_out_of_sync=timing.hold_out_of_sync,
        hold_symptom=timing.hold_symptom,
        clear_after=timing.clear_after,
        reopen_within=timing.reopen_within,
        not_seen_again=timing.not_seen_again,
        remember_events=timing.remember_events,
        alert_silence=timing.alert_silence,
    )


def intervals_of(settings: Settings) -> Intervals:
    """How often and how long the loops do what they do."""
    timing = settings.timing
    return Intervals(
        list_every=timing.list_every,
        recovery_check_every=timing.recovery_check_every,
        edit_at_most_every=timing.edit_at_most_every,
        acting=ActingTimes(
            question_deadline=timing.question_deadline,
            follow_poll=timing.follow_poll,
            follow_timeout=timing.follow_timeout,
            reconcile_wait=timing.reconcile_wait,
            approval_within=timing.approval_within,
            remind_debt_every=timing.remind_debt_every,
            bake=timing.bake,
        ),
    )


def policy_of(settings: Settings) -> Policy:
    """Who may act: the policy file, or the list of actors. Raises `BadPolicy`."""
    path = settings.policy.file
    return load_policy(path) if path else everything_for(settings.policy.actors)


def knowledge_paths_of(settings: Settings) -> tuple[Path, ...]:
    """Ours, and then the paths of the settings."""
    return (default_path(), *settings.knowledge.paths)


def load_knowledge(settings: Settings) -> Knowledge:
    """What the bot would run with, loaded once. Raises `BadKnowledge`."""
    return load_to_run(knowledge_paths_of(settings))


def make_board(settings: Settings, knowledge: Knowledge) -> Board:
    """A board over a knowledge base that doesn't change, with the settings' windows."""
    return _board(settings, knowledge.entries, recogniser(knowledge.compile()))


def make_live_board(settings: Settings, knowledge: LiveKnowledge, *, meter: Meter) -> Board:
    """A board over the knowledge base as it is at each moment; `meter` counts what is recognised."""
    return _board(settings, knowledge.entries, _counted(knowledge.recognise, meter))


def _board(settings: Settings, entries: Mapping[str, Entry], recognise: Recognise) -> Board:
    return Board(
        entries=entries,
        recognise=recognise,
        timing=timing_of(settings),
        unmanaged=settings.policy.unmanaged == "post",
    )


def _counted(recognise: Recognise, meter: Meter) -> Recognise:
    def counted(signal: Signal) -> Recognised:
        recognised = recognise(signal)
        meter.signal_matched(recognised.verdict)
        return recognised

    return counted


async def open_database(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> SqlStore:
    """The store, with its tables up to date."""
    return await open_store(settings.database_url, retention=settings.timing.retention, clock=clock)


def argocd_clients(settings: Settings, session: aiohttp.ClientSession) -> dict[str, ArgoCDClient]:
    """A client for each Argo CD of the settings, by name."""
    return {item.name: _argocd(settings, item, session) for item in settings.argocd_instances}


def _argocd(settings: Settings, item: NamedArgoCD, session: aiohttp.ClientSession) -> ArgoCDClient:
    clusters = {
        destination: cluster.name
        for cluster in settings.watched_clusters
        if cluster.argocd == item.name
        for destination in cluster.destinations
    }
    return ArgoCDClient(
        name=item.name,
        url=str(item.url),
        token=item.token.get_secret_value() if item.token else "",
        session=session,
        place=Place(argocd=item.name, clusters=clusters),
        tls=_trusted(item),
    )


async def kubernetes_clients(settings: Settings, stack: AsyncExitStack) -> dict[str, KubernetesClient]:
    """A client for each cluster of the settings, by name; the stack closes them."""
    clients = {}
    for item in settings.watched_clusters:
        client = await KubernetesClient.connect(
            name=item.name,
            kubeconfig=item.kubernetes.kubeconfig,
            context=item.kubernetes.context,
            namespaces=item.kubernetes.namespaces,
        )
        stack.push_async_callback(client.close)
        clients[item.name] = client
    return clients


def alert_clusters(settings: Settings) -> Clusters:
    """How an alert's labels name one of the watched clusters."""
    return Clusters(
        label=settings.alertmanager.cluster_label,
        watched=frozenset(cluster.name for cluster in settings.watched_clusters),
        named=settings.alertmanager.clusters,
    )


def _trusted(item: NamedArgoCD) -> ssl.SSLContext | bool:
    if not item.verify_tls:
        return False
    return ssl.create_default_context(cafile=str(item.ca_file)) if item.ca_file else True
