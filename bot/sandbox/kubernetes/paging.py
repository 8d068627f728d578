"""`continue` tokens: unpadded base64 of JSON, as the API server makes them, and its words about bad ones."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Final

from bot.sandbox.kubernetes.errors import ApiError, bad_request
from bot.sandbox.kubernetes.kinds import Kind

_FORMAT: Final = "meta.k8s.io/v1"
LATEST: Final = -1
"""The version of a token that gave up consistency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """Where a paged list goes on: its version, and the path after which the next page starts."""

    version: int
    after: str

    def token(self, kind: Kind) -> str:
        """Return the token. Lists from the watch cache start with a slash, those of events don't."""
        start = f"{'/' if kind.bookmarked else ''}{self.after}\0"
        text = json.dumps({"v": _FORMAT, "rv": self.version, "start": start}, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse(token: str) -> Continue:
    """Read a token."""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode("latin-1")
    except (binascii.Error, ValueError) as error:
        raise _invalid("illegal base64 data at input byte 0") from error
    try:
        given = json.loads(text)
    except ValueError as error:
        raise _invalid(_go_complaint(text)) from error
    if not isinstance(given, dict) or given.get("v") != _FORMAT:
        raise bad_request(
            "invalid continue token: continue key is not valid: server does not recognize this encoded version"
        )
    version, start = given.get("rv"), given.get("start")
    if not isinstance(version, int) or not isinstance(start, str) or not start.strip("/\0"):
        raise _invalid("encoded start key empty (version meta.k8s.io/v1)")
    return Continue(version=version, after=start.removeprefix("/").removesuffix("\0"))


def _invalid(complaint: str) -> ApiError:
    return bad_request(f"invalid continue token: continue key is not valid: {complaint}")


def _go_complaint(text: str) -> str:
    """What Go's decoder says about the beginning of a text that isn't JSON."""
    rest = text.lstrip(" \t\r\n")
    looking = "value"
    if rest.startswith("{"):
        rest, looking = rest[1:].lstrip(" \t\r\n"), "object key string"
    if not rest:
        return "unexpected end of JSON input"
    shown = rest[0] if rest[0].isprintable() else f"\\x{ord(rest[0]):02x}"
    return f"invalid character '{shown}' looking for beginning of {looking}"
