"""The server: its routes, and how it starts and stops."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.adapters.web.answers import dress, in_json
from bot.adapters.web.connection import Connection
from bot.adapters.web.limits import Limits, read_body
from bot.adapters.web.webhooks import AlertmanagerWebhook, AlertReceiver, ArgoCDWebhook, WebhookReceiver
from bot.core.redaction import redact
from bot.service import ports

Receive = Callable[[web.Request], Awaitable[web.Response]]

_CANNOT_LISTEN = {
    errno.EADDRINUSE: "another program listens there; stop it, or set GITOPS_BOT_WEB__PORT to a free port",
    errno.EACCES: "this user may not; set GITOPS_BOT_WEB__PORT to 1024 or above",
    errno.EADDRNOTAVAIL: "this machine doesn't have that address; set GITOPS_BOT_WEB__HOST to one it has",
}


class WebServer:
    """Webhooks, Slack's events and alerts (where `slack` and `alerts` are given), health, readiness and figures.

    `webhooks` are by Argo CD's name. `metrics` gives a body and its content type.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
        readiness: ports.Readiness,
        webhooks: Mapping[str, WebhookReceiver],
        slack: Receive | None,
        metrics: Callable[[], tuple[bytes, str]],
        alerts: AlertReceiver | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._readiness = readiness
        self._limits = limits or Limits()
        self._webhook = ArgoCDWebhook(webhooks, self._limits)
        self._alerts = AlertmanagerWebhook(alerts, self._limits) if alerts else None
        self._slack = slack
        self._metrics = metrics
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen; returns the address. Raises Refused with a sentence when that can't be."""
        runner = web.AppRunner(self._application(), shutdown_timeout=self._limits.shutdown)
        await runner.setup()
        server = runner.server
        if server is None:  # only before setup
            raise RuntimeError("aiohttp made no server")
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(
                lambda: Connection(server, loop=loop, limits=self._limits),
                self._host,
                self._port,
                ssl=self._tls,
                ssl_handshake_timeout=self._limits.tls_handshake if self._tls else None,
            )
        except OSError as error:
            await runner.cleanup()
            known = "no such host; set GITOPS_BOT_WEB__HOST to an address of this machine"
            reason = known if isinstance(error, socket.gaierror) else _CANNOT_LISTEN.get(error.errno or 0, str(error))
            raise ports.Refused(f"The bot can't listen on {self._host}, port {self._port}: {reason}.") from None
        self._runner = runner
        host, port = self._listener.sockets[0].getsockname()[:2]
        return f"{'https' if self._tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    async def stop(self) -> None:
        """Take no new connections, let what runs end (a few seconds), then close."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[in_json], client_max_size=self._limits.body_bytes)
        application.on_response_prepare.append(dress)
        application.add_routes(
            [
                web.get("/healthz", self._alive),
                web.get("/readyz", self._ready),
                web.get("/metrics", self._figures),
                web.post("/webhooks/argocd", self._webhook.handle),
                web.post("/webhooks/argocd/{trigger}", self._webhook.handle),
            ]
        )
        if self._alerts is not None:
            application.add_routes([web.post("/webhooks/alertmanager", self._alerts.handle)])
        if self._slack is not None:
            application.add_routes([web.post("/slack/events", _within(self._limits, self._slack))])
        return application

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _ready(self, _: web.Request) -> web.Response:
        parts = {
            name: {"health": health.value, "detail": redact(detail)}
            for name, (health, detail) in sorted(self._readiness.parts.items())
        }
        ready = self._readiness.ready
        return web.json_response({"ready": ready, "parts": parts}, status=200 if ready else 503)

    async def _figures(self, _: web.Request) -> web.Response:
        body, content_type = self._metrics()
        return web.Response(body=body, headers={"Content-Type": content_type})


def _within(limits: Limits, handler: Receive) -> Receive:
    """The handler, called when the whole body is there; the request keeps it for `request.read()`."""

    async def limited(request: web.Request) -> web.Response:
        await read_body(request, limits)
        return await handler(request)

    return limited
