"""Who is speaking is told by the secret: `Authorization: Bearer …`, compared in constant time."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

import structlog
from aiohttp import hdrs, web

from bot.adapters.web.answers import Refusal

log = structlog.get_logger(__name__)


class BearerSecrets:
    """The secrets that a webhook lets in, each with whom it stands for. None lets nobody in.

    `setting` names what to set where there is no secret at all.
    """

    def __init__(self, known: Mapping[str, str | None], *, setting: str) -> None:
        self._setting = setting
        self._empty = not any(known.values())
        # Without a secret a random one stands in: it fits nothing, and takes the same time to compare.
        self._digests = {
            name: _digest((secret or secrets.token_urlsafe(32)).encode()) for name, secret in known.items()
        }

    def speaker(self, request: web.Request) -> str:
        """Whose secret was sent. All are compared, each in constant time. Raises `Refusal` (401)."""
        scheme, _, credential = request.headers.get(hdrs.AUTHORIZATION, "").strip().partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise _unauthorized("send Authorization: Bearer and the webhook's secret")
        # Bytes that aren't UTF-8 came in as surrogates.
        sent = _digest(credential.strip().encode("utf-8", "surrogateescape"))
        fitting = [name for name, digest in self._digests.items() if hmac.compare_digest(sent, digest)]
        if fitting:
            return fitting[0]
        if self._empty:
            log.warning("webhook_without_secret", hint=f"set {self._setting} to let notifications in")
        raise _unauthorized("the webhook's secret is wrong", error="invalid_token")


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _unauthorized(reason: str, *, error: str = "") -> Refusal:
    challenge = 'Bearer realm="gitops-bot"' + (f', error="{error}"' if error else "")
    return Refusal(401, reason, headers={hdrs.WWW_AUTHENTICATE: challenge})
