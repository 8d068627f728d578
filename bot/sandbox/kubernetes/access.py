"""Who asks, and what they may not do."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.sandbox.kubernetes.errors import bad_request, forbidden, unauthorized
from bot.sandbox.kubernetes.kinds import Kind
from bot.sandbox.kubernetes.values import Json, dig

USER: Final = "gitops-bot"
READS: Final = ("get", "list", "watch")


@dataclass(frozen=True, slots=True)
class _Rule:
    verb: str
    resource: str
    namespace: str | None


class Access:
    """One token, that may read everything but what is forbidden, and write nothing."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._rules: set[_Rule] = set()
        self.asked: set[tuple[str, str]] = set()

    def forbid(self, resource: str, *, verbs: Iterable[str] = READS, namespace: str | None = None) -> None:
        """Forbid verbs on a resource (`secrets`, `deployments.apps`), everywhere or in one namespace."""
        self._rules.update(_Rule(verb, resource, namespace) for verb in verbs)

    def allow(self, resource: str) -> None:
        """Take back everything that was forbidden on a resource."""
        self._rules = {rule for rule in self._rules if rule.resource != resource}

    def authenticate(self, request: web.Request) -> None:
        """Let in who shows the token."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            raise unauthorized()

    def authorize(self, verb: str, kind: Kind, *, namespace: str = "", name: str = "", subresource: str = "") -> None:
        """Refuse what isn't allowed."""
        resource = f"{kind.resource}/{subresource}" if subresource else kind.resource
        self.asked.add((verb, resource))
        if not self.allowed(verb, resource, namespace):
            raise forbidden(kind, user=USER, verb=verb, namespace=namespace, name=name, subresource=subresource)

    def allowed(self, verb: str, resource: str, namespace: str) -> bool:
        """Say whether a verb is allowed. A list of all namespaces needs the right in every one."""
        return verb in READS and not any(
            (rule.verb, rule.resource) == (verb, resource) and (rule.namespace in (None, namespace) or not namespace)
            for rule in self._rules
        )

    def review(self, body: object) -> Json:
        """Answer a SelfSubjectAccessReview."""
        if not isinstance(body, dict) or not isinstance(body.get("spec"), dict):
            raise bad_request("the object provided is unrecognized (must be of type SelfSubjectAccessReview)")
        asked = body["spec"].get("resourceAttributes") or {}
        group = str(dig(asked, "group") or "")
        resource = f"{asked.get('resource', '')}.{group}" if group else str(asked.get("resource", ""))
        allowed = self.allowed(str(asked.get("verb", "")), resource, str(asked.get("namespace", "")))
        status: Json = {"allowed": allowed}
        if allowed:
            status["reason"] = f'RBAC: allowed by ClusterRoleBinding "{USER}" of ClusterRole "{USER}" to User "{USER}"'
        return {
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "metadata": body.get("metadata") or {},
            "spec": body["spec"],
            "status": status,
        }
