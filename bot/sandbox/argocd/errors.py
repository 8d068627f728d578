"""Refusals in the words and shapes of Argo CD's JSON gateway."""

import json
from typing import Final

from aiohttp import web

INVALID_ARGUMENT: Final = 3
NOT_FOUND: Final = 5
PERMISSION_DENIED: Final = 7
FAILED_PRECONDITION: Final = 9
INTERNAL: Final = 13
UNAVAILABLE: Final = 14
UNAUTHENTICATED: Final = 16
UNKNOWN: Final = 2

_HTTP_STATUS: Final = {
    UNKNOWN: 500,
    INVALID_ARGUMENT: 400,
    NOT_FOUND: 404,
    PERMISSION_DENIED: 403,
    FAILED_PRECONDITION: 400,  # not 412 and not 409: the gateway maps it so
    INTERNAL: 500,
    UNAVAILABLE: 503,
    UNAUTHENTICATED: 401,
}
_STATUS_TEXT: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class ApiError(Exception):
    """A gRPC status as the gateway shows it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """Return the HTTP status of this gRPC code."""
        return _HTTP_STATUS[self.code]


def permission_denied(detail: str = "") -> ApiError:
    """Refuse for want of a right; most refusals are bare, a sync's names what was wanted."""
    return ApiError(PERMISSION_DENIED, f"permission denied: {detail}" if detail else "permission denied")


def application_not_found(name: str) -> ApiError:
    """Say that there is no such Application; told only to who may read its project."""
    return ApiError(NOT_FOUND, f'applications.argoproj.io "{name}" not found')


def go_json(value: object) -> bytes:
    """Write JSON as Go's encoder does: compact, UTF-8, with `&`, `<` and `>` escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "&<>\u2028\u2029":  # they stand in strings only, where this escape means the same
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", errors="replace")


def json_response(value: object, *, status: int = 200) -> web.Response:
    """Answer JSON without a charset, as the gateway does."""
    return web.Response(status=status, body=go_json(value), content_type="application/json")


def unary_error(error: ApiError) -> web.Response:
    """Answer a failed call: error and message are the same text."""
    return json_response(
        {"error": error.message, "code": error.code, "message": error.message},
        status=error.status,
    )


def stream_error(error: ApiError) -> web.Response:
    """Answer a stream that failed before its first line: another envelope than a call's."""
    envelope = {
        "error": {
            "grpc_code": error.code,
            "http_code": error.status,
            "message": error.message,
            "http_status": _STATUS_TEXT[error.status],
        }
    }
    return json_response(envelope, status=error.status)


def plain_text(status: int, text: str) -> web.Response:
    """Answer what never reached the gateway: plain text with a line end, never JSON."""
    return web.Response(status=status, text=f"{text}\n", content_type="text/plain", charset="utf-8")
