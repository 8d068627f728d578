"""Lists and single objects."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.sandbox.kubernetes import errors, paging
from bot.sandbox.kubernetes.kinds import Kind
from bot.sandbox.kubernetes.selectors import Selector, field_selector, label_selector
from bot.sandbox.kubernetes.state import Expired, State
from bot.sandbox.kubernetes.values import Json, key_of

_METADATA_ONLY: Final = "PartialObjectMetadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which objects of a kind are meant. An empty namespace means all."""

    kind: Kind
    namespace: str
    matches: Selector
    filtered: bool

    def has(self, obj: Json | None) -> bool:
        """Say whether an object (or one that isn't there) is selected."""
        return obj is not None and self.namespace in ("", key_of(obj)[0]) and self.matches(obj)


def selection(request: web.Request, kind: Kind, namespace: str) -> Selection:
    """Read the selectors of a request."""
    fields, labels = request.query.get("fieldSelector", ""), request.query.get("labelSelector", "")
    by_field, by_label = field_selector(kind, fields), label_selector(labels)
    return Selection(
        kind=kind,
        namespace=namespace,
        matches=lambda obj: by_field(obj) and by_label(obj),
        filtered=bool(fields or labels),
    )


def number(request: web.Request, name: str) -> int:
    """Return a parameter that is a number; 0 where it isn't given."""
    given = request.query.get(name, "") or "0"
    if not given.isascii() or not given.isdecimal():
        raise errors.bad_request(
            f'{name}: Invalid value: "{given}": strconv.ParseUint: parsing "{given}": invalid syntax'
        )
    return int(given)


def flag(request: web.Request, name: str) -> bool:
    """Return a boolean parameter; given without a value, or as anything but 0 and false, it is true."""
    given = request.query.get(name)
    return given is not None and given.lower() not in ("0", "false")


def list_objects(state: State, request: web.Request, wanted: Selection) -> web.Response:
    """Answer a list: all of it, or a page that is consistent with the first one."""
    start = paging.parse(request.query["continue"]) if request.query.get("continue") else None
    version = start.version if start else _asked_version(state, request)
    at = state.version if version in (0, paging.LATEST) else version
    try:
        objects = state.all_of(wanted.kind, at=at)
    except Expired:
        if start is None:
            raise errors.list_too_old() from None
        again = paging.Continue(version=paging.LATEST, after=start.after)
        raise errors.continue_too_old(again.token(wanted.kind)) from None
    selected = [obj for obj in objects if wanted.has(obj) and (start is None or _path(obj, wanted) > start.after)]
    limit = number(request, "limit") or len(selected)
    page, rest = selected[:limit], len(selected) - limit
    metadata: Json = {"resourceVersion": str(at)}
    if rest > 0:
        metadata["continue"] = paging.Continue(version=at, after=_path(page[-1], wanted)).token(wanted.kind)
        if not wanted.filtered:
            metadata["remainingItemCount"] = rest
    return _listed(request, wanted.kind, metadata, page)


def get_object(state: State, request: web.Request, kind: Kind, namespace: str, name: str) -> web.Response:
    """Answer with one object."""
    obj = state.get(kind, (namespace, name))
    if obj is None:
        raise errors.not_found(kind, name)
    if metadata_only(request):
        return errors.json_response(partial(obj))
    return errors.json_response(typed(kind, obj))


def typed(kind: Kind, obj: Json) -> Json:
    """Return an object with kind and apiVersion first."""
    return {"kind": kind.kind, "apiVersion": kind.api_version} | {
        field: value for field, value in obj.items() if field not in ("kind", "apiVersion")
    }


def partial(obj: Json) -> Json:
    """Return an object's metadata alone."""
    return {"kind": _METADATA_ONLY, "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def metadata_only(request: web.Request) -> bool:
    """Say whether the client prefers metadata alone."""
    first = request.headers.get("Accept", "").split(",")[0].replace(" ", "").split(";")
    return {"g=meta.k8s.io", "v=v1"} <= set(first) and bool(
        {f"as={_METADATA_ONLY}", f"as={_METADATA_ONLY}List"} & set(first)
    )


def _listed(request: web.Request, kind: Kind, metadata: Json, page: list[Json]) -> web.Response:
    if metadata_only(request):
        head = {"kind": f"{_METADATA_ONLY}List", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
        return errors.json_response(head | {"items": [partial(obj) for obj in page]})
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata}
    if kind.custom:
        items = [typed(kind, obj) for obj in page]
    else:  # items of built-in kinds don't say what they are
        items = [{field: value for field, value in obj.items() if field not in ("kind", "apiVersion")} for obj in page]
    return errors.json_response(head | {"items": items})


def _asked_version(state: State, request: web.Request) -> int:
    version = number(request, "resourceVersion")
    match = request.query.get("resourceVersionMatch", "")
    if match not in ("", "Exact", "NotOlderThan"):
        raise errors.bad_request(f'resourceVersionMatch: Unsupported value: "{match}"')
    if match and not request.query.get("resourceVersion"):
        raise errors.bad_request(
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
        )
    if version > state.version:
        raise errors.too_large(version, state.version)
    # «Not older than» is answered with what is there now; only Exact, or a page of a version, looks back.
    looks_back = match == "Exact" or (match == "" and request.query.get("limit"))
    return version if looks_back else 0


def _path(obj: Json, wanted: Selection) -> str:
    namespace, name = key_of(obj)
    return name if wanted.namespace or not wanted.kind.namespaced else f"{namespace}/{name}"
