"""Single objects, lists and logs of one API server, each with a limit. Read only."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from bot.adapters.kubernetes import parse
from bot.adapters.kubernetes.api import ANYTHING, JSON, METADATA_LIST, METADATA_ONLY, Api
from bot.adapters.kubernetes.discovery import Discovery, Resource
from bot.adapters.kubernetes.names import segment
from bot.adapters.kubernetes.pages import pages
from bot.core.redaction import redact
from bot.core.signals import ObjectRef
from bot.service.ports import NotFound, Refused, Unreachable

KIND_NOT_SERVED = "KindNotServed"
"""`reason` of the `NotFound` that says the API server doesn't know the kind at all."""

AT_MOST = 50_000
"""Objects of one list that are read: the pods of the largest clusters are fewer in one look."""

LOG_LINES = 50
LOG_BYTES = 64 * 1024

_GROUPS = {
    "": (
        "ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate "
        "ReplicationController ResourceQuota Secret Service ServiceAccount"
    ),
    "apps": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "batch": "CronJob Job",
    "autoscaling": "HorizontalPodAutoscaler",
    "policy": "PodDisruptionBudget",
    "networking.k8s.io": "Ingress IngressClass NetworkPolicy",
    "discovery.k8s.io": "EndpointSlice",
    "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "scheduling.k8s.io": "PriorityClass",
    "admissionregistration.k8s.io": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
}
GROUPS = {kind: group for group, kinds in _GROUPS.items() for kind in kinds.split()}
"""The group of each kind that Kubernetes itself brings: messages mostly name the kind alone."""


class Objects:
    """What may be read of one cluster."""

    def __init__(self, api: Api, discovery: Discovery, *, page: int) -> None:
        self._api = api
        self._discovery = discovery
        self._page = page

    @property
    def cluster(self) -> str:
        """The cluster's name, for people."""
        return self._api.cluster

    async def body(self, ref: ObjectRef, accept: str = JSON) -> bytes:
        """An object's body; `NotFound` when it isn't there, with reason `KindNotServed` when its kind isn't either.

        What is known of its kind may be old: where the path itself is gone, it is looked up again.
        """
        for fresh in (False, True):
            resource = await self._discovery.find(ref.group, ref.kind, fresh=fresh)
            if resource is None:
                break
            try:
                return await self._api.get(resource.path(ref), accept=accept)
            except NotFound as error:
                if fresh or f'"{ref.name}" not found' in str(error):
                    raise
        raise self._not_served(ref.group, ref.kind)

    async def exists(self, ref: ObjectRef) -> bool:
        """Whether an object is there; only its metadata is asked for. A kind that isn't served raises `NotFound`."""
        try:
            await self.body(ref, METADATA_ONLY)
        except NotFound as error:
            if error.reason == KIND_NOT_SERVED:
                raise
            return False
        return True

    async def find(self, ref: ObjectRef) -> dict[str, Any] | None:
        """An object, or None when it isn't there. A kind that isn't served raises `NotFound`."""
        try:
            raw = await self.body(ref)
        except NotFound as error:
            if error.reason == KIND_NOT_SERVED:
                raise
            return None
        return {"kind": ref.kind, **self._json(raw, str(ref))}

    async def listed(
        self, group: str, kind: str, *, namespace: str = "", labels: str = "", fields: str = "", at_most: int = AT_MOST
    ) -> list[dict[str, Any]]:
        """Objects of a kind, in one namespace or in all, with label and field selectors."""
        found = self.raw(group, kind, namespace=namespace, labels=labels, fields=fields, at_most=at_most)
        return [self._json(item, kind) async for item in found]

    async def decoded(
        self, kind: str, shape: type[parse.Struct], *, fields: str = "", at_most: int = AT_MOST
    ) -> list[parse.Struct]:
        """All objects of a core kind in a shape with only what is needed of them."""
        found = []
        async for item in self.raw("", kind, fields=fields, at_most=at_most):
            try:
                found.append(parse.decode(item, shape))
            except parse.ParseError as error:
                raise self._unreadable(kind, error) from error
        return found

    async def raw(
        self, group: str, kind: str, *, namespace: str = "", labels: str = "", fields: str = "", at_most: int = AT_MOST
    ) -> AsyncIterator[msgspec.Raw]:
        """The undecoded objects of a list. More than `at_most` are `Refused`: a part would tell less than nothing."""
        resource = await self.resource(group, kind)
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        query = {name: value for name, value in selectors.items() if value}
        found: list[msgspec.Raw] = []
        path = resource.list_path(namespace)
        async for page in pages(self._api, path, kind, size=min(self._page, at_most + 1), query=query):
            if page.first:
                found.clear()
            found += page.items
            if len(found) > at_most:
                raise Refused(f"Kubernetes {self.cluster} has more than {at_most} of {kind}; that is too much to read.")
        for item in found:
            yield item

    async def names(self, group: str, kind: str) -> list[str]:
        """The names of all objects of a cluster-scoped kind; only their metadata is asked for."""
        resource = await self.resource(group, kind)
        found: list[str] = []
        async for page in pages(self._api, resource.list_path(""), kind, size=self._page, accept=METADATA_LIST):
            if page.first:
                found.clear()
            found += [self._json(item, kind).get("metadata", {}).get("name", "") for item in page.items]
        return found

    async def log(self, *, namespace: str, pod: str, container: str, previous: bool) -> str:
        """The last lines of a container's log, redacted; of the run before this one where `previous`."""
        query = {"container": container, "tailLines": str(LOG_LINES), "limitBytes": str(LOG_BYTES)}
        if previous:
            query["previous"] = "true"
        path = f"/api/v1/namespaces/{segment(namespace)}/pods/{segment(pod)}/log"
        raw = await self._api.get(path, query, accept=ANYTHING)
        return redact(raw[:LOG_BYTES].decode("utf-8", "replace"))

    async def resource(self, group: str, kind: str) -> Resource:
        """Where a kind is read; `NotFound` (reason `KindNotServed`) where it isn't served."""
        found = await self._discovery.find(group, kind) or await self._discovery.find(group, kind, fresh=True)
        if found is None:
            raise self._not_served(group, kind)
        return found

    async def versions(self, group: str) -> list[str]:
        """The versions of a group that are served, the preferred one first; none where the group isn't."""
        return await self._discovery.versions(segment(group) if group else "")

    async def version_has(self, group: str, version: str, kind: str) -> bool:
        """Whether one version of a group serves a kind."""
        return await self._discovery.version_has(segment(group) if group else "", segment(version), kind)

    async def group_of(self, kind: str) -> str:
        """The group of a kind that is named alone. `NotFound` where none serves it, `Refused` where several do."""
        if kind in GROUPS:
            return GROUPS[kind]
        groups = await self._discovery.groups_of(kind)
        if not groups:
            raise self._not_served("", kind)
        if len(groups) > 1:
            raise Refused(f"Kubernetes {self.cluster} has {kind} in several groups: {', '.join(groups)}.")
        return groups[0]

    def _json(self, raw: bytes | msgspec.Raw, what: str) -> dict[str, Any]:
        try:
            return msgspec.json.decode(raw, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._unreadable(what, error) from error

    def _unreadable(self, what: str, error: Exception) -> Unreachable:
        return Unreachable(f"Kubernetes {self.cluster}: {what} can't be read: {error}")

    def _not_served(self, group: str, kind: str) -> NotFound:
        what = f"{kind} in {group}" if group else kind
        return NotFound(f"Kubernetes {self.cluster} serves no kind {what}.", status=404, reason=KIND_NOT_SERVED)
