"""What a project permits: kinds, destinations, sources, each as Argo CD itself decides it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from bot.adapters.argocd.values import name, names, records
from bot.core.inquiry import Answered
from bot.core.states import AppState

CLUSTER_KINDS = frozenset(
    {
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("networking.k8s.io", "IngressClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
    }
)
LISTS = tuple(f"{scope}Resource{colour}list" for scope in ("cluster", "namespace") for colour in ("White", "Black"))
BUILT_IN = ("", "apps", "batch", "autoscaling", "policy")
"""Groups, beside `*.k8s.io`, whose kinds are Kubernetes' own, so that the table above is complete for them."""


def permits_kind(spec: Mapping[str, Any], state: AppState, *, group: str, kind: str) -> Answered:
    """Whether the project permits a kind. None where that hangs on the kind's scope, which isn't known."""
    shown = f"{group}/{kind}" if group else kind
    namespaced = _namespaced(state, group, kind)
    cases = (True, False) if namespaced is None else (namespaced,)
    verdicts = {_permitted(spec, group, kind, namespaced=case) for case in cases}
    if len(verdicts) > 1:
        saw = f"project {state.project} permits {shown} only if it is namespaced, which Argo CD doesn't say"
        return Answered(value=None, saw=saw)
    permitted = verdicts.pop()
    scope = {True: "namespaced", False: "cluster-scoped", None: "any scope"}[namespaced]
    lists = "; ".join(f"{field}: {_listed(spec, field)}" for field in LISTS if spec.get(field)) or "no lists"
    verb = "permits" if permitted else "does not permit"
    return Answered(value=permitted, saw=f"project {state.project} {verb} {shown} ({scope}); {lists}")


def permits_destination(spec: Mapping[str, Any], state: AppState, *, server: str, bare: str) -> Answered:
    """Whether the project permits the Application's destination; a `!` denies, whatever else permits."""
    namespace = state.destination_namespace
    rows = records(spec.get("destinations"))
    listed = "; ".join(
        f"{name(row.get('server')) or name(row.get('name'))} {name(row.get('namespace'))}".strip() for row in rows[:6]
    )
    permitted = _destination_permitted(rows, server=server, bare=bare, namespace=namespace)
    verb = "permits" if permitted else "does not permit"
    saw = f"project {state.project} {verb} {server or bare} {namespace}; destinations: {listed or 'none'}"
    return Answered(value=permitted, saw=saw)


def _destination_permitted(rows: list[Mapping[str, Any]], *, server: str, bare: str, namespace: str) -> bool:
    permitted = False
    for row in rows:
        servers, called, spaces = (name(row.get(field)) for field in ("server", "name", "namespace"))
        by_server = bool(server) and _either(servers, server)
        by_name = bool(bare) and _either(called, bare)
        by_namespace = _either(spaces, namespace)
        if (by_server or by_name) and by_namespace:
            permitted = True
            continue
        elsewhere = by_namespace and ((_denies(called) and not by_name) or (_denies(servers) and not by_server))
        if elsewhere or (by_server and _denies(spaces) and not by_namespace):
            return False
    return permitted


def _either(pattern: str, text: str) -> bool:
    """Whether a pattern fits; one that denies fits everything else."""
    return not glob(pattern[1:], text) if _denies(pattern) else glob(pattern, text)


def _denies(pattern: str) -> bool:
    return pattern.startswith("!")


def permits_source(spec: Mapping[str, Any], state: AppState) -> Answered:
    """Whether the project permits every repository of the Application."""
    patterns = names(spec.get("sourceRepos"))
    refused = [url for url in state.repositories if not source_permitted(patterns, url)]
    listed = ", ".join(patterns[:6]) or "none"
    if not state.repositories:
        return Answered(value=None, saw=f"{state.ref} names no repository")
    if refused:
        saw = f"project {state.project} does not permit {refused[0]}; sourceRepos: {listed}"
        return Answered(value=False, saw=saw, fields={"repo": refused[0]})
    return Answered(
        value=True, saw=f"project {state.project} permits {', '.join(state.repositories)}; sourceRepos: {listed}"
    )


def source_permitted(patterns: tuple[str, ...], url: str) -> bool:
    """Whether one of the patterns permits a repository and none denies it."""
    bare = url.removesuffix("/").removesuffix(".git")
    denied = any(glob(item[1:].removesuffix(".git"), bare, separator="/") for item in patterns if item.startswith("!"))
    return not denied and any(
        item == "*" or glob(item.removesuffix(".git"), bare, separator="/")
        for item in patterns
        if not item.startswith("!")
    )


def glob(pattern: str, text: str, *, separator: str = "") -> bool:
    """Argo CD's wildcard: `*` stops at the separator where there is one, `**` doesn't."""
    if pattern == "*":
        return True
    single = f"[^{re.escape(separator)}]*" if separator else ".*"
    parts = re.split(r"(\*\*?|\?)", pattern[:1000])
    made = "".join({"**": ".*", "*": single, "?": "."}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(re.sub(r"(?:\.\*)+", ".*", made), text, re.DOTALL) is not None


def _namespaced(state: AppState, group: str, kind: str) -> bool | None:
    if (group, kind) in CLUSTER_KINDS:
        return False
    if group in BUILT_IN or group.endswith(".k8s.io"):
        return True
    seen = {
        bool(item.object.namespace)
        for item in state.resources
        if (item.object.group, item.object.kind) == (group, kind)
    }
    return seen.pop() if len(seen) == 1 else None


def _permitted(spec: Mapping[str, Any], group: str, kind: str, *, namespaced: bool) -> bool:
    scope = "namespace" if namespaced else "cluster"
    white, black = records(spec.get(f"{scope}ResourceWhitelist")), records(spec.get(f"{scope}ResourceBlacklist"))
    # Without a list, namespaced kinds are permitted and cluster-scoped ones are not.
    listed = _in(white, group, kind) if white else namespaced
    return listed and not _in(black, group, kind)


def _in(rows: list[Mapping[str, Any]], group: str, kind: str) -> bool:
    return any(glob(name(row.get("group")), group) and glob(name(row.get("kind")), kind) for row in rows)


def _listed(spec: Mapping[str, Any], field: str) -> str:
    rows = records(spec.get(field))
    shown = [f"{name(row.get('group'))}/{name(row.get('kind'))}".removeprefix("/") for row in rows[:6]]
    return ", ".join(shown) + (" …" if len(rows) > len(shown) else "")
