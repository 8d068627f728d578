"""Reading and changing Applications: list, GET with refresh, PUT spec, PATCH."""

import copy
from collections.abc import Callable, Sequence

from aiohttp import web

from bot.sandbox.argocd import fields, selectors
from bot.sandbox.argocd.access import find_application, key_in, only_project, projects_of
from bot.sandbox.argocd.accounts import Account
from bot.sandbox.argocd.bodies import read_object
from bot.sandbox.argocd.context import Context
from bot.sandbox.argocd.errors import INVALID_ARGUMENT, ApiError, json_response
from bot.sandbox.argocd.patches import patched
from bot.sandbox.argocd.trees import with_tree_health, without_health
from bot.sandbox.argocd.values import AppKey, Json, dig, key_of, rbac_name

_PATCH_FIELDS = {"patch": "string", "patchType": "string", "project": "string", "appNamespace": "string"}
_SPEC_FIELDS = {"project": "string", "source": "object", "sources": "list", "destination": "object"}


def selected(context: Context, account: Account, request: web.Request) -> list[Json]:
    """Return the Applications a request selects and the account may read, sorted by name."""
    return [app for app in context.state.of_project(projects_of(request)) if is_selected(account, request, app)]


def is_selected(account: Account, request: web.Request, app: Json) -> bool:
    """Say whether one Application is among those a list or a stream asks for."""
    query = request.query
    projects = projects_of(request)
    return (
        account.may("get", rbac_name(app))
        and (not projects or (app["spec"].get("project") or "default") in projects)
        and query.get("name", "") in {"", app["metadata"]["name"]}
        and query.get("appNamespace", "") in {"", app["metadata"]["namespace"]}
        and query.get("repo", "") in {"", dig(app, "spec.source.repoURL")}
        and selectors.matches(query.get("selector", ""), app["metadata"].get("labels") or {})
    )


class ApplicationRoutes:
    """Applications as objects."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._state = context.state

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the routes of this group."""
        return (
            web.get("/api/v1/applications", self.list, allow_head=False),
            web.get("/api/v1/applications/{name}", self.get, allow_head=False),
            web.patch("/api/v1/applications/{name}", self.patch),
            web.put("/api/v1/applications/{name}/spec", self.put_spec),
        )

    async def list(self, request: web.Request) -> web.Response:
        """Answer the Applications one may read; the others are left out without a word."""
        account = self._context.sessions.authenticate(request)
        asked = request.query.get("fields", "")
        items = [fields.list_item(without_health(app), asked) for app in selected(self._context, account, request)]
        version = str(self._state.resource_version)
        return json_response({"metadata": {"resourceVersion": version}, "items": items or None})

    async def get(self, request: web.Request) -> web.Response:
        """Answer one Application; `refresh` blocks until the controller compared it again."""
        account = self._context.sessions.authenticate(request)
        key = key_in(request)
        project = only_project(request)
        find_application(self._state, account, key, "get", project=project)
        if (refresh := request.query.get("refresh")) is not None:
            await self._context.controller.refresh(key, "hard" if refresh == "hard" else "normal")
        app = find_application(self._state, account, key, "get", project=project)
        return json_response(with_tree_health(self._state, app))

    async def put_spec(self, request: web.Request) -> web.Response:
        """Replace the spec and answer what is stored; `validate=false` skips rendering."""
        spec = await read_object(request, "ApplicationSpec", _SPEC_FIELDS)
        account = self._context.sessions.authenticate(request)
        key = key_in(request)
        app = find_application(self._state, account, key, "update", project=only_project(request))
        if request.query.get("validate", "true").lower() != "false":
            self._refuse_unrenderable(app)
        stored = self._store(key, account, lambda one: one.update(spec=spec))
        return json_response(stored["spec"])

    async def patch(self, request: web.Request) -> web.Response:
        """Patch spec, labels, annotations and finalizers; the rest of a patch is accepted and ignored."""
        body = await read_object(request, "ApplicationPatchRequest", _PATCH_FIELDS)
        account = self._context.sessions.authenticate(request)
        key = key_in(request, body)
        project = body.get("project") or only_project(request)
        find_application(self._state, account, key, "get", project=project)
        app = find_application(self._state, account, key, "update", project=project)
        wanted = patched(app, body.get("patch") or "{}", body.get("patchType") or "")
        if wanted.get("spec") != app["spec"] or self._state.answers.git_failure is not None:
            self._refuse_unrenderable(app)

        def change(one: Json) -> None:
            one["spec"] = wanted["spec"]
            for name in ("labels", "annotations", "finalizers"):
                if name in wanted["metadata"]:
                    one["metadata"][name] = wanted["metadata"][name]
                else:
                    one["metadata"].pop(name, None)

        return json_response(with_tree_health(self._state, self._store(key, account, change)))

    def _store(self, key: AppKey, account: Account, change: Callable[[Json], None]) -> Json:
        before = copy.deepcopy(self._state.applications[key]["spec"])
        after = self._state.update(key, change)
        self._state.changed_through_api.add(key_of(after))
        if after["spec"] != before:
            self._context.events.spec_updated(after, account.name)
            self._context.controller.spec_changed(key)
        return after

    def _refuse_unrenderable(self, app: Json) -> None:
        failure = self._state.answers.git_failure
        if failure is None:
            return
        name = app["metadata"]["name"]
        path = dig(app, "spec.source.path") or ""
        raise ApiError(
            INVALID_ARGUMENT,
            f"application spec for {name} is invalid: InvalidSpecError: "
            f"Unable to generate manifests in {path}: {failure.text}",
        )
