"""Only this machine: against pages of other origins that point a browser at a port of it."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")


def local_only(names: Iterable[str] = LOCAL_NAMES) -> Middleware:
    """Return a middleware that answers only when addressed by one of the names.

    A foreign name in Host means DNS rebinding; a foreign Origin means a form of another site.
    """
    allowed = frozenset(names)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if _name(f"//{request.headers.get('Host', '')}") not in allowed:
            raise web.HTTPForbidden(text="This sandbox answers on the loopback address only.\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.headers.get('Host')}":
            raise web.HTTPForbidden(text="This sandbox takes no requests from other sites.\n")
        return await handler(request)

    return guard


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
