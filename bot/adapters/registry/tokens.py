"""Who we are for a registry: a token of its own server (realm, service, scope), or user and password, or nobody."""

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from bot.adapters.registry.addresses import Place, check
from bot.adapters.registry.challenges import Challenge, challenges
from bot.adapters.registry.http import Http
from bot.adapters.registry.refusals import refusal
from bot.service.ports import Unreachable

SHORTEST = 60.0
"""Seconds a token lives where its server doesn't say."""

SPARE = 5.0
"""Seconds before its end from which a token isn't used any more."""

KEPT = 500


class _Token(msgspec.Struct, frozen=True):
    token: str | None = None
    access_token: str | None = None
    expires_in: int | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    header: str
    until: float


class Tokens:
    """Obtains what a registry wants shown, and keeps it while it is good. `credentials`: host → `user:password`."""

    def __init__(self, http: Http, credentials: Mapping[str, str]) -> None:
        self._http = http
        self._credentials = credentials
        self._known: OrderedDict[Place, _Known] = OrderedDict()

    def known(self, where: Place) -> str:
        """The `Authorization` that was good for a repository a moment ago; empty where none is known."""
        found = self._known.get(where)
        return found.header if found is not None and found.until > asyncio.get_running_loop().time() else ""

    async def obtain(self, headers: Sequence[str], where: Place, *, registry: str) -> str:
        """The `Authorization` a 401 asks for; empty where we have none to show."""
        self._known.pop(where, None)
        for challenge in challenges(headers):
            if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
                return await self._token(challenge, where, registry)
            if challenge.scheme == "basic" and registry in self._credentials:
                return self._keep(where, self._basic(registry), SHORTEST)
        return ""

    async def _token(self, challenge: Challenge, where: Place, registry: str) -> str:
        realm = challenge.parameters["realm"]
        check(realm, plain=where.plain)
        query = {"scope": challenge.parameters.get("scope") or f"repository:{where.repository}:pull"}
        if service := challenge.parameters.get("service"):
            query["service"] = service
        headers = {"Authorization": self._basic(registry)} if registry in self._credentials else {}
        response = await self._http.send("GET", realm, headers=headers, query=query)
        if response.status != 200:
            raise refusal(response.reply, registry=registry, what=f"the repository {where.repository}")
        try:
            told = msgspec.json.decode(response.body, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreachable(f"The token server of {registry} sent no token: {error}") from error
        token = told.token or told.access_token or ""
        if not token or not token.isascii() or not token.isprintable():
            raise Unreachable(f"The token server of {registry} sent no token.")
        return self._keep(where, f"Bearer {token}", max(float(told.expires_in or 0), SHORTEST) - SPARE)

    def _keep(self, where: Place, header: str, seconds: float) -> str:
        self._known[where] = _Known(header, asyncio.get_running_loop().time() + seconds)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return header

    def _basic(self, registry: str) -> str:
        return "Basic " + base64.b64encode(self._credentials[registry].encode()).decode()
