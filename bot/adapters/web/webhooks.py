"""The webhooks of Argo CD's notifications and of Alertmanager."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from aiohttp import hdrs, web

from bot.adapters.web.answers import Refusal
from bot.adapters.web.bearer import BearerSecrets
from bot.adapters.web.limits import Limits, read_body
from bot.core.redaction import redact

log = structlog.get_logger(__name__)

_LONGEST_REASON = 300
_RETRY_AFTER = "5"
"""Seconds. Argo CD tries again by itself within the same few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReceiver:
    """Takes one Argo CD's notifications.

    `receive` gets a body and returns how many Applications it took note of; False or 0 when it is too busy. It raises
    ValueError with a reason for a body it can't read. While `secret` is None, nothing is let in.
    """

    secret: str | None = field(repr=False)
    receive: Callable[[bytes], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReceiver:
    """Takes Alertmanager's deliveries.

    `receive` gets a body and returns how many alerts were written down; None when they can't be now, so that they
    must be sent again. It raises ValueError with a reason for a body it can't read.
    """

    secret: str | None = field(repr=False)
    receive: Callable[[bytes], Awaitable[int | None]]


class ArgoCDWebhook:
    """Answers at once; the Applications are read over the API afterwards, so a forged body could only cause a read."""

    def __init__(self, receivers: Mapping[str, WebhookReceiver], limits: Limits) -> None:
        self._receivers = receivers
        self._limits = limits
        known = {name: receiver.secret for name, receiver in receivers.items()}
        self._secrets = BearerSecrets(known, setting="GITOPS_BOT_ARGOCD__WEBHOOK_SECRET")

    async def handle(self, request: web.Request) -> web.Response:
        """202 with the number of Applications, else the reason why not."""
        argocd = self._secrets.speaker(request)
        body = await read_body(request, self._limits)
        with _told_why(argocd=argocd):
            taken = int(self._receivers[argocd].receive(body))
        if not taken:
            log.warning("webhook_too_busy", argocd=argocd)
            raise Refusal(503, "too much is waiting; try again soon", headers={hdrs.RETRY_AFTER: _RETRY_AFTER})
        return web.json_response({"applications": taken}, status=202)


class AlertmanagerWebhook:
    """Answers when the alerts are written down: Alertmanager sends again what wasn't accepted, and only that."""

    def __init__(self, receiver: AlertReceiver, limits: Limits) -> None:
        self._receiver = receiver
        self._limits = limits
        self._secrets = BearerSecrets(
            {"alertmanager": receiver.secret}, setting="GITOPS_BOT_ALERTMANAGER__WEBHOOK_SECRET"
        )

    async def handle(self, request: web.Request) -> web.Response:
        """200 with the number of alerts, else the reason why not."""
        self._secrets.speaker(request)
        body = await read_body(request, self._limits)
        with _told_why(webhook="alertmanager"):
            taken = await self._receiver.receive(body)
        if taken is None:
            # Closed, so that the next attempt may reach the active replica instead of this one.
            raise Refusal(
                503,
                "alerts can't be taken here now; send them again soon",
                headers={hdrs.RETRY_AFTER: _RETRY_AFTER},
                close=True,
            )
        return web.json_response({"alerts": taken})


@contextmanager
def _told_why(**whose: str) -> Iterator[None]:
    """A body that can't be read: the reason goes into the log and into the answer (400)."""
    try:
        yield
    except RecursionError:
        raise Refusal(400, "the JSON is nested too deep") from None
    except ValueError as error:
        reason = redact(str(error))[:_LONGEST_REASON]
        log.warning("webhook_unreadable", reason=reason, **whose)
        raise Refusal(400, reason) from None
