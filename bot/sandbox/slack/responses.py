"""Response URLs: five answers to one interaction, within thirty minutes."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sandbox.slack.moments import Moments

MOST_USES = 5
LIFETIME = timedelta(minutes=30)
_KEPT = 10_000


class UnusableResponseUrl(Exception):
    """The address was never given out, is used up, or is too old."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(slots=True, kw_only=True)
class ResponseTarget:
    """Whom an answer goes to, and the message that `replace_original` would replace."""

    user: str
    channel: str
    issued: datetime
    original: str | None = None
    ephemeral: bool = True
    uses: int = 0


class ResponseUrls:
    """Gives out response URLs' tokens and counts their uses."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments
        self._targets: dict[str, ResponseTarget] = {}

    def issue(self, *, user: str, channel: str, original: str | None = None, ephemeral: bool = True) -> str:
        """Return a new token for answers to what a person just did."""
        token = secrets.token_urlsafe(18)
        self._targets[token] = ResponseTarget(
            user=user, channel=channel, issued=self._moments.now(), original=original, ephemeral=ephemeral
        )
        if len(self._targets) > _KEPT:
            del self._targets[next(iter(self._targets))]
        return token

    def target(self, token: str) -> ResponseTarget:
        """Return a token's target. Raises UnusableResponseUrl."""
        found = self._targets.get(token)
        if found is None:
            raise UnusableResponseUrl("invalid_url")
        if self._moments.now() - found.issued > LIFETIME:
            raise UnusableResponseUrl("expired_url")
        if found.uses >= MOST_USES:
            raise UnusableResponseUrl("used_url")
        return found
