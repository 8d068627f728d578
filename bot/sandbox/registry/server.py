"""FakeRegistry: pull only, anonymous tokens as on Docker Hub, private repositories, and a limit on request."""

import secrets
from collections.abc import Iterable, Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.sandbox.registry.images import Blob, Repository

SERVICE = "registry.sandbox"


class FakeRegistry:
    """An image registry as one sees it who only reads. `push` puts images into it.

    Every repository wants a token, which its token server gives to anybody, as Docker Hub does; a private one
    answers 401 even then.
    """

    def __init__(self) -> None:
        self._repositories: dict[str, Repository] = {}
        self._private: set[str] = set()
        self._limited: float | None = None
        self._tokens: dict[str, str] = {}

    def push(self, repository: str, tag: str, platforms: Sequence[str]) -> str:
        """Put an image with these platforms (`linux/amd64`) under a tag; return its digest."""
        return self._repositories.setdefault(repository, Repository()).push(tag, platforms)

    def make_private(self, repository: str) -> None:
        """Refuse a repository to everybody."""
        self._private.add(repository)

    def limit(self, retry_after: float | None) -> None:
        """Answer everything with 429, to be tried after so many seconds; None ends it."""
        self._limited = retry_after

    def application(self, *, middlewares: Iterable[Middleware] = ()) -> web.Application:
        """Return the HTTP application; given middlewares stand outside all others."""
        app = web.Application(middlewares=list(middlewares))
        app.router.add_get("/token", self._token)
        app.router.add_get("/v2/", self._base)
        app.router.add_get("/v2/{repository:.+}/manifests/{version}", self._manifest)
        app.router.add_get("/v2/{repository:.+}/blobs/{version}", self._blob)
        app.router.add_get("/v2/{repository:.+}/tags/list", self._tags)
        return app

    async def _token(self, request: web.Request) -> web.Response:
        kind, _, rest = request.query.get("scope", "").partition(":")
        repository, _, actions = rest.rpartition(":")
        if kind != "repository" or "pull" not in actions.split(","):
            return web.json_response({"details": "invalid scope"}, status=400)
        token = secrets.token_urlsafe(16)
        self._tokens[token] = repository
        return web.json_response({"token": token, "access_token": token, "expires_in": 300})

    async def _base(self, request: web.Request) -> web.Response:
        return self._challenge(request, "") if "Authorization" not in request.headers else web.json_response({})

    async def _manifest(self, request: web.Request) -> web.Response:
        refused, repository = self._enter(request)
        if refused is not None:
            return refused
        version = request.match_info["version"]
        found = repository.manifest(version) if repository else None
        if found is None:
            code = "MANIFEST_UNKNOWN" if repository else "NAME_UNKNOWN"
            return _error(404, code, "manifest unknown" if repository else "repository name not known to registry")
        return _blob(found)

    async def _blob(self, request: web.Request) -> web.Response:
        refused, repository = self._enter(request)
        if refused is not None:
            return refused
        found = repository.blobs.get(request.match_info["version"]) if repository else None
        return _blob(found) if found else _error(404, "BLOB_UNKNOWN", "blob unknown to registry")

    async def _tags(self, request: web.Request) -> web.Response:
        refused, repository = self._enter(request)
        if refused is not None:
            return refused
        if repository is None:
            return _error(404, "NAME_UNKNOWN", "repository name not known to registry")
        return web.json_response({"name": request.match_info["repository"], "tags": sorted(repository.tags)})

    def _enter(self, request: web.Request) -> tuple[web.Response | None, Repository | None]:
        """Return a refusal, or the repository (None where there is no such)."""
        name = request.match_info["repository"]
        if self._limited is not None:
            answer = _error(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.")
            answer.headers["Retry-After"] = f"{self._limited:g}"
            return answer, None
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token) != name or name in self._private:
            return self._challenge(request, name), None
        return None, self._repositories.get(name)

    def _challenge(self, request: web.Request, repository: str) -> web.Response:
        answer = _error(401, "UNAUTHORIZED", "authentication required")
        realm = f'Bearer realm="http://{request.host}/token",service="{SERVICE}"'
        answer.headers["WWW-Authenticate"] = realm + (f',scope="repository:{repository}:pull"' if repository else "")
        return answer


def _blob(found: Blob) -> web.Response:
    headers = {"Content-Type": found.media_type, "Docker-Content-Digest": found.digest}
    return web.Response(body=found.body, headers=headers)


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": message, "detail": None}]}, status=status)
