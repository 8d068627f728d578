"""The bot: adapters fill the ports, the loops run until they are stopped."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime

import aiohttp
import structlog

from bot import __version__
from bot.adapters.alertmanager.parse import delivery
from bot.adapters.argocd.webhook import named_applications
from bot.adapters.metrics import Metrics
from bot.adapters.slack import SlackChat, SlackListeners
from bot.adapters.store import SqlStore
from bot.adapters.web import AlertReceiver, WebhookReceiver, WebServer, server_tls
from bot.app.parts import (
    alert_clusters,
    argocd_clients,
    intervals_of,
    knowledge_paths_of,
    kubernetes_clients,
    make_live_board,
    new_id,
    open_database,
    policy_of,
    utc_now,
)
from bot.app.witnesses import witnesses_of
from bot.core.incidents import Command
from bot.service.desk import Desk
from bot.service.knowledge import LiveKnowledge
from bot.service.lead import Leadership
from bot.service.ports import Health, Readiness
from bot.settings import Settings
from bot.settings.groups import NamedArgoCD

log = structlog.get_logger(__name__)


class Bot:
    """The bot from settings to running loops. `failed` is set when a part of ours broke: a bug, told in the log."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.failed = asyncio.Event()
        self.readiness = Readiness()
        self.metrics = Metrics(version=__version__)
        self._settings = settings
        self._clock = clock
        self._exit = AsyncExitStack()
        self._desk: Desk | None = None
        self._leading: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Open everything and begin; returns the address of the web server. Raises ports.PortError, BadKnowledge."""
        try:
            return await self._start()
        except BaseException:
            await self._exit.aclose()
            raise

    async def stop(self) -> None:
        """Stop listening, let what runs be taken up at the next start, close everything."""
        if self._leading is not None:
            self._leading.cancel()
            await asyncio.gather(self._leading, return_exceptions=True)
        await self._exit.aclose()

    async def _start(self) -> str:
        settings = self._settings
        knowledge = LiveKnowledge(knowledge_paths_of(settings), readiness=self.readiness)
        knowledge.load()
        policy = policy_of(settings)
        store = await open_database(settings, clock=self._clock)
        self._exit.push_async_callback(store.close)
        session = await self._exit.enter_async_context(aiohttp.ClientSession(trust_env=True))
        listeners = self._slack(store, session)
        gitops = argocd_clients(settings, session)
        clusters = await kubernetes_clients(settings, self._exit)
        self._desk = Desk(
            make_board=lambda: make_live_board(settings, knowledge, meter=self.metrics),
            knowledge=knowledge,
            store=store,
            templates=store,
            chat=SlackChat(client=listeners.client, channel=str(settings.slack.channel)),
            channel=str(settings.slack.channel),
            gitops=gitops,
            argocd_urls={item.name: str(item.url) for item in settings.argocd_instances},
            clusters=clusters,
            witnesses=witnesses_of(settings, gitops=gitops, clusters=clusters, session=session),
            policy=policy,
            intervals=intervals_of(settings),
            readiness=self.readiness,
            meter=self.metrics,
            clock=self._clock,
        )
        self._watch(knowledge)
        web = self._web(listeners)
        address = await web.start()
        self._exit.push_async_callback(web.stop)
        leadership = Leadership(
            leases=store, holder=f"{socket.gethostname()}:{os.getpid()}:{new_id()[:8]}", readiness=self.readiness
        )
        self._exit.push_async_callback(leadership.release)
        self._leading = asyncio.create_task(leadership.run(self._desk.run))
        self._leading.add_done_callback(self._ended)
        await listeners.start()
        self._exit.push_async_callback(listeners.stop)
        return address

    def _watch(self, knowledge: LiveKnowledge) -> None:
        """Take up changed knowledge while the bot runs, and at once on SIGHUP."""
        watching = asyncio.create_task(knowledge.run())
        watching.add_done_callback(self._ended)
        self._exit.callback(watching.cancel)
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, knowledge.look_again)
            self._exit.callback(loop.remove_signal_handler, signal.SIGHUP)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            log.critical("a part of the bot broke; it must be started again", exc_info=task.exception())
            self.failed.set()

    def _slack(self, store: SqlStore, session: aiohttp.ClientSession) -> SlackListeners:
        slack = self._settings.slack
        return SlackListeners(
            bot_token=slack.bot_token.get_secret_value() if slack.bot_token else "",
            app_token=slack.app_token.get_secret_value() if slack.app_token else None,
            signing_secret=slack.signing_secret.get_secret_value() if slack.signing_secret else None,
            base_url=str(slack.base_url),
            mode=slack.mode,
            session=session,
            channel=str(slack.channel),
            inbox=store,
            received=self._received,
            readiness=self.readiness,
            clock=self._clock,
            new_id=new_id,
        )

    def _received(self, command: Command) -> None:
        if self._desk is not None:
            self._desk.received(command)

    def _web(self, listeners: SlackListeners) -> WebServer:
        settings = self._settings
        web = settings.web
        return WebServer(
            host=web.host,
            port=web.port,
            tls=server_tls(web.tls_cert, web.tls_key) if web.tls_cert and web.tls_key else None,
            readiness=self.readiness,
            webhooks={item.name: self._webhook(item) for item in settings.argocd_instances},
            slack=listeners.handle if settings.slack.mode == "http" else None,
            metrics=self._figures,
            alerts=self._alerts(),
        )

    def _figures(self) -> tuple[bytes, str]:
        for part, (health, _) in self.readiness.parts.items():
            (self.metrics.source_answered if health is Health.OK else self.metrics.source_failed)(part)
        return self.metrics.exposition()

    def _webhook(self, item: NamedArgoCD) -> WebhookReceiver:
        def receive(body: bytes) -> int:
            named = named_applications(body, argocd=item.name)
            taken = self._desk is None or self._desk.look(item.name, named)
            return len(named) if taken else 0

        secret = item.webhook_secret.get_secret_value() if item.webhook_secret else None
        return WebhookReceiver(secret=secret, receive=receive)

    def _alerts(self) -> AlertReceiver:
        clusters = alert_clusters(self._settings)
        secret = self._settings.alertmanager.webhook_secret
        if secret:
            self.readiness.report("alertmanager", Health.OK, "no delivery yet")

        async def receive(body: bytes) -> int | None:
            now = self._clock()
            delivered = delivery(body, clusters=clusters, now=now)
            if self._desk is None or not await self._desk.alerted(delivered.alerts):
                return None
            count = len(delivered.alerts)
            said = f"{count} alert{'' if count == 1 else 's'} at {now:%H:%M:%S} UTC"
            if delivered.truncated:
                said += f"; max_alerts of the receiver kept back {delivered.truncated}"
                log.warning("alerts_truncated", kept_back=delivered.truncated, hint="raise or drop max_alerts")
            self.readiness.report("alertmanager", Health.OK, said)
            return count

        return AlertReceiver(secret=secret.get_secret_value() if secret else None, receive=receive)
