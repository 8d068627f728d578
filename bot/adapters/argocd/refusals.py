"""What Argo CD, or a proxy before it, answered instead of doing what was asked: as an error with a sentence. Pure.

Measured shapes: facts/argocd.md §1.1 (JSON of a call), §1.3 (another envelope in a stream), plain text and HTML.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from bot.adapters.argocd.parse import ParseError, json_value
from bot.adapters.argocd.values import number, record, text
from bot.core.redaction import redact
from bot.service.ports import NotFound, PortError, Refused, Unreachable

SAID_LIMIT = 500
"""Characters of an answer that are repeated."""

LONGEST_WAIT = 300.0
"""Seconds of a Retry-After that are believed."""

_CODES = {
    3: "InvalidArgument",
    5: "NotFound",
    6: "AlreadyExists",
    7: "PermissionDenied",
    8: "ResourceExhausted",
    9: "FailedPrecondition",
    10: "Aborted",
    12: "Unimplemented",
    13: "Internal",
    14: "Unavailable",
    16: "Unauthenticated",
}
_PASSING = (408, 425, 429, 502, 503, 504)
_TITLE = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)


class Passing(Unreachable):
    """Argo CD, or the way to it, is away for a moment: a read may be tried again at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that isn't the asked one. `retry_after` is the header's text, `asked` the request's path."""

    status: int
    body: bytes
    asked: str
    retry_after: str = ""
    location: str = ""


def refusal(answer: Answer, *, argocd: str, writing: bool = False) -> PortError:
    """The error an answer stands for. `writing`: what was sent may have changed something."""
    said, code = _said(answer.body)
    server, status = f"Argo CD {argocd}", answer.status
    told = said or f"HTTP {status} {_phrase(status)}".strip()
    if status in _PASSING:
        return Passing(f"{server} can't answer now (HTTP {status}): {told}", retry_after=_seconds(answer.retry_after))
    # With a code it is Argo CD's own word, said before anything was done; from a proxy it may have been done.
    if status >= 500 and not (writing and code):
        return Unreachable(f"{server} failed (HTTP {status}): {told}")
    reason = _CODES.get(code, "") or _phrase(status).replace(" ", "")
    if status == 404 and code == 5:
        return NotFound(told, status=status, reason=reason)
    return Refused(_clear_no(answer, server, told, code), status=status, reason=reason)


def _clear_no(answer: Answer, server: str, told: str, code: int) -> str:
    """The server's words, and what to look at where they don't say it."""
    match answer.status:
        case 401:
            return f"{server} does not accept the bot's token ({told}). Give the bot a new one."
        case 403 if told == "permission denied":
            return f"permission denied by {server}: the Application is absent, or the bot's account lacks the right."
        case 404 if not code:
            return f"{server} has nothing at {answer.asked} ({told}). Is its url right, root path included?"
        case status if 300 <= status < 400:
            where = answer.location or "without saying where"
            return f"{server} sends the bot elsewhere ({where}). Is its url right, https and root path included?"
    return told


def stream_refusal(error: object, *, argocd: str) -> PortError:
    """The error in a stream's `{"error": …}` line: `grpc_code`, `http_code`, `message`."""
    told = record(error)
    status, said = number(told.get("http_code")), text(told.get("message"))[:SAID_LIMIT]
    if status in (401, 403):
        return Refused(
            f"Argo CD {argocd} ended the Application stream: {said}",
            status=status,
            reason=_CODES.get(number(told.get("grpc_code")), ""),
        )
    return Unreachable(f"Argo CD {argocd} broke the Application stream off: {said or 'without a reason'}")


def _said(body: bytes) -> tuple[str, int]:
    """The server's own words, in one line's length, and its gRPC code (0: not Argo CD's JSON)."""
    try:
        parsed = record(json_value(body))
    except ParseError:
        parsed = {}
    told = record(parsed.get("error")) or parsed
    said = text(told.get("message")) or text(told.get("error"))
    if said:
        return said[:SAID_LIMIT], number(told.get("code")) or number(told.get("grpc_code"))
    raw = body.decode("utf-8", "replace").strip()
    if raw.startswith("<"):
        title = _TITLE.search(raw)
        return (f"a web page: {redact(title.group(1).strip())}" if title else "a web page"), 0
    return redact(raw)[:SAID_LIMIT], 0


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _seconds(retry_after: str) -> float | None:
    """Retry-After in seconds; None where it is absent or a date, which our own growing pauses replace."""
    if not (retry_after.isascii() and retry_after.isdecimal()) or len(retry_after) > 9:
        return None
    return min(float(retry_after), LONGEST_WAIT)
