"""Answers in JSON, every one with the headers that keep browsers careful, none with a server banner."""

from collections.abc import Mapping

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

log = structlog.get_logger(__name__)

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Refusal(Exception):
    """Ends a request with a status and a reason. `close`: the connection can't be used any more."""

    def __init__(
        self, status: int, reason: str, *, headers: Mapping[str, str] | None = None, close: bool = False
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers
        self.close = close


def refused(status: int, reason: str, *, headers: Mapping[str, str] | None = None, close: bool = False) -> web.Response:
    """The answer to a request that can't be served: why, in JSON."""
    response = web.json_response({"error": reason}, status=status, headers=headers)
    if close:
        response.force_close()
    return response


@web.middleware
async def in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every way a request can fail into an answer with a reason; a fault of ours is logged, not shown."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return refused(refusal.status, str(refusal), headers=refusal.headers, close=refusal.close)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return refused(405, f"{error.method} isn't served here; {allowed} is", headers={hdrs.ALLOW: allowed})
    except web.HTTPNotFound:
        return refused(404, "there is nothing at this address")
    except web.HTTPException as error:
        return refused(error.status, error.reason)
    except ConnectionError:
        return refused(400, "the connection was lost", close=True)  # nobody is left to read it
    except Exception:  # the one place where a fault of a request ends
        log.exception("request_failed", method=request.method, path=request.path[:200])
        return refused(500, "the bot failed at this request; its log says why", close=True)


async def dress(_: web.Request, response: web.StreamResponse) -> None:
    """The signal before an answer's head is sent."""
    response.headers.update(SECURITY_HEADERS)
    response.headers.pop(hdrs.SERVER, None)
