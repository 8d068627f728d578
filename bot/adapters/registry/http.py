"""Single requests to registries, with their limits. Follows nothing by itself and shows no credentials of its own."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import aiohttp

from bot.adapters.registry.refusals import Reply
from bot.service.ports import Unreachable

BODY_LIMIT = 4 * 1024 * 1024
"""Bytes of a manifest or configuration: registries themselves take no larger manifest."""

ERROR_LIMIT = 64 * 1024
AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer with its body, and the headers that matter."""

    reply: Reply
    digest: str
    location: str
    challenges: tuple[str, ...]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.reply.status

    @property
    def body(self) -> bytes:
        """The body; of an error, its beginning."""
        return self.reply.body


class Http:
    """Sends requests. `timeout` is in seconds, for one request."""

    def __init__(self, session: aiohttp.ClientSession, *, timeout: float) -> None:
        self._session = session
        self._timeout = timeout
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> Response:
        """One request; redirects are answers too. `Unreachable` where nothing, or too much, comes back."""
        try:
            target = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url
            async with (
                self._slots,
                self._session.request(
                    method,
                    target,
                    headers=headers,
                    timeout=aiohttp.ClientTimeout(total=self._timeout),
                    allow_redirects=False,
                ) as response,
            ):
                return await self._read(response)
        except TimeoutError as error:
            raise Unreachable(f"The registry at {_host(url)} did not answer within {self._timeout:g} s.") from error
        except aiohttp.ClientConnectorCertificateError as error:
            words = f"The registry at {_host(url)} has a certificate that isn't trusted ({error.certificate_error})."
            raise Unreachable(words) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            said = str(error) or type(error).__name__
            raise Unreachable(f"The registry at {_host(url)} can't be reached: {said}") from error

    async def _read(self, response: aiohttp.ClientResponse) -> Response:
        good = response.status == 200
        limit = BODY_LIMIT if good else ERROR_LIMIT
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > limit:
                if not good:
                    break
                raise Unreachable(f"{response.url.host} sent more than {limit >> 20} MiB where little was expected.")
        return Response(
            reply=Reply(
                status=response.status,
                body=bytes(body[:limit]),
                retry_after=response.headers.get("Retry-After", ""),
            ),
            digest=response.headers.get("Docker-Content-Digest", ""),
            location=response.headers.get("Location", ""),
            challenges=tuple(response.headers.getall("WWW-Authenticate", ())),
        )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return "an odd address"
