"""What a request may cost: bytes and seconds."""

import asyncio
from dataclasses import dataclass

from aiohttp import hdrs, web

from bot.adapters.web.answers import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes of a body, and seconds for each part of a connection's life.

    `head`: from the connection, or from the last answer, to the end of a request's head. `lingering`: how long the
    rest of a refused body is read and dropped, so that its sender gets to see the answer.
    """

    body_bytes: int = 1024 * 1024
    tls_handshake: float = 10.0
    head: float = 15.0
    body: float = 10.0
    lingering: float = 1.0
    shutdown: float = 5.0


async def read_body(request: web.Request, limits: Limits) -> bytes:
    """The whole body; the request keeps it for later readers. Refuses what is too large, too slow or broken."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise Refusal(415, "the body is compressed; send it plain", close=True)
    too_large = Refusal(413, f"the body is larger than {limits.body_bytes} bytes", close=True)
    if request.content_length is not None and request.content_length > limits.body_bytes:
        raise too_large
    try:
        async with asyncio.timeout(limits.body):
            return await request.read()
    except TimeoutError:
        raise Refusal(408, f"the body didn't arrive within {limits.body:g} seconds", close=True) from None
    except web.HTTPRequestEntityTooLarge:
        raise too_large from None
    except web.RequestPayloadError:
        raise Refusal(400, "the body broke off or its chunks are malformed", close=True) from None
