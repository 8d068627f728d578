"""Who asks: accounts, their tokens and rights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from aiohttp import web

from bot.sandbox.argocd.errors import UNAUTHENTICATED, ApiError, permission_denied

TOGGLE_AUTO_SYNC: Final = "action/argoproj.io/Application/toggle-auto-sync"
ACTIONS: Final = ("get", "create", "update", "delete", "sync", "rollback", "override", "action", "invoke")
RESOURCES: Final = (
    "accounts",
    "applications",
    "applicationsets",
    "certificates",
    "clusters",
    "exec",
    "extensions",
    "gpgkeys",
    "logs",
    "projects",
    "repositories",
    "write-repositories",
)
RESPONDER_RIGHTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "get": ("*",),
        "sync": ("*",),
        "update": ("*",),
        "action/*": ("*",),
        "logs.get": ("*",),
        "projects.get": ("*",),
        "clusters.get": ("*",),
        "repositories.get": ("*",),
        "applicationsets.get": ("*",),
    }
)
"""What the recorded responder may do: no override, no delete."""

_NO_SESSION: Final = "no session information"
_JWT_PARTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account and its token.

    `rights` maps what may be done to globs of `project/app`: for Applications the bare action (`get`, `sync`, `update`,
    `override`, `delete`, `rollback`, `action/<group>/<kind>/<action>`), for others `<resource>.<action>`
    (`projects.get`, `clusters.get`, `logs.get`). `*` matches slashes, as Argo CD's globs do.
    """

    name: str
    token: str
    rights: Mapping[str, Sequence[str]] = field(default_factory=lambda: RESPONDER_RIGHTS)
    issued_at: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    token_id: str = "t1"  # noqa: S105 - the id of a token, not one
    revoked: bool = False
    expired: bool = False
    password: str | None = None

    def may(self, right: str, name: str) -> bool:
        """Say whether this account holds a right over `name`."""
        return any(
            fnmatchcase(right, held) and any(fnmatchcase(name, pattern) for pattern in names)
            for held, names in self.rights.items()
        )

    def require_detailed(self, action: str, name: str) -> None:
        """Raise the refusal that names itself, as a sync's does."""
        if not self.may(action, name):
            issued = self.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ")
            raise permission_denied(f"applications, {action}, {name}, sub: {self.name}, iat: {issued}")


class Sessions:
    """Turns a request's credentials into an account."""

    def __init__(self, accounts: Sequence[Account], *, enforce_rollback: bool = False) -> None:
        self._by_token = {account.token: account for account in accounts}
        self.rollback_right = "rollback" if enforce_rollback else "sync"

    def add(self, account: Account) -> None:
        """Add an account, or replace the one that holds its token."""
        self._by_token[account.token] = account

    def revoke(self, token: str) -> None:
        """Let a token be known but no longer good."""
        self._by_token[token] = replace(self._by_token[token], revoked=True)

    def log_in(self, username: str, password: str) -> str:
        """Return the token of an account that has this password."""
        for account in self._by_token.values():
            if account.password is not None and (account.name, account.password) == (username, password):
                return account.token
        raise ApiError(UNAUTHENTICATED, "Invalid username or password")

    def find(self, request: web.Request) -> Account | None:
        """Return the account, or None where authenticate would refuse."""
        try:
            return self.authenticate(request)
        except ApiError:
            return None

    def authenticate(self, request: web.Request) -> Account:
        """Return the account of a request's bearer token or cookie; raises ApiError 401 in Argo CD's words."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            token = request.cookies.get("argocd.token", "")
        account = self._by_token.get(token)
        if account is None:
            # What doesn't look like a JWT is ignored as though it had not been sent.
            if token.count(".") != _JWT_PARTS - 1:
                raise ApiError(UNAUTHENTICATED, _NO_SESSION)
            raise ApiError(UNAUTHENTICATED, "invalid session: token signature is invalid: signature is invalid")
        if account.revoked:
            raise ApiError(
                UNAUTHENTICATED,
                f"invalid session: account {account.name} does not have token with id {account.token_id}",
            )
        if account.expired:
            raise ApiError(UNAUTHENTICATED, "invalid session: token has invalid claims: token is expired")
        return account
