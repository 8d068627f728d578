"""HTTP mode: Slack's requests, checked before anything is made of them."""

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

LARGEST = 1024 * 1024
"""Bytes of a request; Slack's own stay far below."""


class SignedHttp:
    """Answers signed requests with what the app says."""

    def __init__(self, *, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request: 413 too large, 401 not Slack's, 400 not readable, else the app's answer."""
        body = await _read(request)
        if body is None:
            return web.Response(status=413, text=f"At most {LARGEST} bytes are taken here.\n")
        if not self._is_slacks(body, request):
            return web.Response(
                status=401,
                text="The signature doesn't fit: it is made with another signing secret, or more than five minutes "
                "ago. Set GITOPS_BOT_SLACK__SIGNING_SECRET to the app's, and check both clocks.\n",
            )
        try:
            asked = AsyncBoltRequest(
                body=body.decode(),
                query=request.query_string,
                headers={name: [value] for name, value in request.headers.items()},
            )
        except (ValueError, TypeError, AttributeError, RecursionError):
            # each is a way in which the framework stumbles over JSON that is broken, deep, or of another shape
            return web.Response(status=400, text="This is no request of Slack's: its JSON can't be read.\n")
        return await to_aiohttp_response(await self._app.async_dispatch(asked))

    def _is_slacks(self, body: bytes, request: web.Request) -> bool:
        try:
            return self._verifier.is_valid_request(body, dict(request.headers))
        except (ValueError, TypeError):
            # a time stamp that is no number, or characters that no signature has
            return False


async def _read(request: web.Request) -> bytes | None:
    """The body, also where the server in front has read it already; None where it is too large."""
    if (request.content_length or 0) > LARGEST:
        return None
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return None
    return body if len(body) <= LARGEST else None
