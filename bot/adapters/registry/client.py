"""The OCI distribution client: asks a registry about one image. Reads only; nothing is pulled but small JSON."""

from collections.abc import Mapping

import aiohttp

from bot.adapters.registry import manifests
from bot.adapters.registry.addresses import Place, place, redirected, same_host
from bot.adapters.registry.http import Http, Response
from bot.adapters.registry.references import ImageReference
from bot.adapters.registry.refusals import refusal
from bot.adapters.registry.tokens import Tokens
from bot.service.ports import Refused, Unreachable

REDIRECTS = 5
REDIRECTING = (301, 302, 303, 307, 308)
ACCEPT_MANIFEST = ", ".join(manifests.ACCEPTED)


class RegistryClient:
    """Asks registries.

    `mirrors`: registry host → address to ask instead. `credentials`: registry host → `user:password`; a registry
    without is asked anonymously. `timeout` is in seconds, for one request.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        mirrors: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
        timeout: float = 3.0,
    ) -> None:
        self._mirrors = dict(mirrors or {})
        self._http = Http(session, timeout=timeout)
        self._tokens = Tokens(self._http, dict(credentials or {}))

    async def digest(self, image: ImageReference) -> str:
        """The digest behind a tag (empty where the registry doesn't tell); `NotFound` where there is no such tag.

        Asked with HEAD: Docker Hub doesn't count that as a pull.
        """
        return (await self._fetch(image, "HEAD", "manifests", image.version)).digest

    async def platforms(self, image: ImageReference) -> tuple[str, ...]:
        """The platforms an image has a manifest for: `linux/amd64` …; its bytes are checked against their digests."""
        got = await self._fetch(image, "GET", "manifests", image.version)
        _check(got.body, image.digest or got.digest, image)
        try:
            found = manifests.manifest(got.body)
            if found.manifests is not None:
                return manifests.platforms(found.manifests)
            if found.config is not None and found.config.digest:
                blob = await self._fetch(image, "GET", "blobs", found.config.digest)
                _check(blob.body, found.config.digest, image)
                platform = manifests.platform(blob.body)
                return (str(platform),) if platform.os else ()
        except manifests.BadManifest as error:
            raise Unreachable(f"{image.registry} sent something for {image} that can't be read: {error}") from error
        if found.architecture:
            return (f"linux/{found.architecture}",)
        raise Unreachable(f"{image.registry} sent something for {image} that is no image.")

    async def _fetch(self, image: ImageReference, method: str, kind: str, version: str) -> Response:
        where = place(image, self._mirrors)
        url = where.url(kind, version)
        accept = ACCEPT_MANIFEST if kind == "manifests" else "*/*"
        shown = self._tokens.known(where)
        response = await self._follow(method, url, accept, shown, where)
        if response.status == 401:
            fresh = await self._tokens.obtain(response.challenges, where, registry=image.registry)
            if fresh:
                response = await self._follow(method, url, accept, fresh, where)
        if response.status != 200:
            what = str(image) if kind == "manifests" else f"part {version} of {image}"
            raise refusal(response.reply, registry=image.registry, what=what)
        return response

    async def _follow(self, method: str, url: str, accept: str, authorization: str, where: Place) -> Response:
        """One request, and where it is redirected to; credentials go to the registry's own address alone."""
        target = url
        for _ in range(REDIRECTS + 1):
            headers = {"Accept": accept, "User-Agent": "gitops-bot"}
            if authorization and same_host(target, url):
                headers["Authorization"] = authorization
            response = await self._http.send(method, target, headers=headers)
            if response.status not in REDIRECTING or not response.location:
                return response
            target = redirected(target, response.location, plain=where.plain)
        raise Refused(f"{where.origin} redirects more than {REDIRECTS} times.")


def _check(body: bytes, digest: str, image: ImageReference) -> None:
    if digest and not manifests.fits(body, digest):
        raise Unreachable(f"What {image.registry} sent for {image} doesn't have the digest {digest[:80]}.")
