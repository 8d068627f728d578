"""The installation: version, settings, session, rights, projects, clusters, repositories, ApplicationSets."""

from collections.abc import Sequence

from aiohttp import web

from bot.sandbox.argocd import defaults, selectors
from bot.sandbox.argocd.access import projects_of
from bot.sandbox.argocd.accounts import ACTIONS, RESOURCES, Account
from bot.sandbox.argocd.bodies import read_object
from bot.sandbox.argocd.context import Context
from bot.sandbox.argocd.errors import INVALID_ARGUMENT, NOT_FOUND, ApiError, json_response, permission_denied
from bot.sandbox.argocd.values import CONTROL_NAMESPACE, Json, dig


class InstanceRoutes:
    """Everything that isn't about one Application."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._state = context.state

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the routes of this group."""
        return (
            web.get("/api/version", self.version, allow_head=False),
            web.get("/api/v1/settings", self.settings, allow_head=False),
            web.post("/api/v1/session", self.log_in),
            web.delete("/api/v1/session", self.log_out),
            web.get("/api/v1/session/userinfo", self.user_info, allow_head=False),
            web.get("/api/v1/account/can-i/{resource}/{action}/{subresource:.*}", self.can_i, allow_head=False),
            web.get("/api/v1/projects", self.projects, allow_head=False),
            web.get("/api/v1/projects/{project}", self.project, allow_head=False),
            web.get("/api/v1/projects/{project}/syncwindows", self.project_windows, allow_head=False),
            web.get("/api/v1/clusters", self.clusters, allow_head=False),
            web.get("/api/v1/repositories", self.repositories, allow_head=False),
            web.get("/api/v1/applicationsets", self.application_sets, allow_head=False),
            web.get("/api/v1/applicationsets/{name}", self.application_set, allow_head=False),
        )

    async def version(self, request: web.Request) -> web.Response:
        """Answer the version; who hasn't signed in learns no more."""
        version = self._state.answers.version
        known = self._context.sessions.find(request) is not None
        return json_response(version if known else {"Version": version["Version"]})

    async def settings(self, request: web.Request) -> web.Response:
        """Answer the settings; who hasn't signed in gets few."""
        settings = self._state.answers.settings
        if self._context.sessions.find(request) is not None:
            return json_response(settings)
        return json_response({name: settings[name] for name in defaults.ANONYMOUS_SETTINGS if name in settings})

    async def log_in(self, request: web.Request) -> web.Response:
        """Exchange a password for a token."""
        body = await read_object(request, "SessionCreateRequest", {"username": "string", "password": "string"})
        token = self._context.sessions.log_in(body.get("username") or "", body.get("password") or "")
        return json_response({"token": token})

    async def log_out(self, _request: web.Request) -> web.Response:
        """Answer as though a cookie had been cleared; no token ends."""
        return json_response({})

    async def user_info(self, request: web.Request) -> web.Response:
        """Answer who asks; a bad token is 200 and an empty object."""
        account = self._context.sessions.find(request)
        if account is None:
            return json_response({})
        return json_response({"loggedIn": True, "username": account.name, "iss": "argocd"})

    async def can_i(self, request: web.Request) -> web.Response:
        """Answer yes or no for plain actions; a resource action is always no, also where it is granted."""
        account = self._context.sessions.authenticate(request)
        resource, action, name = (request.match_info[part] for part in ("resource", "action", "subresource"))
        for known, given in ((RESOURCES, resource), (ACTIONS, action)):
            if given not in known:
                raise ApiError(INVALID_ARGUMENT, f"[{' '.join(known)}] does not contain {given}")
        if resource == "applications":
            right = self._context.sessions.rollback_right if action == "rollback" else action
            granted = action != "action" and account.may(right, name)
        else:
            granted = account.may(f"{resource}.{action}", name)
        return json_response({"value": "yes" if granted else "no"})

    async def projects(self, request: web.Request) -> web.Response:
        """Answer the projects one may read."""
        account = self._context.sessions.authenticate(request)
        items = [one for one in self._projects() if account.may("projects.get", one["metadata"]["name"])]
        return json_response(self._listing(items))

    async def project(self, request: web.Request) -> web.Response:
        """Answer one project."""
        return json_response(self._project(request))

    async def project_windows(self, request: web.Request) -> web.Response:
        """Answer the windows a project states."""
        name = self._project(request)["metadata"]["name"]
        windows = self._state.answers.windows.get(name)
        return json_response({"windows": list(windows.assigned)} if windows and windows.assigned else {})

    async def clusters(self, request: web.Request) -> web.Response:
        """Answer the destination clusters and how their connections stand."""
        account = self._context.sessions.authenticate(request)
        query = request.query
        items = [
            one
            for one in self._state.answers.clusters
            if account.may("clusters.get", one["server"])
            and query.get("server", "") in {"", one["server"]}
            and query.get("name", "") in {"", one.get("name")}
        ]
        return json_response({"metadata": {}, "items": items or None})

    async def repositories(self, request: web.Request) -> web.Response:
        """Answer the configured repositories; none is null, not an empty list."""
        account = self._context.sessions.authenticate(request)
        repositories = self._state.answers.repositories
        wanted = request.query.get("repo", "")
        items = [
            one for one in repositories if account.may("repositories.get", one["repo"]) and wanted in {"", one["repo"]}
        ]
        return json_response({"metadata": {}, "items": items or None})

    async def application_sets(self, request: web.Request) -> web.Response:
        """Answer the ApplicationSets one may read."""
        account = self._context.sessions.authenticate(request)
        wanted = projects_of(request)
        selector = request.query.get("selector", "")
        items = [
            one
            for one in self._state.answers.application_sets.values()
            if account.may("applicationsets.get", _set_name(one))
            and (not wanted or _set_project(one) in wanted)
            and selectors.matches(selector, one["metadata"].get("labels") or {})
        ]
        return json_response(self._listing(items))

    async def application_set(self, request: web.Request) -> web.Response:
        """Answer one ApplicationSet."""
        account = self._context.sessions.authenticate(request)
        name = request.match_info["name"]
        namespace = request.query.get("appsetNamespace") or CONTROL_NAMESPACE
        found = self._state.answers.application_sets.get((namespace, name))
        if found is None:
            text = f'error getting ApplicationSet: applicationsets.argoproj.io "{name}" not found'
            raise ApiError(NOT_FOUND, text)
        self._require(account, "applicationsets.get", _set_name(found))
        return json_response(found)

    def _project(self, request: web.Request) -> Json:
        account = self._context.sessions.authenticate(request)
        name = request.match_info["project"]
        self._require(account, "projects.get", name)
        for project in self._projects():
            if project["metadata"]["name"] == name:
                return project
        raise ApiError(NOT_FOUND, f'appprojects.argoproj.io "{name}" not found')

    def _projects(self) -> list[Json]:
        told = {one["metadata"]["name"]: one for one in self._state.answers.projects}
        used = {app["spec"].get("project") or "default" for app in self._state.applications.values()}
        return [told.get(name) or defaults.project(name) for name in sorted(used | set(told) | {"default"})]

    def _listing(self, items: list[Json]) -> Json:
        return {"metadata": {"resourceVersion": str(self._state.resource_version)}, "items": items or None}

    @staticmethod
    def _require(account: Account, right: str, name: str) -> None:
        if not account.may(right, name):
            raise permission_denied()


def _set_project(application_set: Json) -> str:
    return dig(application_set, "spec.template.spec.project") or "default"


def _set_name(application_set: Json) -> str:
    return f"{_set_project(application_set)}/{application_set['metadata']['name']}"
