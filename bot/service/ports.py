"""What the loops need of the outside world, as small Protocols. Adapters implement them; tests may too.

Every method may raise `Unreachable` (try again later) or `Refused` (asking again won't help until something changes).
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.core.cards import IncidentCard, Note, PlanCard, StatusCard
from bot.core.debts import Debt
from bot.core.incidents import AuditRow, Changes, Command, OutboxRow, Snapshot, Thread
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import (
    AppState,
    EventReport,
    ListedApp,
    ManagedResource,
    Node,
    PodState,
    RevisionInfo,
    SyncWindows,
    TreeNode,
    Workload,
)
from bot.core.templates import Template


class PortError(Exception):
    """Something outside did not do what was asked. The text is a sentence for the person who can act."""


class Unreachable(PortError):
    """No answer, or one that asks for patience (timeout, connection, 429, 5xx). `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(PortError):
    """A clear no. `status` is the HTTP status (0 where there is none), `reason` a short machine word."""

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class NotFound(Refused):
    """The thing asked for is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppGone:
    """An Application was deleted (DELETED line, or 404 with the project given)."""

    ref: AppRef


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """A sync: everything (no `resources`), or chosen objects. `info` comes back in the operation."""

    resources: tuple[ObjectRef, ...] = ()
    prune: bool = False
    dry_run: bool = False
    info: tuple[tuple[str, str], ...] = ()


class GitOps(Protocol):
    """One Argo CD. `name` is its name in the settings; Applications of others must not be asked here."""

    name: str

    def changes(self) -> AsyncIterator[AppState | AppGone]:
        """The Application stream from its start (a replay of all, then live). Ends or raises when it is cut."""

    async def listed(self) -> Sequence[ListedApp]:
        """Every Application that may be read, with its resourceVersion."""

    async def app(self, ref: AppRef, *, refresh: bool = False, project: str = "") -> AppState:
        """One Application. `NotFound` only where `project` is given (facts §1.1); else an absent one is `Refused`."""

    async def tree(self, ref: AppRef) -> Sequence[TreeNode]: ...

    async def managed(self, ref: AppRef) -> Sequence[ManagedResource]: ...

    async def manifests(self, ref: AppRef, revision: str) -> Sequence[str]:
        """What a revision renders to with today's parameters, as JSON texts; Secrets may be in clear: never store."""

    async def revision(self, ref: AppRef, revision: str, *, history_id: int | None = None) -> RevisionInfo: ...

    async def sync_windows(self, ref: AppRef) -> SyncWindows: ...

    async def application_set_keeps_sync_policy(self, name: str, namespace: str) -> bool:
        """Whether the ApplicationSet ignores differences in /spec/syncPolicy, so that a pause would stand."""

    async def can_i(self, action: str, project: str, name: str) -> bool:
        """`get`, `sync`, `rollback`, `update` on one Application: its name, or `namespace/name`.

        Never for `action/…` (facts §8.24).
        """

    async def sync(self, ref: AppRef, request: SyncRequest, *, project: str) -> None: ...

    async def rollback(self, ref: AppRef, history_id: int, *, prune: bool, project: str) -> None: ...

    async def terminate(self, ref: AppRef, *, project: str) -> None: ...

    async def refresh_hard(self, ref: AppRef, *, project: str) -> AppState:
        """Render the manifests anew, compare, and return the state after it."""

    async def restart(self, ref: AppRef, workload: ObjectRef, *, project: str) -> None:
        """The resource action `restart` on a Deployment, StatefulSet or DaemonSet."""

    async def toggle_auto_sync(self, ref: AppRef, *, parent: AppRef, parent_project: str) -> None:
        """The resource action on the child through its parent: flips `automated.enabled` (facts §8.24)."""

    async def set_auto_sync(self, ref: AppRef, *, enabled: bool, project: str) -> None:
        """PUT spec with `automated.enabled`, read-modify-write, `validate=false`."""

    async def username(self) -> str:
        """The account's name, as operations it starts carry it in `initiatedBy`."""

    async def check(self) -> str:
        """Who we are there (user name and version), or raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relisted:
    """A complete list: what isn't in `uids` is gone. `kind` is Event or Pod."""

    cluster: str
    kind: str
    uids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """One object left the watch. For an Event that says nothing about what it reported."""

    cluster: str
    kind: str
    uid: str
    object: ObjectRef


class Workloads(Protocol):
    """What owner walks ask of a cluster."""

    async def workload(self, ref: ObjectRef) -> Workload:
        """One live object (metadata, owner, replica counts); `NotFound` when it isn't there."""


class Cluster(Workloads, Protocol):
    """One Kubernetes cluster, read only. `name` is its name in the settings."""

    name: str

    def events(self) -> AsyncIterator[EventReport | Relisted | Deleted]:
        """Events of every kind, listed then watched, resumed, relisted on 410. Raises when the server is away."""

    def pods(self) -> AsyncIterator[PodState | Relisted | Deleted]: ...

    async def exists(self, ref: ObjectRef) -> bool: ...

    async def nodes(self) -> Sequence[Node]: ...

    async def api_group_served(self, group: str, kind: str) -> bool:
        """Whether the API server serves this kind in any version of the group."""

    async def check(self) -> str:
        """The server's version, or raises."""


class Chat(Protocol):
    """One channel of one chat. Time stamps (`ts`) name messages."""

    async def post_card(self, card: IncidentCard, *, key: str) -> str:
        """Post an incident's root message; returns its ts. `key` stands in the message's metadata."""

    async def edit_card(self, ts: str, card: IncidentCard) -> None: ...

    async def post_details(self, thread: str, card: IncidentCard, *, key: str) -> str:
        """The thread's first message: proof, fixes, what was ruled out."""

    async def edit_details(self, ts: str, card: IncidentCard) -> None: ...

    async def post_note(self, thread: str, note: Note, *, key: str) -> str: ...

    async def edit_note(self, ts: str, note: Note) -> None: ...

    async def find(self, key: str, *, thread: str = "") -> str | None:
        """The ts of the message that carries this key, if it was posted already."""

    async def permalink(self, ts: str) -> str: ...

    async def whisper(self, channel: str, user: str, note: Note, *, thread: str = "") -> None:
        """Say something to one person only."""

    async def answer(
        self, response_url: str, cards: Sequence[IncidentCard | Note | StatusCard], *, public: bool
    ) -> None:
        """Answer a slash command (at most 5 times within 30 minutes)."""

    async def open_plan(self, trigger_id: str, *, title: str) -> str | None:
        """Open a «reading…» modal at once; its view id, or None when the trigger has expired."""

    async def show_plan(self, view: str, plan: PlanCard) -> None: ...

    async def members(self, group: str) -> frozenset[str]:
        """User ids of a user group."""

    async def email(self, user: str) -> str:
        """A person's e-mail address; empty where there is none."""

    async def say_here(self, channel: str, thread: str, cards: Sequence[IncidentCard | Note | StatusCard]) -> None: ...

    async def check(self) -> str: ...


class Inbox(Protocol):
    """Where the chat's listeners leave what people asked, durably, before they acknowledge."""

    async def receive(self, command: Command) -> bool:
        """Store it; False when this dedupe key was seen before."""


class Store(Protocol):
    """Durable state. `commit` is one transaction: after a crash all of it is there or none."""

    async def load(self) -> Snapshot: ...

    async def commit(self, changes: Changes) -> None: ...

    async def outbox(self, *, now: datetime, limit: int = 100) -> Sequence[OutboxRow]:
        """Rows due, oldest first."""

    async def outbox_done(self, row: OutboxRow) -> None:
        """Forget a sent row, unless it was queued again (newer `version`) meanwhile."""

    async def outbox_retry(self, row: OutboxRow, *, due: datetime, error: str) -> None: ...

    async def save_thread(self, thread: Thread) -> None: ...

    async def thread(self, incident: str) -> Thread | None: ...

    async def receive(self, command: Command) -> bool: ...

    async def commands(self) -> Sequence[Command]:
        """Commands not finished yet, oldest first (at start: also those a crash interrupted)."""

    async def debts(self) -> Sequence[Debt]:
        """Debts that aren't settled, oldest first."""

    async def save_debt(self, debt: Debt) -> None: ...

    async def journal(self, command: str, step: str, data: Mapping[str, object]) -> None: ...

    async def journaled(self, command: str) -> Mapping[str, Mapping[str, object]]: ...

    async def finish(self, command: str, *, result: str) -> None: ...

    async def audit(self, row: AuditRow) -> None: ...

    async def audit_head(self) -> tuple[int, str]:
        """Number and hash of the audit log's last row, to be noted elsewhere too."""

    async def prune(self) -> None:
        """Drop what is over and older than is to be kept. The audit stays."""

    async def check(self) -> str: ...


class TemplateStore(Protocol):
    """Where messages that no entry explains are counted, by template."""

    async def templates(self) -> Sequence[Template]:
        """All of them, the most frequent first."""

    async def save_templates(self, changed: Sequence[Template], dropped: Collection[str]) -> None: ...


class Meter(Protocol):
    """What is counted of the work; each method is named for what happened."""

    def reading_arrived(self, source: str) -> None: ...

    def signal_matched(self, verdict: str) -> None: ...

    def incidents_counted(self, by_severity: Mapping[str, int]) -> None: ...

    def message_posted(self, *, seconds_since_evidence: float | None = None) -> None: ...

    def message_edited(self) -> None: ...

    def message_failed(self) -> None: ...

    def queue_measured(self, rows: int) -> None: ...


class Health(StrEnum):
    """How a part of the bot is doing."""

    STARTING = "starting"
    OK = "ok"
    FAILING = "failing"


@dataclass(slots=True)
class Readiness:
    """What /readyz tells: each part's state and a sentence. Parts report here; the web adapter reads."""

    parts: dict[str, tuple[Health, str]] = field(default_factory=dict)

    def report(self, part: str, health: Health, detail: str = "") -> None:
        """Note how a part is doing now."""
        self.parts[part] = (health, detail)

    @property
    def ready(self) -> bool:
        """Whether every part is well."""
        return bool(self.parts) and all(health is Health.OK for health, _ in self.parts.values())
