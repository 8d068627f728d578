"""Requests to one Argo CD: the token, the limits, the second try of a read. Knows no Application."""

import asyncio
import random
import ssl
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import msgspec

from bot.adapters.argocd.refusals import Answer, Passing, refusal
from bot.core.redaction import REDACTED
from bot.service.ports import PortError, Refused, Unreachable

RESPONSE_LIMIT = 64 * 1024 * 1024
"""Bytes of an answer; Argo CD's own limit is 200 MiB, and only lists come near it."""

ERROR_LIMIT = 64 * 1024
"""Bytes of an error's body that are read."""

WAITS = (0.1, 0.4)
"""Seconds before a read's second and third try, spread by half so that many don't come at once."""

SHORT_WAIT = 2.0
"""Seconds of a Retry-After that a read waits for itself; longer ones are its caller's to wait for."""


Query = Mapping[str, str] | Sequence[tuple[str, str]]
"""A request's query; pairs where a name stands several times."""


class TimedOut(Unreachable):
    """No answer in time."""


class Http:
    """Speaks HTTP with one Argo CD. The token is in the header of each request and nowhere else."""

    def __init__(
        self,
        *,
        name: str,
        url: str,
        token: str,
        session: aiohttp.ClientSession,
        tls: ssl.SSLContext | bool,
        timeout: float,
        silence: float,
    ) -> None:
        self._name = name
        self._base = url.rstrip("/")
        self._host = urlsplit(url).netloc
        self._token = token
        self._session = session
        self._tls = tls
        self._timeout = timeout
        self._silence = silence

    async def read(
        self,
        *path: str,
        query: Query | None = None,
        limit: int = RESPONSE_LIMIT,
        patience: float = 1.0,
        again: bool = True,
    ) -> bytes:
        """GET `/api/<path>`: the JSON body, at most `limit` bytes. What fails for a moment is asked again.

        `patience` multiplies the timeout; without `again` there is one try.
        """
        for wait in WAITS if again else ():
            try:
                return await self._exchange("GET", path, query=query, limit=limit, patience=patience)
            except Passing as error:
                if error.retry_after is not None and error.retry_after > SHORT_WAIT:
                    raise
                await asyncio.sleep(max(wait * random.uniform(0.5, 1.5), error.retry_after or 0))  # noqa: S311
        return await self._exchange("GET", path, query=query, limit=limit, patience=patience)

    async def write(
        self, method: str, *path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> bytes:
        """Send a change, once: whether it was done is unknown when the answer is missing (`Unreachable`)."""
        data = None if body is None else msgspec.json.encode(body)
        return await self._exchange(method, path, query=query, data=data)

    async def chunks(self, *path: str) -> AsyncGenerator[bytes, None]:
        """GET a stream: bytes as they come, until it ends. Idle is fine; a server that promises heartbeats keeps them.

        Server-sent events are asked for: only they have heartbeats (each 15 s), so only they tell quiet from dead.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        url, timeout = self._url(path, None), aiohttp.ClientTimeout(total=None, sock_connect=self._timeout)
        with self._telling():
            async with asyncio.timeout(self._silence):
                response = await self._request("GET", url, headers=headers, timeout=timeout)
        async with response:
            if response.status != HTTPStatus.OK:
                with self._telling():
                    async with asyncio.timeout(self._silence):
                        raise await self._refusal(response)
            silence = self._silence if response.content_type == "text/event-stream" else None
            while True:
                with self._telling():
                    async with asyncio.timeout(silence):
                        chunk = await response.content.readany()
                if not chunk:
                    return
                yield chunk

    async def _exchange(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Query | None,
        data: bytes | None = None,
        limit: int = RESPONSE_LIMIT,
        patience: float = 1.0,
    ) -> bytes:
        url, writing = self._url(path, query), method != "GET"
        # Argo CD takes exactly this, also on a DELETE without a body; a charset is already too much (415).
        headers = {"Content-Type": "application/json"} if writing else {}
        seconds = self._timeout * patience
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=self._timeout)
        with self._telling(seconds):
            async with await self._request(method, url, headers=headers, timeout=timeout, data=data) as response:
                if not HTTPStatus(200) <= response.status < HTTPStatus(300):
                    raise await self._refusal(response, writing=writing)
                if response.content_type != "application/json":
                    raise self._unexpected(f"answered {response.url.path} with {response.content_type} instead of JSON")
                return await self._body(response, limit)

    async def _request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's own, given on
        data: bytes | None = None,
    ) -> aiohttp.ClientResponse:
        return await self._session.request(
            method,
            url,
            headers={"Authorization": f"Bearer {self._token}", **headers},
            data=data,
            ssl=self._tls,
            timeout=timeout,
            allow_redirects=False,  # the token goes to the configured address only
        )

    def _url(self, path: tuple[str, ...], query: Query | None) -> str:
        """`<url>/api/<path>`, each part quoted: a name from outside can't lead to another endpoint."""
        for part in path:
            if part in ("", ".", ".."):
                raise Refused(f"{part!r} is no name Argo CD could know.", reason="InvalidArgument")
        address = "/".join((self._base, "api", *(quote(part, safe="") for part in path)))
        return f"{address}?{urlencode(query)}" if query else address

    async def _body(self, response: aiohttp.ClientResponse, limit: int) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > limit:
                raise self._unexpected(f"answered {response.url.path} with more than {limit // 1024 // 1024} MiB")
        return bytes(body)

    async def _refusal(self, response: aiohttp.ClientResponse, *, writing: bool = False) -> PortError:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > ERROR_LIMIT:
                break
        told = bytes(body[:ERROR_LIMIT])
        if self._token:
            told = told.replace(self._token.encode(), REDACTED.encode())
        answer = Answer(
            status=response.status,
            body=told,
            asked=response.url.path,
            retry_after=response.headers.get("Retry-After", ""),
            location=_origin(response.headers.get("Location", "")),
        )
        return refusal(answer, argocd=self._name, writing=writing)

    def _unexpected(self, what: str) -> Unreachable:
        return Unreachable(f"Argo CD {self._name} {what}: is its url right, and is a proxy before it?")

    @contextmanager
    def _telling(self, seconds: float | None = None) -> Iterator[None]:
        """Turn a failure of the way into an error that says what to look at."""
        server = f"Argo CD {self._name} at {self._host}"
        try:
            yield
        except TimeoutError as error:
            waited = self._silence if seconds is None else seconds
            raise TimedOut(f"{server} did not answer within {waited:g} s.") from error
        except aiohttp.ClientConnectorCertificateError as error:
            told = error.certificate_error
            words = f"{server} has a certificate that isn't trusted ({told}). Give the bot its CA (ca_file)."
            raise Unreachable(words) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Passing(f"{server} can't be reached: {str(error) or type(error).__name__}") from error


def _origin(location: str) -> str:
    """Scheme, host and path of a redirect; the rest may hold secrets."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"[:200] if host else parts.path[:200]
