"""Which groups, versions and kinds there are: classic discovery, and the aggregated one where a client asks for it."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from bot.sandbox.kubernetes.errors import json_response, page_not_found
from bot.sandbox.kubernetes.kinds import REVIEWS, Kind, Kinds
from bot.sandbox.kubernetes.values import Json

_AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_WITHOUT_STATUS: Final = frozenset(("ConfigMap", "Endpoints", "Event", "LimitRange", "Secret", "ServiceAccount"))


class Discovery:
    """Answers /api, /apis and what is below, down to the list of resources."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds

    def core(self, request: web.Request) -> web.Response:
        """Answer /api."""
        if _wants_aggregated(request):
            return self._aggregated({"": ["v1"]})
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": request.host}]
        return json_response({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses})

    def groups(self, request: web.Request) -> web.Response:
        """Answer /apis."""
        versions = self._kinds.versions()
        if _wants_aggregated(request):
            return self._aggregated(versions)
        groups = [_group(name, known) for name, known in versions.items()]
        return json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})

    def group(self, name: str) -> web.Response:
        """Answer /apis/GROUP."""
        known = self._kinds.versions().get(name)
        if known is None:
            return page_not_found()
        return json_response({"kind": "APIGroup", "apiVersion": "v1"} | _group(name, known))

    def resources(self, group: str, version: str) -> web.Response:
        """Answer /api/v1 and /apis/GROUP/VERSION."""
        kinds = self._of(group, version)
        if not kinds:
            return page_not_found()
        body: Json = {"kind": "APIResourceList", "groupVersion": f"{group}/{version}" if group else version}
        if group:
            body["apiVersion"] = "v1"
        return json_response(body | {"resources": [item for kind in kinds for item in _resources(kind)]})

    def serves(self, group: str, version: str) -> bool:
        """Say whether there is anything in this group and version."""
        return bool(self._of(group, version))

    def _of(self, group: str, version: str) -> Sequence[Kind]:
        return [kind for kind in (*self._kinds, REVIEWS) if (kind.group, kind.version) == (group, version)]

    def _aggregated(self, versions: dict[str, list[str]]) -> web.Response:
        items = []
        for group, known in versions.items():
            described = [
                {
                    "version": version,
                    "resources": [_discovered(kind) for kind in self._of(group, version)],
                    "freshness": "Current",
                }
                for version in known
            ]
            items.append({"metadata": {"name": group} if group else {}, "versions": described})
        body = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}
        return json_response(body, content_type=_AGGREGATED)


def _wants_aggregated(request: web.Request) -> bool:
    first = request.headers.get("Accept", "").split(",")[0].replace(" ", "").split(";")
    return set(_AGGREGATED.split(";")) == set(first)


def _group(name: str, versions: Sequence[str]) -> Json:
    described = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": described, "preferredVersion": described[0]}


def _verbs(kind: Kind) -> Sequence[str]:
    return ("create",) if kind == REVIEWS else _VERBS


def _resources(kind: Kind) -> list[Json]:
    body: Json = {
        "name": kind.plural,
        "singularName": kind.kind.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(_verbs(kind)),
    }
    if not has_status(kind):
        return [body]
    status = body | {"name": f"{kind.plural}/status", "singularName": "", "verbs": ["get", "patch", "update"]}
    return [body, status]


def _discovered(kind: Kind) -> Json:
    return {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.kind.lower(),
        "verbs": list(_verbs(kind)),
    }


def has_status(kind: Kind) -> bool:
    """Say whether a kind has the /status subresource."""
    return kind.kind not in _WITHOUT_STATUS and kind != REVIEWS
