"""The client of one Argo CD: `ports.GitOps` over its REST API and its Application stream (facts/argocd.md §1, §8)."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
import structlog

from bot.adapters.argocd import parse, stream
from bot.adapters.argocd.http import Http, TimedOut
from bot.adapters.argocd.values import name as name_of
from bot.adapters.argocd.values import record
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import (
    AppState,
    ListedApp,
    ManagedResource,
    RevisionInfo,
    SyncWindows,
    TreeNode,
)
from bot.service.ports import AppGone, NotFound, Refused, SyncRequest, Unreachable

log = structlog.get_logger(__name__)

Read = TypeVar("Read")

LIST_LIMIT = 200 * 1024 * 1024
"""Bytes of the list of all Applications: Argo CD's own limit."""

LIST_PATIENCE = 6
"""How many times the timeout a list may take: tens of megabytes on a large installation."""

RENDER_PATIENCE = 3
"""How many times the timeout a rendering may take."""

SILENCE = 60.0
"""Seconds without a heartbeat (one comes each 15 s) after which a stream counts as cut."""

_COMMIT_LENGTHS = (40, 64)
_OLDEST = datetime.min.replace(tzinfo=UTC)


class ArgoCDClient:
    """One Argo CD. Reads are tried again after a short failure; what changes something is sent once."""

    def __init__(
        self,
        *,
        name: str,
        url: str,
        token: str,
        session: aiohttp.ClientSession,
        place: parse.Place,
        tls: ssl.SSLContext | bool = True,
        timeout: float = 10.0,
        silence: float = SILENCE,
    ) -> None:
        """`url` may have a root path (`https://x/argocd`); `timeout` and `silence` are in seconds."""
        self.name = name
        self._place = place
        self._http = Http(name=name, url=url, token=token, session=session, tls=tls, timeout=timeout, silence=silence)
        self._home = ""
        self._username = ""

    async def changes(self) -> AsyncGenerator[AppState | AppGone, None]:
        """The Application stream: a replay of all, then live. Ends with the server, or raises when it is cut."""
        lines = stream.Lines()
        async with aclosing(self._http.chunks("v1", "stream", "applications")) as chunks:
            async for chunk in chunks:
                dropped = lines.dropped
                for line in lines.feed(chunk):
                    told = self._change(line)
                    if told is not None:
                        yield told
                if lines.dropped > dropped:
                    log.warning("a line of the Application stream was too long and is skipped", argocd=self.name)
        for line in lines.rest():
            told = self._change(line)
            if told is not None:
                yield told

    async def listed(self) -> Sequence[ListedApp]:
        """Every Application that may be read, with its resourceVersion."""
        # `fields` would drop exactly resourceVersion and uid, so the whole list is asked for (facts §1.2).
        body = await self._http.read("v1", "applications", limit=LIST_LIMIT, patience=LIST_PATIENCE)
        return self._parsed(lambda: parse.listed(body, self._place))

    async def app(self, ref: AppRef, *, refresh: bool = False, project: str = "") -> AppState:
        """One Application. `NotFound` only where `project` is given; else an absent one is `Refused`.

        A refresh that takes longer than the timeout goes on in Argo CD: then the state as it is now is returned.
        """
        try:
            value = await self._application(ref, refresh=refresh, project=project)
        except NotFound as gone:
            if not project:
                raise Refused(str(gone), status=gone.status, reason=gone.reason) from gone
            value = await self._moved(ref, gone)
        return self._parsed(lambda: parse.application(value, self._place))

    async def tree(self, ref: AppRef) -> Sequence[TreeNode]:
        """The resource tree."""
        return parse.tree(await self._read(ref, "resource-tree"))

    async def managed(self, ref: AppRef) -> Sequence[ManagedResource]:
        """Desired and live state of each managed object."""
        return parse.managed(await self._read(ref, "managed-resources"))

    async def manifests(self, ref: AppRef, revision: str) -> Sequence[str]:
        """What a revision renders to with today's parameters; each of several sources' revisions at its place."""
        parts = revision.split(",")
        query: list[tuple[str, str]] = list(_query(ref, "").items())
        if len(parts) == 1:
            query.append(("revision", revision))
        for place, part in enumerate(parts if len(parts) > 1 else (), start=1):
            query += [("revisions", part), ("sourcePositions", str(place))]
        path = ("v1", "applications", ref.name, "manifests")
        body = await self._http.read(*path, query=query, patience=RENDER_PATIENCE, again=False)
        return self._parsed(lambda: parse.manifests(body))

    async def revision(self, ref: AppRef, revision: str, *, history_id: int | None = None) -> RevisionInfo:
        """The commit of a revision; of several sources' revisions (joined with a comma) the newest commit.

        Charts have versions instead of commits: among several sources they are passed over.
        """
        parts = revision.split(",")
        if len(parts) == 1:
            return await self._commit(ref, revision, history_id=history_id)
        asked = [(index, part) for index, part in enumerate(parts) if _is_commit(part)]
        commits = await asyncio.gather(
            *(self._commit(ref, part, history_id=history_id, source=index) for index, part in asked)
        )
        newest = max(commits, key=lambda commit: commit.date or _OLDEST, default=RevisionInfo(revision=revision))
        return replace(newest, revision=revision)

    async def sync_windows(self, ref: AppRef) -> SyncWindows:
        """Whether a manual sync is allowed now."""
        return parse.sync_windows(await self._read(ref, "syncwindows"))

    async def application_set_keeps_sync_policy(self, name: str, namespace: str) -> bool:
        """Whether the ApplicationSet leaves /spec/syncPolicy alone, so that a pause would stand."""
        query = {"appsetNamespace": namespace} if namespace else {}
        body = await self._http.read("v1", "applicationsets", name, query=query)
        return parse.application_set_keeps_sync_policy(self._json(body))

    async def can_i(self, action: str, project: str, name: str) -> bool:
        """Whether the bot's account may do this to an Application (`name`, or `namespace/name` outside Argo CD's own).

        Never for `action/…`: Argo CD says no even where it is granted (facts §8.24).
        """
        namespace, _, bare = name.rpartition("/")
        if namespace and namespace == await self._own_namespace():
            namespace = ""
        place = (namespace, bare) if namespace else (bare,)
        body = await self._http.read("v1", "account", "can-i", "applications", action, project, *place)
        return record(self._json(body)).get("value") == "yes"

    async def sync(self, ref: AppRef, request: SyncRequest, *, project: str) -> None:
        """Start a sync of what Git says now. Neither options nor retries are sent: the Application's own hold."""
        body: dict[str, Any] = {"prune": request.prune, "dryRun": request.dry_run}
        if request.resources:
            body["resources"] = [
                {"group": item.group, "kind": item.kind, "namespace": item.namespace, "name": item.name}
                for item in request.resources
            ]
        if request.info:
            body["infos"] = [{"name": key, "value": value} for key, value in request.info]
        await self._write("POST", ref, "sync", body=body | _query(ref, project))

    async def rollback(self, ref: AppRef, history_id: int, *, prune: bool, project: str) -> None:
        """Start a rollback to one history entry (0 is one)."""
        body = {"id": history_id, "prune": prune, "dryRun": False} | _query(ref, project)
        await self._write("POST", ref, "rollback", body=body)

    async def terminate(self, ref: AppRef, *, project: str) -> None:
        """Ask the running operation to end; it does so in its own time."""
        await self._write("DELETE", ref, "operation", query=_query(ref, project))

    async def refresh_hard(self, ref: AppRef, *, project: str) -> AppState:
        """Drop the cached manifests, render anew, compare; returns the state after it."""
        query = _query(ref, project) | {"refresh": "hard"}
        path = ("v1", "applications", ref.name)
        value = self._json(await self._http.read(*path, query=query, patience=RENDER_PATIENCE, again=False))
        return self._parsed(lambda: parse.application(value, self._place))

    async def restart(self, ref: AppRef, workload: ObjectRef, *, project: str) -> None:
        """Restart a workload's pods by Argo CD's resource action."""
        body = {
            "name": ref.name,
            "namespace": workload.namespace,
            "resourceName": workload.name,
            "group": workload.group,
            "version": "v1",
            "kind": workload.kind,
            "action": "restart",
        }
        await self._write("POST", ref, "resource", "actions", "v2", body=body | _query(ref, project))

    async def toggle_auto_sync(self, ref: AppRef, *, parent: AppRef, parent_project: str) -> None:
        """Flip `automated.enabled` of an Application through its parent: no `update` right is needed (facts §8.24)."""
        body = {
            "name": parent.name,
            "namespace": ref.namespace,
            "resourceName": ref.name,
            "group": "argoproj.io",
            "version": "v1alpha1",
            "kind": "Application",
            "action": "toggle-auto-sync",
        }
        await self._write("POST", parent, "resource", "actions", "v2", body=body | _query(parent, parent_project))

    async def set_auto_sync(self, ref: AppRef, *, enabled: bool, project: str) -> None:
        """Set `automated.enabled` and nothing else of the spec. Nothing is sent where it stands so already.

        PUT without validation: a PATCH would render the manifests and fail while Git is broken.
        """
        value = await self._application(ref, project=project)
        spec = dict(record(record(value).get("spec")))
        if not spec:
            raise Unreachable(f"Argo CD {self.name} gave {ref} without a spec; nothing was changed.")
        policy = dict(record(spec.get("syncPolicy")))
        automated = policy.get("automated")
        if (isinstance(automated, dict) and automated.get("enabled") is not False) == enabled:
            return
        policy["automated"] = {**record(automated), "enabled": enabled}
        spec["syncPolicy"] = policy
        await self._write("PUT", ref, "spec", query={**_query(ref, project), "validate": "false"}, body=spec)

    async def username(self) -> str:
        """The account's name, as `initiatedBy` of its operations; a refusal where the token isn't good."""
        if not self._username:
            user = record(self._json(await self._http.read("v1", "session", "userinfo")))
            if user.get("loggedIn") is not True:  # a bad token is 200 and an empty object
                words = f"Argo CD {self.name} does not accept the bot's token. Give the bot a new one."
                raise Refused(words, status=401, reason="Unauthenticated")
            self._username = name_of(user.get("username"))
        return self._username

    async def check(self) -> str:
        """Who we are there and its version, or raises."""
        version = record(self._json(await self._http.read("version")))
        self._username = ""
        return f"{await self.username()} at Argo CD {name_of(version.get('Version')) or 'of unknown version'}"

    @property
    def place(self) -> parse.Place:
        """Which Argo CD this is, and how its destinations are called as clusters."""
        return self._place

    async def document(self, *path: str, query: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """Any JSON object of the API, for questions about fields that no reading holds. Read only."""
        return record(self._json(await self._http.read("v1", *path, query=query)))

    def _change(self, line: bytes) -> AppState | AppGone | None:
        try:
            return stream.change(line, self._place)
        except parse.ParseError as error:
            log.warning("a line of the Application stream can't be read", argocd=self.name, error=str(error))
            return None

    async def _application(self, ref: AppRef, *, refresh: bool = False, project: str = "") -> object:
        query = _query(ref, project)
        if refresh:
            try:
                return await self._read(ref, query=query | {"refresh": "normal"}, again=False)
            except TimedOut:
                log.info("a refresh takes long", argocd=self.name, app=str(ref))
        return await self._read(ref, query=query)

    async def _moved(self, ref: AppRef, gone: NotFound) -> object:
        """The same 404 comes for an Application that is in another project now: only without it is it told apart."""
        try:
            return await self._application(ref)
        except Refused:
            raise gone from None

    async def _commit(
        self, ref: AppRef, revision: str, *, history_id: int | None, source: int | None = None
    ) -> RevisionInfo:
        query = _query(ref, "")
        if history_id is not None:
            query["versionId"] = str(history_id)
        if source is not None:
            query["sourceIndex"] = str(source)
        return parse.revision_info(await self._read(ref, "revisions", revision, "metadata", query=query), revision)

    async def _own_namespace(self) -> str:
        """Argo CD's own namespace; Applications there are named without it in its policies."""
        if not self._home:
            settings = record(self._json(await self._http.read("v1", "settings")))
            self._home = name_of(settings.get("controllerNamespace")) or "argocd"
        return self._home

    async def _read(self, ref: AppRef, *path: str, query: dict[str, str] | None = None, again: bool = True) -> object:
        asked = _query(ref, "") if query is None else query
        return self._json(await self._http.read("v1", "applications", ref.name, *path, query=asked, again=again))

    async def _write(
        self, method: str, ref: AppRef, *path: str, query: dict[str, str] | None = None, body: object = None
    ) -> None:
        await self._http.write(method, "v1", "applications", ref.name, *path, query=query, body=body)

    def _json(self, body: bytes) -> object:
        return self._parsed(lambda: parse.json_value(body))

    def _parsed(self, read: Callable[[], Read]) -> Read:
        """What a parser makes of an answer; one that can't be read is as good as none."""
        try:
            return read()
        except parse.ParseError as error:
            raise Unreachable(f"Argo CD {self.name} gave an answer that can't be read: {error}") from error


def _query(ref: AppRef, project: str) -> dict[str, str]:
    """Which Application is meant: without a namespace, one in Argo CD's own; without a project, in any."""
    return {key: value for key, value in (("appNamespace", ref.namespace), ("project", project)) if value}


def _is_commit(revision: str) -> bool:
    return len(revision) in _COMMIT_LENGTHS and all(character in "0123456789abcdef" for character in revision)
