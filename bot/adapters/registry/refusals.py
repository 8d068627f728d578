"""What an answer that isn't 200 means, in a sentence with the registry's own words. Pure."""

from dataclasses import dataclass

import msgspec

from bot.core.redaction import redact
from bot.service.ports import NotFound, PortError, Refused, Unreachable

DENIED = "Denied"
"""`reason` of the `Refused` of a registry that wants other credentials, or none of ours are enough."""

WORDS = 300


class _Error(msgspec.Struct, frozen=True):
    code: str | None = None
    message: str | None = None


class _Body(msgspec.Struct, frozen=True):
    errors: list[_Error] | None = None
    details: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer's status, its body as far as it was read, and how long it asks to wait."""

    status: int
    body: bytes = b""
    retry_after: str = ""


def refusal(reply: Reply, *, registry: str, what: str) -> PortError:
    """The error for a registry's answer about `what` (an image, or a token)."""
    code, words = _told(reply.body)
    said = ": ".join(part for part in (code, words) if part) or f"HTTP {reply.status}"
    if reply.status == 429 or code == "TOOMANYREQUESTS":
        return Unreachable(f"{registry} limits how often it is asked ({said}).", retry_after=_seconds(reply))
    if reply.status in (408, 425) or reply.status >= 500:
        return Unreachable(f"{registry} can't answer now (HTTP {reply.status}, {said}).", retry_after=_seconds(reply))
    if reply.status in (401, 403):
        asked = "wants credentials for" if reply.status == 401 else "forbids"
        return Refused(
            f"{registry} {asked} {what} ({said}): it is private, or it doesn't exist.",
            status=reply.status,
            reason=DENIED,
        )
    if reply.status == 404:
        return NotFound(f"{registry} has no {what} ({said}).", status=404, reason=code or "NOT_FOUND")
    return Refused(f"{registry} answered {what} with HTTP {reply.status} ({said}).", status=reply.status, reason=code)


def _told(body: bytes) -> tuple[str, str]:
    """The first error's code and message; a body that is no such JSON says nothing."""
    try:
        told = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", ""
    first = next(iter(told.errors or ()), _Error())
    words = first.message or told.details or told.message or ""
    return redact(first.code or "")[:60], redact(words)[:WORDS]


def _seconds(reply: Reply) -> float | None:
    text = reply.retry_after
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None
