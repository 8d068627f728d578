"""The webhook of Argo CD's notifications: who is speaking is told by the secret."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from aiohttp import hdrs, web

from bot.adapters.web.answers import Refusal
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


class ArgoCDWebhook:
    """Answers at once; the Applications are read over the API afterwards, so a forged body could only cause a read."""

    def __init__(self, receivers: Mapping[str, WebhookReceiver], limits: Limits) -> None:
        self._receivers = receivers
        self._limits = limits
        # Without a secret a random one stands in: it fits nothing, and takes the same time to compare.
        self._digests = {
            name: _digest((receiver.secret or secrets.token_urlsafe(32)).encode())
            for name, receiver in receivers.items()
        }

    async def handle(self, request: web.Request) -> web.Response:
        """202 with the number of Applications, else the reason why not."""
        argocd = self._speaker(request)
        body = await read_body(request, self._limits)
        try:
            taken = int(self._receivers[argocd].receive(body))
        except RecursionError:
            raise Refusal(400, "the JSON is nested too deep") from None
        except ValueError as error:
            reason = redact(str(error))[:_LONGEST_REASON]
            log.warning("webhook_unreadable", argocd=argocd, reason=reason)
            raise Refusal(400, reason) from None
        if not taken:
            log.warning("webhook_too_busy", argocd=argocd)
            raise Refusal(503, "too much is waiting; try again soon", headers={hdrs.RETRY_AFTER: _RETRY_AFTER})
        return web.json_response({"applications": taken}, status=202)

    def _speaker(self, request: web.Request) -> str:
        """The Argo CD whose secret was sent. All are compared, each in constant time."""
        scheme, _, credential = request.headers.get(hdrs.AUTHORIZATION, "").strip().partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise _unauthorized("send Authorization: Bearer and the webhook's secret")
        # Bytes that aren't UTF-8 came in as surrogates.
        sent = _digest(credential.strip().encode("utf-8", "surrogateescape"))
        fitting = [name for name, digest in self._digests.items() if hmac.compare_digest(sent, digest)]
        if fitting:
            return fitting[0]
        if not any(receiver.secret for receiver in self._receivers.values()):
            log.warning("webhook_without_secret", hint="set GITOPS_BOT_ARGOCD__WEBHOOK_SECRET to let notifications in")
        raise _unauthorized("the webhook's secret is wrong", error="invalid_token")


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _unauthorized(reason: str, *, error: str = "") -> Refusal:
    challenge = 'Bearer realm="gitops-bot"' + (f', error="{error}"' if error else "")
    return Refusal(401, reason, headers={hdrs.WWW_AUTHENTICATE: challenge})
