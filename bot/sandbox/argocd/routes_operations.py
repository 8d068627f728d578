"""Starting and ending operations: sync, rollback, terminate; and the windows that hold them."""

from collections.abc import Sequence

from aiohttp import web

from bot.sandbox.argocd.access import find_application, key_in, only_project
from bot.sandbox.argocd.bodies import read_object
from bot.sandbox.argocd.context import Context
from bot.sandbox.argocd.errors import INVALID_ARGUMENT, ApiError, json_response
from bot.sandbox.argocd.operations import (
    ROLLBACK_FIELDS,
    SYNC_FIELDS,
    refuse_by_window,
    require_history_id,
    rollback_operation,
    sync_operation,
)
from bot.sandbox.argocd.trees import with_tree_health
from bot.sandbox.argocd.values import dig, key_of, rbac_name


class OperationRoutes:
    """Operations on Applications."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._state = context.state

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the routes of this group."""
        return (
            web.post("/api/v1/applications/{name}/sync", self.sync),
            web.post("/api/v1/applications/{name}/rollback", self.rollback),
            web.delete("/api/v1/applications/{name}/operation", self.terminate),
            web.get("/api/v1/applications/{name}/syncwindows", self.windows, allow_head=False),
        )

    async def sync(self, request: web.Request) -> web.Response:
        """Start a sync. Asked in this order: get, window, sync right, override, deleting, revision, running."""
        body = await read_object(request, "ApplicationSyncRequest", SYNC_FIELDS)
        account = self._context.sessions.authenticate(request)
        key = key_in(request, body)
        project = body.get("project") or only_project(request)
        app = find_application(self._state, account, key, "get", project=project)
        refuse_by_window(self._state, app)
        account.require_detailed("sync", rbac_name(app))
        if body.get("manifests"):
            account.require_detailed("override", rbac_name(app))
        operation = sync_operation(self._state, app, body, username=account.name)
        started = self._context.controller.start(key, operation)
        self._state.changed_through_api.add(key_of(started))
        self._context.events.sync_started(started, account.name, dig(operation, "sync.revision") or "")
        return json_response(with_tree_health(self._state, started))

    async def rollback(self, request: web.Request) -> web.Response:
        """Start a rollback; a closed window isn't asked here and holds it later."""
        body = await read_object(request, "ApplicationRollbackRequest", ROLLBACK_FIELDS)
        require_history_id(body)
        account = self._context.sessions.authenticate(request)
        key = key_in(request, body)
        project = body.get("project") or only_project(request)
        right = self._context.sessions.rollback_right
        app = find_application(self._state, account, key, right, project=project)
        operation = rollback_operation(app, body, username=account.name)
        started = self._context.controller.start(key, operation)
        self._state.changed_through_api.add(key_of(started))
        self._context.events.rollback_started(started, account.name, body["id"])
        return json_response(with_tree_health(self._state, started))

    async def terminate(self, request: web.Request) -> web.Response:
        """Ask a running operation to end; it does so in its own time."""
        account = self._context.sessions.authenticate(request)
        key = key_in(request)
        app = find_application(self._state, account, key, "sync", project=only_project(request))
        if not app.get("operation") or not dig(app, "status.operationState"):
            raise ApiError(INVALID_ARGUMENT, "Unable to terminate operation. No operation is in progress")
        self._context.controller.terminate(key)
        return json_response({})

    async def windows(self, request: web.Request) -> web.Response:
        """Answer the windows of an Application and whether a person may sync now."""
        account = self._context.sessions.authenticate(request)
        app = find_application(self._state, account, key_in(request), "get", project=only_project(request))
        return json_response(self._state.windows_of(app).to_json())
