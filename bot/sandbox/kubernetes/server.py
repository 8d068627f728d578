"""FakeKubernetes: the parts put together, and the API by which a story is told to it."""

import copy
import json
from collections.abc import Callable, Iterable
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.kubernetes import errors
from bot.sandbox.kubernetes.access import READS, Access
from bot.sandbox.kubernetes.discovery import Discovery, has_status
from bot.sandbox.kubernetes.kinds import REVIEWS, Kind, Kinds, split_api_version
from bot.sandbox.kubernetes.logs import Logs
from bot.sandbox.kubernetes.reading import flag, get_object, list_objects, selection
from bot.sandbox.kubernetes.state import State
from bot.sandbox.kubernetes.values import Json
from bot.sandbox.kubernetes.watching import Watches

_WRITES = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class FakeKubernetes:
    """A Kubernetes API server as a responder sees it: lists, watches, discovery; nothing can be written through it.

    `token` is the responder's. `clock` returns the current UTC time, for creationTimestamps. Watches that ask for
    bookmarks get one every `bookmark_every` seconds (events never do). `version` is the server's `gitVersion`.
    """

    def __init__(
        self,
        *,
        token: str = "kubernetes-sandbox-token",  # noqa: S107 - the sandbox's own, guards nothing
        clock: Callable[[], datetime] | None = None,
        bookmark_every: float = 60.0,
        version: str = "v1.36.2",
    ) -> None:
        self.token = token
        self._version = version
        self._kinds = Kinds()
        self._state = State(clock=clock)
        self._watches = Watches(self._state, bookmark_every=bookmark_every)
        self._access = Access(token)
        self._access.forbid("secrets")
        self._discovery = Discovery(self._kinds)
        self._logs = Logs()

    # --- the server ---

    def application(self, *, middlewares: Iterable[Middleware] = ()) -> web.Application:
        """Return the HTTP application; given middlewares stand outside all others."""
        app = web.Application(middlewares=[*middlewares, _errors, self._authenticated])
        app.router.add_get("/version", self._tell_version)
        for path in ("/readyz", "/livez", "/healthz"):
            app.router.add_get(path, _well)
        app.router.add_get("/api", self._core)
        app.router.add_get("/apis", self._groups)
        app.router.add_get("/apis/{group}", self._group)
        app.router.add_get("/api/{version:v1}", self._resources)
        app.router.add_get("/apis/{group}/{version}", self._resources)
        app.router.add_route("*", "/api/{version:v1}/{path:.+}", self._object)
        app.router.add_route("*", "/apis/{group}/{version}/{path:.+}", self._object)

        async def end_watches(_app: web.Application) -> None:
            self._watches.end()

        app.on_shutdown.append(end_watches)
        return app

    async def close(self) -> None:
        """End all watches."""
        self._watches.end()

    def kubeconfig(self, url: str) -> Json:
        """Return a kubeconfig for the server at `url`."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "sandbox", "cluster": {"server": url}}],
            "users": [{"name": "gitops-bot", "user": {"token": self.token}}],
            "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "gitops-bot"}}],
            "current-context": "sandbox",
        }

    @property
    def watch_count(self) -> int:
        """Return how many watches are open."""
        return self._watches.count

    # --- objects ---

    def put(self, obj: Json) -> Json:
        """Store an object (apiVersion, kind, metadata.name …) and tell watches ADDED or MODIFIED; returns it as stored.

        uid and creationTimestamp are filled in. A resourceVersion is kept where it rises, else replaced by the next.
        An equal copy of what is there tells nothing.
        """
        kind = self._kinds.named(obj["apiVersion"], obj["kind"])
        if kind.namespaced is not bool(obj["metadata"].get("namespace")):
            raise ValueError(
                f"{kind.kind} {obj['metadata'].get('name')} {'needs a' if kind.namespaced else 'has no'} namespace"
            )
        return copy.deepcopy(self._state.put(kind, obj))

    def delete(self, api_version: str, kind: str, name: str, *, namespace: str = "", announce: bool = True) -> None:
        """Delete an object; without `announce` watches keep silent and only lists tell."""
        self._state.delete(self._kinds.named(api_version, kind), (namespace, name), announced=announce)

    def objects(self, api_version: str, kind: str) -> list[Json]:
        """Return all objects of a kind, by namespace and name."""
        return copy.deepcopy(self._state.all_of(self._kinds.named(api_version, kind)))

    def put_log(self, namespace: str, pod: str, container: str, text: str, *, previous: bool = False) -> None:
        """Store the log of a container's present run, or of the one before."""
        self._logs.put(namespace, pod, container, text, previous=previous)

    # --- kinds and rights ---

    def serve_kind(self, api_version: str, kind: str, plural: str, *, namespaced: bool) -> None:
        """Serve a custom kind, as when its CRD is established."""
        group, version = split_api_version(api_version)
        self._kinds.serve(
            Kind(group=group, version=version, kind=kind, plural=plural, namespaced=namespaced, custom=True)
        )

    def stop_serving(self, group: str, kind: str) -> None:
        """Serve a kind no longer, as when its CRD is deleted: its objects go, its watches end."""
        stopped = self._kinds.stop(group, kind)
        if stopped is None:
            raise ValueError(f"{kind} in {group or 'the core group'} is not served here")
        for obj in self._state.all_of(stopped):
            self._state.delete(stopped, (obj["metadata"].get("namespace") or "", obj["metadata"]["name"]))
        self._watches.end(stopped)

    def forbid(self, resource: str, *, verbs: Iterable[str] = READS, namespace: str | None = None) -> None:
        """Forbid verbs on a resource (`pods`, `deployments.apps`), everywhere or in one namespace: 403.

        From the start secrets can't be read.
        """
        self._access.forbid(resource, verbs=verbs, namespace=namespace)

    def allow(self, resource: str) -> None:
        """Take back all that was forbidden on a resource."""
        self._access.allow(resource)

    @property
    def asked(self) -> set[tuple[str, str]]:
        """Return which rights were needed so far: verb and resource (`pods/log`, `deployments.apps`)."""
        return self._access.asked

    # --- what happens ---

    def compact(self) -> None:
        """Forget the past, as etcd does every five minutes: older resourceVersions and continue tokens are Expired."""
        self._state.compact()

    def end_watches(self) -> None:
        """End all watches cleanly, as at their timeout."""
        self._watches.end()

    def drop_watches(self) -> None:
        """Cut the sockets of all watches."""
        self._watches.drop()

    # --- routes ---

    async def _tell_version(self, _request: web.Request) -> web.Response:
        major, minor = self._version.removeprefix("v").split(".")[:2]
        return errors.json_response(
            {
                "major": major,
                "minor": minor,
                "emulationMajor": major,
                "emulationMinor": minor,
                "minCompatibilityMajor": major,
                "minCompatibilityMinor": str(int(minor) - 1),
                "gitVersion": self._version,
                "gitCommit": "37ee",
                "gitTreeState": "clean",
                "buildDate": "1970-01-01T00:00:00Z",
                "goVersion": "go1.26.8",
                "compiler": "gc",
                "platform": "linux/amd64",
            }
        )

    async def _core(self, request: web.Request) -> web.Response:
        return self._discovery.core(request)

    async def _groups(self, request: web.Request) -> web.Response:
        return self._discovery.groups(request)

    async def _group(self, request: web.Request) -> web.Response:
        return self._discovery.group(request.match_info["group"])

    async def _resources(self, request: web.Request) -> web.Response:
        return self._discovery.resources(request.match_info.get("group", ""), request.match_info["version"])

    async def _object(self, request: web.Request) -> web.StreamResponse:
        group, version = request.match_info.get("group", ""), request.match_info["version"]
        if not self._discovery.serves(group, version):
            return errors.page_not_found()
        namespace, plural, name, subresource = _split(request.match_info["path"])
        if (group, plural) == (REVIEWS.group, REVIEWS.plural) and not name:
            return await self._review(request)
        kind = self._kinds.of_path(group, version, plural)
        if kind is None or (kind.namespaced and name and not namespace) or (namespace and not kind.namespaced):
            raise errors.no_such_resource()
        if request.method != "GET":
            return self._refuse_write(request, kind, namespace, name)
        if (kind.group, kind.kind, subresource) == ("", "Pod", "log"):
            return self._log(request, kind, namespace, name)
        if name:
            if subresource not in ("", "status") or (subresource and not has_status(kind)):
                raise errors.no_such_resource()
            self._access.authorize("get", kind, namespace=namespace, name=name)
            return get_object(self._state, request, kind, namespace, name)
        watches = flag(request, "watch")
        self._access.authorize("watch" if watches else "list", kind, namespace=namespace)
        wanted = selection(request, kind, namespace)
        if watches:
            return await self._watches.serve(request, wanted)
        return list_objects(self._state, request, wanted)

    def _log(self, request: web.Request, kind: Kind, namespace: str, name: str) -> web.Response:
        self._access.authorize("get", kind, namespace=namespace, name=name, subresource="log")
        pod = self._state.get(kind, (namespace, name))
        if pod is None:
            raise errors.not_found(kind, name)
        return self._logs.answer(request, pod, previous=flag(request, "previous"))

    def _refuse_write(self, request: web.Request, kind: Kind, namespace: str, name: str) -> web.Response:
        verb = _WRITES.get(request.method)
        if verb is None or (verb == "create") is bool(name):
            raise errors.method_not_allowed()
        raise errors.forbidden(kind, user="gitops-bot", verb=verb, namespace=namespace, name=name)

    async def _review(self, request: web.Request) -> web.Response:
        if request.method != "POST":
            raise errors.method_not_allowed()
        try:
            body = json.loads(await request.text())
        except ValueError as error:
            raise errors.bad_request("the object provided is unrecognized: not JSON") from error
        return errors.json_response(self._access.review(body), status=201)

    @web.middleware
    async def _authenticated(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in ("/version", "/readyz", "/livez", "/healthz") or "Authorization" in request.headers:
            self._access.authenticate(request)
        return await handler(request)


async def _well(_request: web.Request) -> web.Response:
    return web.Response(text="ok", headers={"Content-Type": "text/plain; charset=utf-8"})


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except errors.ApiError as error:
        return error.response()
    except web.HTTPNotFound:
        return errors.page_not_found()
    except web.HTTPMethodNotAllowed:
        return errors.method_not_allowed().response()


def _split(path: str) -> tuple[str, str, str, str]:
    """Namespace, plural, name and subresource of a path below group and version."""
    parts = path.rstrip("/").split("/")
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in ("status", "finalize"):
        namespace, parts = parts[1], parts[2:]
    else:
        namespace = ""
    plural, name, subresource = (*parts, "", "")[:3]
    if len(parts) > 3:
        raise errors.no_such_resource()
    return namespace, plural, name, subresource
