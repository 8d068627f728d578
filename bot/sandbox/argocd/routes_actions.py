"""Resource actions: restart and its kin, and toggle-auto-sync of a child through its parent."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from bot.sandbox.argocd.access import find_application, key_in, only_project
from bot.sandbox.argocd.bodies import read_object
from bot.sandbox.argocd.context import Context
from bot.sandbox.argocd.errors import INVALID_ARGUMENT, UNKNOWN, ApiError, json_response
from bot.sandbox.argocd.routes_resources import not_part_of
from bot.sandbox.argocd.trees import nodes_of
from bot.sandbox.argocd.values import CONTROL_NAMESPACE, Json, auto_sync_enabled, dig

_FIELDS = {
    "name": "string",
    "appNamespace": "string",
    "project": "string",
    "namespace": "string",
    "resourceName": "string",
    "group": "string",
    "version": "string",
    "kind": "string",
    "action": "string",
    "resourceActionParameters": "list",
}
_APPLICATION = ("argoproj.io", "Application")
_RESTART: Json = {"name": "restart", "iconClass": "fa fa-fw fa-redo"}
_SCALE: Json = {"name": "scale", "params": [{"name": "replicas"}], "iconClass": "fa fa-fw fa-plus-circle"}
_PAUSE: Json = {"name": "pause", "iconClass": "fa fa-fw fa-pause-circle"}
_RESUME: Json = {"name": "resume", "disabled": True, "iconClass": "fa fa-fw fa-play-circle"}
_ACTIONS: Mapping[tuple[str, str], Sequence[Json]] = {
    ("apps", "Deployment"): (_PAUSE, _RESTART, _RESUME, _SCALE),
    ("apps", "StatefulSet"): (_RESTART, _SCALE),
    ("apps", "DaemonSet"): (_RESTART,),
}


class ActionRoutes:
    """Actions on resources of an Application."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._state = context.state

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the routes of this group."""
        return (
            web.get("/api/v1/applications/{name}/resource/actions", self.list, allow_head=False),
            web.post("/api/v1/applications/{name}/resource/actions/v2", self.run),
        )

    async def list(self, request: web.Request) -> web.Response:
        """Answer the actions of one resource; an unknown kind has none."""
        account = self._context.sessions.authenticate(request)
        app = find_application(self._state, account, key_in(request), "get", project=only_project(request))
        self._require_resource(app, request.query)
        kind = (request.query.get("group", ""), request.query.get("kind", ""))
        if kind == _APPLICATION:
            child = self._child(request.query)
            label = "Disable" if child is not None and auto_sync_enabled(child) else "Enable"
            actions: Sequence[Json] = ({"name": "toggle-auto-sync", "displayName": f"{label} Auto-Sync"},)
        else:
            actions = _ACTIONS.get(kind, ())
        return json_response({"actions": list(actions) or None})

    async def run(self, request: web.Request) -> web.Response:
        """Run one action. A child Application's policy is toggled in the child; other actions are only noted."""
        body = await read_object(request, "ResourceActionRunRequestV2", _FIELDS)
        account = self._context.sessions.authenticate(request)
        group, kind, action = (str(body.get(name) or "") for name in ("group", "kind", "action"))
        right = f"action/{group}/{kind}/{action}"
        key = key_in(request, body)
        app = find_application(self._state, account, key, right, project=body.get("project") or "")
        if (group, kind) == _APPLICATION and body.get("resourceName") == app["metadata"]["name"]:
            if not self._permits_applications(app):
                name, namespace = body["resourceName"], body.get("namespace") or CONTROL_NAMESPACE
                text = f"application is not permitted to manage argoproj.io/Application/{name} in {namespace}"
                raise ApiError(UNKNOWN, text)
        else:
            self._require_resource(app, body)
        if (group, kind) == _APPLICATION and action == "toggle-auto-sync":
            self._toggle(body)
        elif action not in {known["name"] for known in _ACTIONS.get((group, kind), ())}:
            raise ApiError(INVALID_ARGUMENT, f"action {action} is not available for {group}/{kind}")
        self._context.events.action_ran(app, account.name, action)
        return json_response({})

    def _toggle(self, body: Json) -> None:
        child = self._child(body)
        if child is None:
            raise ApiError(INVALID_ARGUMENT, f"{body.get('resourceName')} not found")
        enabled = not auto_sync_enabled(child)
        key = (child["metadata"]["namespace"], child["metadata"]["name"])

        def toggle(app: Json) -> None:
            app["spec"].setdefault("syncPolicy", {}).setdefault("automated", {})["enabled"] = enabled

        self._state.update(key, toggle)
        self._state.changed_through_api.add(key)
        self._context.controller.spec_changed(key)

    def _child(self, named: Mapping[str, str]) -> Json | None:
        return self._state.applications.get((named.get("namespace") or CONTROL_NAMESPACE, named["resourceName"]))

    def _require_resource(self, app: Json, named: Mapping[str, str]) -> None:
        wanted = (named.get("group") or "", named.get("kind"), named.get("resourceName"))
        listed = [*(dig(app, "status.resources") or []), *nodes_of(self._state, app)]
        if not any((one.get("group") or "", one.get("kind"), one.get("name")) == wanted for one in listed):
            raise not_part_of(app, named)

    def _permits_applications(self, app: Json) -> bool:
        """Say whether the Application's project lists Applications among what it may manage."""
        name = app["spec"].get("project") or "default"
        for project in self._state.answers.projects:
            if project["metadata"]["name"] == name:
                permitted = dig(project, "spec.namespaceResourceWhitelist") or []
                return any((one.get("group"), one.get("kind")) == _APPLICATION for one in permitted)
        return False
