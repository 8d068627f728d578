"""What stands behind an Application: tree, managed resources, manifests, revisions, events, logs, one object."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from bot.sandbox.argocd.access import find_application, key_in, only_project
from bot.sandbox.argocd.accounts import Account
from bot.sandbox.argocd.context import Context
from bot.sandbox.argocd.errors import (
    INVALID_ARGUMENT,
    UNAVAILABLE,
    UNKNOWN,
    ApiError,
    go_json,
    json_response,
    permission_denied,
)
from bot.sandbox.argocd.operations import head_of
from bot.sandbox.argocd.trees import managed_resources, nodes_of, resource_tree
from bot.sandbox.argocd.values import Json, dig, key_of, rbac_name, rfc3339


class ResourceRoutes:
    """Reads of what an Application manages."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._state = context.state

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the routes of this group."""
        app = "/api/v1/applications/{name}"
        return (
            web.get(f"{app}/resource-tree", self.tree, allow_head=False),
            web.get(f"{app}/managed-resources", self.managed, allow_head=False),
            web.get(f"{app}/manifests", self.manifests, allow_head=False),
            web.get(f"{app}/revisions/{{revision}}/metadata", self.revision, allow_head=False),
            web.get(f"{app}/events", self.events, allow_head=False),
            web.get(f"{app}/logs", self.logs, allow_head=False),
            web.get(f"{app}/pods/{{podName}}/logs", self.logs, allow_head=False),
            web.get(f"{app}/resource", self.resource, allow_head=False),
        )

    async def tree(self, request: web.Request) -> web.Response:
        """Answer the resource tree; filters in the query are ignored, as Argo CD ignores them."""
        return json_response(resource_tree(self._state, self._app(request)))

    async def managed(self, request: web.Request) -> web.Response:
        """Answer live and wanted state of each managed object, as JSON strings."""
        answer = managed_resources(self._state, self._app(request))
        wanted = {name: request.query[name] for name in ("group", "kind", "namespace", "name") if name in request.query}
        if wanted and answer.get("items"):
            items = [item for item in answer["items"] if all((item.get(k) or "") == v for k, v in wanted.items())]
            answer = {**answer, "items": items or None}
        return json_response(answer)

    async def manifests(self, request: web.Request) -> web.Response:
        """Answer what a revision renders to; where nobody told, what Git's own revision renders to."""
        app = self._app(request)
        failure = self._state.answers.git_failure
        if failure is not None:
            raise ApiError(UNAVAILABLE if failure.kind == "repo-server" else UNKNOWN, failure.text)
        revision = request.query.get("revision") or head_of(app)
        told = self._state.answers.manifests.get((key_of(app), revision))
        if told is not None:
            return json_response(told)
        items = self._state.answers.managed_resources.get(key_of(app), {}).get("items") or []
        manifests = [item["targetState"] for item in items if item.get("targetState") not in {None, "null"}]
        destination = app["spec"].get("destination") or {}
        return json_response(
            {
                "manifests": manifests,
                "namespace": destination.get("namespace", ""),
                "server": destination.get("server", ""),
                "revision": revision,
                "sourceType": dig(app, "status.sourceType") or "",
            }
        )

    async def revision(self, request: web.Request) -> web.Response:
        """Answer author, date and message of a commit."""
        app = self._app(request)
        revision = request.match_info["revision"]
        found = self._state.answers.revisions.get(revision)
        if found is None:
            repository = dig(app, "spec.source.repoURL") or ""
            text = f"failed to get git client for repo {repository}: unable to resolve '{revision}' to a commit SHA"
            raise ApiError(UNKNOWN, text)
        return json_response(found)

    async def events(self, request: web.Request) -> web.Response:
        """Answer the Application's own events, or those of one object in its tree, named by all three parameters."""
        app = self._app(request)
        key = key_of(app)
        names = tuple(request.query.get(name, "") for name in ("resourceNamespace", "resourceName", "resourceUID"))
        if not any(names):
            items = self._state.answers.events.get(key, [])
        else:
            namespace, name, uid = names
            if not any(
                (node.get("namespace", ""), node.get("name"), node.get("uid")) == names
                for node in nodes_of(self._state, app)
            ):
                raise ApiError(INVALID_ARGUMENT, f"{name} not found as part of application {app['metadata']['name']}")
            items = self._state.answers.resource_events.get((key, (namespace, name, uid)), [])
        version = str(self._state.resource_version)
        return json_response({"metadata": {"resourceVersion": version}, "items": items or None})

    async def logs(self, request: web.Request) -> web.Response:
        """Answer log lines, one JSON object each, and the end marker; without a pod, nothing at all."""
        account, app = self._account_and_app(request)
        if not account.may("logs.get", rbac_name(app)):
            raise permission_denied(f"logs, get, {rbac_name(app)}, sub: {account.name}")
        wanted = {
            "podName": request.match_info.get("podName") or request.query.get("podName"),
            "container": request.query.get("container"),
        }
        lines = [line for line in self._state.answers.logs.get(key_of(app), []) if _is_wanted(line, wanted)]
        if not lines:
            return web.Response(body=b"", content_type="application/json")
        tail = int(request.query.get("tailLines") or 0)
        moment = rfc3339(self._context.controller.now())
        end = {"content": "", "timeStamp": moment, "last": True, "timeStampStr": moment, "podName": ""}
        shown = [*(lines[-tail:] if tail > 0 else lines), end]
        body = b"".join(
            go_json({"result": {name: value for name, value in line.items() if name != "container"}}) + b"\n"
            for line in shown
        )
        return web.Response(body=body, content_type="application/json")

    async def resource(self, request: web.Request) -> web.Response:
        """Answer one live object as a JSON string."""
        app = self._app(request)
        query = request.query
        wanted = (query.get("group", ""), query.get("kind", ""), query.get("namespace", ""), query.get("resourceName"))
        for item in managed_resources(self._state, app).get("items") or []:
            found = (item.get("group") or "", item.get("kind"), item.get("namespace") or "", item.get("name"))
            if found == wanted and item.get("liveState") not in {None, "null"}:
                return json_response({"manifest": item["liveState"]})
        raise not_part_of(app, query)

    def _app(self, request: web.Request) -> Json:
        return self._account_and_app(request)[1]

    def _account_and_app(self, request: web.Request) -> tuple[Account, Json]:
        account = self._context.sessions.authenticate(request)
        project = only_project(request)
        return account, find_application(self._state, account, key_in(request), "get", project=project)


def not_part_of(app: Json, named: Mapping[str, str]) -> ApiError:
    """Say that an object isn't the Application's; core kinds leave a double blank."""
    what = f"{named.get('kind', '')} {named.get('group', '')} {named.get('resourceName', '')}"
    return ApiError(INVALID_ARGUMENT, f"{what} not found as part of application {app['metadata']['name']}")


def _is_wanted(line: Json, wanted: Mapping[str, str | None]) -> bool:
    return all(value is None or line.get(name, value) == value for name, value in wanted.items())
