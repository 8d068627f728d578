"""HTTP mode: events as signed POSTs. docs.slack.dev, "Verifying requests from Slack", "Events API"."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.delivery.events import Acknowledgement, Kind, Retry
from bot.sandbox.slack.moments import Moments
from bot.sandbox.slack.values import Json

_LARGEST_ANSWER = 1024 * 1024


class SignedHttp:
    """Posts events to the app's request URL."""

    def __init__(self, request_url: str, *, signing_secret: str, moments: Moments, ack_seconds: float) -> None:
        self.request_url = request_url
        self._secret = signing_secret
        self._moments = moments
        self._timeout = aiohttp.ClientTimeout(total=ack_seconds)
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, kind: Kind, payload: Json, retry: Retry) -> Acknowledgement:
        """Post one event and take a 200 as its acknowledgement, with the body as the payload."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        body, content_type = _encode(kind, payload)
        headers = self._signed(body) | {"Content-Type": content_type}
        if retry.attempt:
            headers |= {"X-Slack-Retry-Num": str(retry.attempt), "X-Slack-Retry-Reason": retry.reason}
        try:
            async with self._session.post(self.request_url, data=body, headers=headers) as response:
                answer = await response.content.read(_LARGEST_ANSWER)
                if response.status != 200:
                    return Acknowledgement(error="http_error")
                return Acknowledgement(payload=_decode(answer))
        except TimeoutError:
            return Acknowledgement(error="operation_timeout")
        except aiohttp.ClientError:
            return Acknowledgement(error="dispatch_failed")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _signed(self, body: bytes) -> dict[str, str]:
        moment = str(int(self._moments.now().timestamp()))
        digest = hmac.new(self._secret.encode(), f"v0:{moment}:".encode() + body, hashlib.sha256).hexdigest()
        return {
            "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": f"v0={digest}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }


def _encode(kind: Kind, payload: Json) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    match kind:
        case Kind.INTERACTIVE:
            return urlencode({"payload": json.dumps(payload)}).encode(), form
        case Kind.SLASH_COMMANDS:
            return urlencode(payload).encode(), form
        case Kind.EVENTS_API:
            return json.dumps(payload).encode(), "application/json"


def _decode(answer: bytes) -> Json | None:
    text = answer.decode("utf-8", errors="replace").strip()
    if not text:
        return None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text}
    return body if isinstance(body, dict) else {"text": text}
