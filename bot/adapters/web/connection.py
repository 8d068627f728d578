"""One client's connection: limits, an answer to what isn't HTTP, and the access log."""

import asyncio
import logging

import structlog
from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger

from bot.adapters.web.answers import SECURITY_HEADERS, refused
from bot.adapters.web.limits import Limits

log = structlog.get_logger(__name__)

_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


class AccessLog(AbstractAccessLogger):
    """A line per request; without its query and headers, which may hold secrets."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Probes that went well are told on level debug: they come every few seconds."""
        tell = log.debug if request.path in _PROBES and response.status < 400 else log.info
        tell(
            "http_request",
            method=request.method,
            path=request.path[:200],
            status=response.status,
            milliseconds=round(time * 1000, 1),
            remote=request.remote,
        )


class Connection(web.RequestHandler):
    """aiohttp's, with our limits. What doesn't come as HTTP in time or in form is cut or told so, in JSON."""

    __slots__ = ()

    def __init__(self, server: web.Server, *, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=limits.head,
            lingering_time=limits.lingering,
            access_log_class=AccessLog,
            access_log=logging.getLogger(__name__),
            auto_decompress=False,
        )

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # aiohttp's signature; its text quotes the sender's bytes
    ) -> web.StreamResponse:
        """The answer to what can't be parsed. It passes none of the application's signals."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer had begun; it can't become another one")
        if status >= 500:
            log.error("request_failed", remote=request.remote, exc_info=exc)
            reason = "the bot failed at this request; its log says why"
        else:
            log.info("malformed_request", remote=request.remote, error=type(exc).__name__)
            reason = "this isn't a well-formed HTTP request"
        # An empty banner: aiohttp puts its own where there is none.
        return refused(status, reason, headers={**SECURITY_HEADERS, hdrs.SERVER: ""}, close=True)
