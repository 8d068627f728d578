"""How an incident is named and how two failures are related: normalised subjects and `same: […]` (entry-format.md)."""

from collections.abc import Callable, Mapping

from bot.core.entries import Entry
from bot.core.ledger import Ledger
from bot.core.signals import AppRef, ObjectRef, Signal
from bot.core.states import AppState
from bot.core.text import fill

RELATIONS = (
    "object",
    "owner",
    "blocked",
    "claim",
    "secret",
    "service",
    "app",
    "parent_app",
    "namespace",
    "node",
    "repo",
    "cluster",
)
"""From the narrowest to the widest: a symptom with several roots joins the narrowest."""

_STANDS_FOR_ITS_OWNER = ("Pod", "ReplicaSet", "Job")
_NAMED_BY = {
    "serviceaccount": "ServiceAccount",
    "service_account": "ServiceAccount",
    "configmap": "ConfigMap",
    "config_map": "ConfigMap",
    "secret": "Secret",
    "claim": "PersistentVolumeClaim",
    "pvc": "PersistentVolumeClaim",
    "service": "Service",
}
"""Captures that name an object of one kind."""

Captures = Mapping[str, str]


def qualify(name: str, *, like: AppRef | None) -> AppRef:
    """An Application named in a message: `ns/name`, `ns_name`, or bare, then in the namespace of `like`'s Argo CD."""
    argocd = like.argocd if like else "default"
    for separator in ("/", "_"):
        namespace, found, rest = name.partition(separator)
        if found and namespace and rest:
            return AppRef(argocd=argocd, namespace=namespace, name=rest)
    return AppRef(argocd=argocd, namespace=like.namespace if like else "argocd", name=name)


def workload_name(ref: ObjectRef) -> str:
    """A ReplicaSet's or Pod's name without the parts a controller adds, for owners that can't be read."""
    parts = ref.name.split("-")
    if ref.kind == "ReplicaSet" and len(parts) > 1:
        return "-".join(parts[:-1])
    if ref.kind == "Pod" and len(parts) > 2 and len(parts[-1]) == 5:
        return "-".join(parts[:-2])
    return ref.name


def subject_of(entry: Entry, captures: Captures, signal: Signal, ledger: Ledger) -> tuple[str, bool]:
    """The normalised subject of an incident, and whether the entry's scope could be filled (else it is the app)."""
    captures = entry.told(captures)
    app = signal.app or (qualify(captures["app"], like=None) if captures.get("app") else None)
    state = ledger.apps.get(app) if app else None
    found = ""
    match entry.scope:
        case "object":
            found = _key(captured_object(captures, signal, state))
        case "app":
            found = f"{app.argocd}/{app}" if app else ""
        case "namespace":
            found = _namespace(captures, signal, state)
        case "node":
            found = captures.get("node", "") or signal.node
        case "repo":
            found = repository(
                captures.get("repo", "") or (state.repositories[0] if state and state.repositories else "")
            )
        case "cluster":
            found = captures.get("cluster", "") or signal.cluster
        case "argocd":
            found = app.argocd if app else "default"
        case "named":
            found = fill(entry.subject or "", captures).strip()
            if "{{" in found:
                found = ""
    if found:
        return found, True
    if app:
        return f"{app.argocd}/{app}", False
    return _key(signal.owner or signal.object), False


def captured_object(captures: Captures, signal: Signal, state: AppState | None) -> ObjectRef | None:
    """The object a message is about: the captured one, completed from the Application, else the signal's own."""
    kind, name = captures.get("kind", ""), captures.get("name", "")
    own = signal.object if signal.object and signal.object.kind != "Application" else None
    if not (kind and name):
        return _topmost(own, signal)
    if own and own.kind == kind and own.name == name:
        return _topmost(own, signal)
    if kind in _STANDS_FOR_ITS_OWNER and signal.owner:
        return signal.owner
    group, namespace = captures.get("group", ""), captures.get("namespace", "")
    for resource in state.resources if state else ():
        if resource.object.kind == kind and resource.object.name == name:
            if (group and resource.object.group != group) or (namespace and resource.object.namespace != namespace):
                continue
            return resource.object
    fallback = state.destination_namespace if state else (own.namespace if own else "")
    return ObjectRef(group=group, kind=kind, namespace=namespace or fallback, name=name)


def repository(url: str) -> str:
    """A repository's URL without credentials, `.git`, a trailing slash and the host's case."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        scheme, rest = "", url.strip()
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2].lower() if separator else host
    path = path.rstrip("/").removesuffix(".git")
    return f"{scheme}{separator}{host}{slash}{path}".rstrip("/").removesuffix(".git")


def related(name: str, captures: Captures, signal: Signal, ledger: Ledger) -> frozenset[str]:
    """The values of one relation that a signal has: two failures are related where these sets meet."""
    state = ledger.apps.get(signal.app) if signal.app else None
    return frozenset(filter(None, _RELATED[name](captures, signal, state)))


def _objects(captures: Captures, signal: Signal, state: AppState | None) -> set[str]:
    return {_key(captured_object(captures, signal, state)), _key(signal.object), *(_named(captures, signal, state))}


def _named(captures: Captures, signal: Signal, state: AppState | None) -> set[str]:
    namespace = _namespace(captures, signal, state)
    return {
        _key(ObjectRef(kind=kind, namespace=namespace, name=captures[capture]))
        for capture, kind in _NAMED_BY.items()
        if captures.get(capture)
    }


def _in_namespace(
    kind: str, names: frozenset[str], captures: Captures, signal: Signal, state: AppState | None
) -> set[str]:
    namespace = _namespace(captures, signal, state)
    own = {_key(ObjectRef(kind=kind, namespace=namespace, name=name)) for name in names}
    return own | {key for key in _objects(captures, signal, state) if key.startswith(f"/{kind}/")}


def named_apps(captures: Captures, signal: Signal) -> frozenset[AppRef]:
    """The Applications a signal is about: its own, and those its message names."""
    named = (qualify(captures[capture], like=signal.app) for capture in ("app", "other") if captures.get(capture))
    return frozenset((*named, *((signal.app,) if signal.app else ())))


def _apps(captures: Captures, signal: Signal, _state: AppState | None) -> set[str]:
    return {f"{ref.argocd}/{ref}" for ref in named_apps(captures, signal)}


def _parents(_captures: Captures, signal: Signal, state: AppState | None) -> set[str]:
    parent = state.parent if state else None
    return {f"{ref.argocd}/{ref}" for ref in (parent, signal.app) if ref}


_RELATED: Mapping[str, Callable[[Captures, Signal, AppState | None], set[str]]] = {
    "object": _objects,
    "owner": lambda captures, signal, state: {
        _key(signal.owner or signal.object),
        _key(captured_object(captures, signal, state)),
    },
    "claim": lambda captures, signal, state: _in_namespace(
        "PersistentVolumeClaim", signal.claims, captures, signal, state
    ),
    "secret": lambda captures, signal, state: (
        _in_namespace("Secret", signal.secrets, captures, signal, state)
        | _in_namespace("ConfigMap", signal.config_maps, captures, signal, state)
    ),
    "service": lambda captures, signal, state: _in_namespace("Service", frozenset(), captures, signal, state),
    "app": _apps,
    "parent_app": _parents,
    "namespace": lambda captures, signal, state: {_namespace(captures, signal, state)},
    "node": lambda captures, signal, _state: {captures.get("node", "") or signal.node},
    "repo": lambda captures, _signal, state: {
        repository(url) for url in ((captures.get("repo", ""), *(state.repositories if state else ())))
    },
    "cluster": lambda captures, signal, _state: {captures.get("cluster", "") or signal.cluster},
}


def refused_objects(signal: Signal, ledger: Ledger) -> frozenset[str]:
    """Objects that an Application desires and that a refused sync keeps away (relation `blocked`)."""
    state = ledger.apps.get(signal.app) if signal.app else None
    if state is None:
        return frozenset()
    return frozenset(
        _key(resource.object)
        for resource in state.resources
        if resource.status == "OutOfSync" and not resource.requires_pruning
    )


def _topmost(own: ObjectRef | None, signal: Signal) -> ObjectRef | None:
    if own is None:
        return signal.owner
    return signal.owner if own.kind in _STANDS_FOR_ITS_OWNER and signal.owner else own


def _namespace(captures: Captures, signal: Signal, state: AppState | None) -> str:
    if captures.get("namespace"):
        return captures["namespace"]
    own = signal.object
    if own and own.namespace and own.kind != "Application":
        return own.namespace
    return state.destination_namespace if state else ""


def _key(ref: ObjectRef | None) -> str:
    return f"{ref.group}/{ref.kind}/{ref.namespace}/{ref.name}" if ref else ""
