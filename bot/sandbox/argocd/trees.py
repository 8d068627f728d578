"""Resource trees: as told, else derived from what the Application itself lists."""

import copy
import uuid
from collections.abc import Iterator

from bot.sandbox.argocd.errors import UNKNOWN, ApiError
from bot.sandbox.argocd.state import State
from bot.sandbox.argocd.values import Json, dig, key_of


def resource_tree(state: State, app: Json) -> Json:
    """Return the tree GET resource-tree answers."""
    _refuse_without_cache(state, "resource tree")
    told = state.answers.trees.get(key_of(app))
    if told is not None:
        return told
    nodes = [_node(app, resource) for resource in dig(app, "status.resources") or [] if not resource.get("hook")]
    return {"nodes": nodes} if nodes else {}


def managed_resources(state: State, app: Json) -> Json:
    """Return what GET managed-resources answers: `{}` where nothing was told."""
    _refuse_without_cache(state, "managed resources")
    return state.answers.managed_resources.get(key_of(app), {})


def nodes_of(state: State, app: Json) -> Iterator[Json]:
    """Yield the nodes of an Application's tree, orphans too."""
    tree = state.answers.trees.get(key_of(app)) or resource_tree(state, app)
    yield from tree.get("nodes") or []
    yield from tree.get("orphanedNodes") or []


def with_tree_health(state: State, app: Json) -> Json:
    """Return an Application with `status.resources[].health` filled in from its tree, as GET and the stream show it."""
    tree = state.answers.trees.get(key_of(app))
    resources = dig(app, "status.resources")
    if not tree or not resources or all("health" in resource for resource in resources):
        return app
    health = {_identity(node): node["health"] for node in tree.get("nodes") or [] if node.get("health")}
    filled = copy.deepcopy(app)
    for resource in filled["status"]["resources"]:
        if "health" not in resource and _identity(resource) in health:
            resource["health"] = health[_identity(resource)]
    return filled


def without_health(app: Json) -> Json:
    """Return an Application as a list shows it: its resources carry no health."""
    resources = dig(app, "status.resources")
    if not resources:
        return app
    bare = [{name: value for name, value in resource.items() if name != "health"} for resource in resources]
    return {**app, "status": {**app["status"], "resources": bare}}


def _identity(resource: Json) -> tuple[str, str, str, str]:
    return (
        resource.get("group") or "",
        resource.get("kind") or "",
        resource.get("namespace") or "",
        resource.get("name") or "",
    )


def _node(app: Json, resource: Json) -> Json:
    names = ("group", "version", "kind", "namespace", "name", "health")
    node: Json = {name: resource[name] for name in names if name in resource}
    if dig(resource, "health.status") != "Missing":  # a missing object has neither uid nor version
        node["uid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join((*key_of(app), *_identity(resource)))))
        node["resourceVersion"] = app["metadata"].get("resourceVersion", "1")
        node["createdAt"] = app["metadata"].get("creationTimestamp", "")
    return node


def _refuse_without_cache(state: State, what: str) -> None:
    if state.answers.cache_failure is not None:
        raise ApiError(UNKNOWN, f"error getting cached app {what}: {state.answers.cache_failure}")
