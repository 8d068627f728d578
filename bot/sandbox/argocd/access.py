"""Finding an Application for a request: who may, and what the others are told (403 or 404)."""

from aiohttp import web

from bot.sandbox.argocd.accounts import Account
from bot.sandbox.argocd.errors import INVALID_ARGUMENT, ApiError, application_not_found, permission_denied
from bot.sandbox.argocd.state import State
from bot.sandbox.argocd.values import CONTROL_NAMESPACE, AppKey, Json, rbac_name


def projects_of(request: web.Request) -> list[str]:
    """Return the projects a request names; `project` is the older spelling."""
    return [*request.query.getall("projects", []), *request.query.getall("project", [])]


def only_project(request: web.Request) -> str:
    """Return the one project a request names, or the empty string; two are refused."""
    projects = projects_of(request)
    if len(projects) > 1:
        raise ApiError(
            INVALID_ARGUMENT, "multiple projects specified - the get endpoint accepts either zero or one project"
        )
    return projects[0] if projects else ""


def key_in(request: web.Request, body: Json | None = None) -> AppKey:
    """Return the (namespace, name) a request's path and query, or its body, name."""
    namespace = (body or {}).get("appNamespace") or request.query.get("appNamespace") or CONTROL_NAMESPACE
    return namespace, request.match_info["name"]


def find_application(state: State, account: Account, key: AppKey, right: str, *, project: str = "") -> Json:
    """Return the Application if the account holds `right` over it.

    Without a project an absent one can't be told from a forbidden one: both are a bare 403. With a project in which
    the account holds the right, what isn't there (or isn't in that project) is a 404.
    """
    namespace, name = key
    given = f"{project}/{name}" if namespace == CONTROL_NAMESPACE else f"{project}/{namespace}/{name}"
    if project and not account.may(right, given):
        raise permission_denied()
    app = state.applications.get(key)
    if app is None:
        raise application_not_found(name) if project else permission_denied()
    if not account.may(right, rbac_name(app)):
        raise application_not_found(name) if project else permission_denied()
    if project and (app["spec"].get("project") or "default") != project:
        raise application_not_found(name)
    return app
