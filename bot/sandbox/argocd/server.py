"""FakeArgoCD: the parts put together, and the API by which a story is told to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.argocd.accounts import Account, Sessions
from bot.sandbox.argocd.context import Context
from bot.sandbox.argocd.controller import Controller, OperationHook
from bot.sandbox.argocd.errors import ApiError, plain_text, unary_error
from bot.sandbox.argocd.events import EventLog
from bot.sandbox.argocd.outcomes import Outcome, Outcomes
from bot.sandbox.argocd.owners import Owner, Owners
from bot.sandbox.argocd.routes_actions import ActionRoutes
from bot.sandbox.argocd.routes_applications import ApplicationRoutes
from bot.sandbox.argocd.routes_instance import InstanceRoutes
from bot.sandbox.argocd.routes_operations import OperationRoutes
from bot.sandbox.argocd.routes_resources import ResourceRoutes
from bot.sandbox.argocd.state import GitFailure, GitFailureKind, State
from bot.sandbox.argocd.streams import BUFFER, Hub, StreamRoutes
from bot.sandbox.argocd.timeline import RealTimeline, Timeline
from bot.sandbox.argocd.values import CONTROL_NAMESPACE, AppKey, Json, rfc3339
from bot.sandbox.argocd.windows import Windows

RESPONDER = "gitops-responder"
_LARGEST_BODY = 20 * 1024 * 1024


class FakeArgoCD:
    """An Argo CD 3.6 API server and its application controller, with Applications held as JSON.

    `token` is the responder's API token. `clock` returns the current UTC time; waits are divided by `speed`.
    A `timeline` replaces both. `on_operation_finished(app)` is awaited after an operation's final write and before
    the comparison that follows it (not after dry runs), so that a story can move Kubernetes objects.
    """

    def __init__(
        self,
        *,
        token: str = "argocd-sandbox-token",  # noqa: S107 - the sandbox's own, guards nothing
        clock: Callable[[], datetime] | None = None,
        speed: float = 1.0,
        timeline: Timeline | None = None,
        accounts: Sequence[Account] = (),
        enforce_rollback: bool = False,
        on_operation_finished: OperationHook | None = None,
        stream_buffer: int = BUFFER,
    ) -> None:
        self.token = token
        self._state = State()
        self._timeline = timeline or RealTimeline(clock=clock, speed=speed)
        self._outcomes = Outcomes(self._state)
        self._owners = Owners(self._state)
        self._hub = Hub(self._state, buffer=stream_buffer)
        self._sessions = Sessions([Account(name=RESPONDER, token=token), *accounts], enforce_rollback=enforce_rollback)
        events = EventLog(self._state, self._timeline)
        self._controller = Controller(
            state=self._state,
            timeline=self._timeline,
            outcomes=self._outcomes,
            owners=self._owners,
            events=events,
            on_operation_finished=on_operation_finished,
        )
        self._context = Context(state=self._state, sessions=self._sessions, controller=self._controller, events=events)

    # --- the server ---

    def application(self, *, middlewares: Iterable[Middleware] = ()) -> web.Application:
        """Return the HTTP application; given middlewares stand outside all others."""
        app = web.Application(middlewares=[*middlewares, _errors, _content_type], client_max_size=_LARGEST_BODY)
        groups = (
            ApplicationRoutes(self._context),
            OperationRoutes(self._context),
            ResourceRoutes(self._context),
            ActionRoutes(self._context),
            InstanceRoutes(self._context),
            StreamRoutes(self._context, self._hub),
        )
        for group in groups:
            app.router.add_routes(group.routes())

        async def end_streams(_app: web.Application) -> None:
            self._hub.end_all()

        app.on_shutdown.append(end_streams)
        return app

    def restart(self) -> None:
        """End every stream without an error line, as a restarting server does."""
        self._hub.end_all()

    async def close(self) -> None:
        """End streams and running operations."""
        self._hub.end_all()
        await self._controller.close()

    # --- accounts ---

    def add_account(self, account: Account) -> None:
        """Add an account, or replace the one that holds its token."""
        self._sessions.add(account)

    def revoke(self, token: str) -> None:
        """Revoke a token."""
        self._sessions.revoke(token)

    # --- Applications ---

    @property
    def applications(self) -> Mapping[AppKey, Json]:
        """Return the Applications by (namespace, name); read only."""
        return self._state.applications

    @property
    def stream_readers(self) -> int:
        """Return how many streams are open."""
        return len(self._hub.subscriptions)

    def put_application(self, app: Json) -> None:
        """Store an Application and tell the watch: ADDED when new, else MODIFIED; an equal copy tells nothing.

        Its resourceVersion is kept when it is new here or rises, else replaced by the next one. Its sync policy
        becomes what the owner wants. An operation that runs on it here is given up unless the new object carries it.
        """
        self._state.put(app)

    def delete_application(self, namespace: str, name: str, *, announce: bool = True) -> None:
        """Delete an Application; without `announce` the watch keeps silent and only lists tell."""
        self._state.delete((namespace, name), announce=announce)

    def was_changed_through_api(self, namespace: str, name: str) -> bool:
        """Say whether a client started an operation on an Application or changed its spec."""
        return (namespace, name) in self._state.changed_through_api

    # --- the answers beside them ---

    def set_tree(self, name: str, tree: Json, *, namespace: str = CONTROL_NAMESPACE) -> None:
        """Set GET resource-tree of an Application (unset: derived from its status.resources)."""
        self._state.answers.trees[namespace, name] = tree

    def set_managed_resources(self, name: str, body: Json, *, namespace: str = CONTROL_NAMESPACE) -> None:
        """Set GET managed-resources of an Application: `{"items": […]}`."""
        self._state.answers.managed_resources[namespace, name] = body

    def set_events(
        self,
        name: str,
        items: Sequence[Json],
        *,
        resource: tuple[str, str, str] | None = None,
        namespace: str = CONTROL_NAMESPACE,
    ) -> None:
        """Set the events of an Application, or of one object (namespace, name, uid) in its tree."""
        if resource is None:
            self._state.answers.events[namespace, name] = list(items)
        else:
            self._state.answers.resource_events[(namespace, name), resource] = list(items)

    def set_logs(self, name: str, lines: Sequence[Json], *, namespace: str = CONTROL_NAMESPACE) -> None:
        """Set log lines: `{content, timeStamp, last: false, timeStampStr, podName, container?}`."""
        self._state.answers.logs[namespace, name] = list(lines)

    def set_manifests(self, name: str, revision: str, body: Json, *, namespace: str = CONTROL_NAMESPACE) -> None:
        """Set what a revision renders to: `{"manifests": ["{json}", …], …}`."""
        self._state.answers.manifests[(namespace, name), revision] = body

    def set_revision(
        self, sha: str, *, author: str, date: datetime | str, message: str, tags: Sequence[str] = ()
    ) -> None:
        """Set a commit's metadata."""
        moment = date if isinstance(date, str) else rfc3339(date)
        metadata: Json = {"author": author, "date": moment}
        if tags:
            metadata["tags"] = list(tags)
        self._state.answers.revisions[sha] = metadata | {"message": message}

    def set_windows(self, project: str, assigned: Sequence[Json], *, active: Sequence[Json] | None = None) -> None:
        """Set a project's sync windows and which hold now (unset: all of them); none opens what was held."""
        windows = Windows(assigned=tuple(assigned), active=tuple(assigned if active is None else active))
        self._state.answers.windows[project] = windows
        self._state.wake()

    def set_git_broken(self, text: str | None, *, kind: GitFailureKind = "manifests") -> None:
        """Break Git: manifests don't render, the repository is away, or the repo-server is; None mends it."""
        self._state.answers.git_failure = GitFailure(kind=kind, text=text) if text is not None else None

    def set_cache_broken(self, text: str | None) -> None:
        """Break Redis: trees and managed resources are 500s that end in `text`; None mends it."""
        self._state.answers.cache_failure = text

    def set_refresh_hangs(self, name: str, *, hangs: bool = True, namespace: str = CONTROL_NAMESPACE) -> None:
        """Let refreshes of an Application wait until this is taken back."""
        hanging = self._state.answers.hanging_refreshes
        hanging.add((namespace, name)) if hangs else hanging.discard((namespace, name))
        self._state.wake()

    def put_application_set(self, application_set: Json) -> None:
        """Store an ApplicationSet; its `ignoreApplicationDifferences` decides what it undoes."""
        metadata = application_set["metadata"]
        key = (metadata.get("namespace") or CONTROL_NAMESPACE, metadata["name"])
        self._state.answers.application_sets[key] = application_set

    def set_projects(self, projects: Sequence[Json]) -> None:
        """Set the AppProjects; those nobody described permit everything."""
        self._state.answers.projects = list(projects)

    def set_clusters(self, clusters: Sequence[Json]) -> None:
        """Set the destination clusters."""
        self._state.answers.clusters = list(clusters)

    def set_repositories(self, repositories: Sequence[Json]) -> None:
        """Set the configured repositories."""
        self._state.answers.repositories = list(repositories)

    def set_settings(self, settings: Json) -> None:
        """Replace GET settings."""
        self._state.answers.settings = dict(settings)

    # --- what happens ---

    def set_outcome(self, name: str, revision: str, outcome: Outcome, *, namespace: str = CONTROL_NAMESPACE) -> None:
        """Set how operations on a revision end (`*`: on every revision not set singly).

        Unset, a revision fails again as it was seen to fail, is Degraded again where it was seen so, else heals.
        """
        self._outcomes.tell((namespace, name), revision, outcome)

    def forget_outcomes(self, name: str, *, namespace: str = CONTROL_NAMESPACE) -> None:
        """Drop what was set and seen: from now on every operation of this Application succeeds."""
        self._outcomes.forget((namespace, name))

    def pause_undone_by(self, name: str, owner: Owner, *, namespace: str = CONTROL_NAMESPACE) -> None:
        """Name who undoes a pause of an Application.

        Unset, the data decide: an ApplicationSet among its ownerReferences (unless that ignores /spec/syncPolicy),
        or the self-healing parent its tracking-id names.
        """
        self._owners.tell((namespace, name), owner)

    def set_on_operation_finished(self, hook: OperationHook | None) -> None:
        """Set the hook after construction."""
        self._controller.on_operation_finished = hook


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return unary_error(error)
    except web.HTTPNotFound:
        return plain_text(404, "Not Found")
    except web.HTTPMethodNotAllowed:
        return plain_text(405, "Method Not Allowed")


@web.middleware
async def _content_type(request: web.Request, handler: Handler) -> web.StreamResponse:
    # Everything but GET must say exactly this, a DELETE without a body too; a charset is already too much.
    if request.method != "GET" and request.headers.get("Content-Type", "").lower() != "application/json":
        return plain_text(415, "Invalid content type")
    return await handler(request)
