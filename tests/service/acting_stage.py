"""A stage for acts: the real store, the real client and the sandbox's Argo CD over the wire; only the chat is noted.

It can be killed: at a chosen call of the store or of Argo CD everything stops as at kill -9, and `revive` starts anew
on the same database, the same Argo CD and the same channel.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, cast

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from sqlalchemy import select

from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.parse import Place
from bot.adapters.metrics import Metrics
from bot.adapters.store import SqlStore, open_store
from bot.adapters.store.tables import commands
from bot.core.board import Board
from bot.core.cards import Note, PlanCard, phrase
from bot.core.incidents import AuditRow, Command
from bot.core.permission import Policy, everything_for
from bot.core.placement import Recognised
from bot.core.plans import Wanted
from bot.core.signals import AppRef
from bot.core.timing import Timing
from bot.sandbox.argocd import FakeArgoCD
from bot.sandbox.faults import Faults
from bot.service.acting import Acting, ActingTimes, acting
from bot.service.ask import Asking
from bot.service.enrich import OwnerFinder
from bot.service.ports import Chat, GitOps, Store
from bot.service.respond import Responder
from tests.sandbox.argocd.conftest import BAD, GOOD, SOURCE, application

__all__ = ["BAD", "GOOD", "WEB", "ActingStage", "Channel", "Killed", "application", "child", "parent"]

Json = dict[str, Any]
WEB = AppRef(argocd="main", name="web")
SHORT = timedelta(seconds=1)
TIMES = ActingTimes(
    question_deadline=timedelta(seconds=2),
    follow_poll=timedelta(milliseconds=20),
    follow_timeout=timedelta(seconds=8),
    reconcile_wait=SHORT,
    approval_within=timedelta(minutes=5),
    remind_debt_every=timedelta(hours=4),
    bake=timedelta(minutes=5),
)
READS = (
    "manifests",
    "username",
    "journaled",
    "debts",
    "thread",
    "commands",
    "find",
    "app",
    "can_i",
    "sync_windows",
    "managed",
    "revision",
)


class Killed(BaseException):
    """The process is gone: nothing of it runs any further."""


@dataclass
class Channel:
    """A chat with one channel: what was said stays when the bot dies."""

    notes: dict[str, Note] = field(default_factory=dict)
    plans: list[PlanCard] = field(default_factory=list)
    private: list[Note] = field(default_factory=list)
    edits: list[Note] = field(default_factory=list)

    async def find(self, key: str, *, thread: str = "") -> str | None:
        return key if key in self.notes else None

    async def post_note(self, thread: str, note: Note, *, key: str) -> str:
        assert key not in self.notes, f"{key} was posted twice"
        self.notes[key] = note
        return key

    async def edit_note(self, ts: str, note: Note) -> None:
        assert ts in self.notes
        self.notes[ts] = note
        self.edits.append(note)

    async def open_plan(self, trigger_id: str, *, title: str) -> str | None:
        return "V1"

    async def show_plan(self, view: str, plan: PlanCard) -> None:
        self.plans.append(plan)

    async def whisper(self, channel: str, user: str, note: Note, *, thread: str = "") -> None:
        self.private.append(note)

    async def answer(self, response_url: str, cards: list[Note], *, public: bool) -> None:
        self.private.extend(cards)

    def told(self) -> str:
        """The last state of every note."""
        return str(list(self.notes.values()))


class Dying:
    """A port that dies at the n-th call over all ports of one life, before or after it is done."""

    def __init__(self, port: object, life: "Life") -> None:
        self._port = port
        self._life = life

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the port has
        found = getattr(self._port, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*arguments: object, **named: object) -> object:
            self._life.before(name)
            answer = await found(*arguments, **named)
            self._life.after(name)
            return answer

        return call


@dataclass
class Life:
    """Counts calls that change something; dies at the chosen one."""

    die_at: int = 0
    after_it: bool = False
    calls: list[str] = field(default_factory=list)

    def before(self, name: str) -> None:
        if name in READS:
            return
        self.calls.append(name)
        if len(self.calls) == self.die_at and not self.after_it:
            raise Killed(name)

    def after(self, name: str) -> None:
        if name not in READS and len(self.calls) == self.die_at and self.after_it:
            raise Killed(name)


class NoPlatforms:
    async def of_nodes(self, cluster: str) -> frozenset[str] | None:
        return None

    async def of_image(self, image: str, cluster: str) -> frozenset[str] | None:
        return None


class Answers:
    def named(self, name: str) -> AppRef | None:
        return WEB if name == "web" else None


class ActingStage:
    """Open it with `async with`; `folder` holds the database."""

    def __init__(
        self,
        folder: Path,
        *,
        policy: Policy | None = None,
        apps: tuple[Json, ...] = (),
        speed: float = 25,
        times: ActingTimes = TIMES,
        within: float = 2,
        fake: Callable[[], FakeArgoCD] | None = None,
    ) -> None:
        self.chat = Channel()
        self.argocd = fake() if fake else FakeArgoCD(speed=speed, clock=lambda: datetime.now(UTC))
        self.faults = Faults()
        self.ahead = timedelta(0)
        self.late = timedelta(0)
        self._apps = apps or (child(), parent())
        self._folder = folder
        self._policy = policy or everything_for(["U1", "U2"])
        self._times = times
        self._within = within
        self._stack = AsyncExitStack()
        self._number = 0

    async def __aenter__(self) -> Self:
        for app in self._apps:
            self.argocd.put_application(app)
        server = TestServer(self.argocd.application(middlewares=[self._late, self.faults.middleware("argocd")]))
        await server.start_server()
        self._stack.push_async_callback(server.close)
        self._stack.push_async_callback(self.argocd.close)
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        self.client = ArgoCDClient(
            name="main",
            url=str(server.make_url("/")).rstrip("/"),
            token=self.argocd.token,
            session=session,
            place=Place(argocd="main"),
            timeout=self._within,
        )
        await self.revive()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()
        await self._stack.aclose()

    async def revive(self, life: Life | None = None) -> None:
        """Start the bot anew on what is there; `life` may end it early."""
        if hasattr(self, "store"):
            await self.store.close()
        url = f"sqlite:///{self._folder / 'state.db'}"
        self.store: SqlStore = await open_store(url, retention=timedelta(days=1), clock=self.clock)
        life = life or Life()
        store = cast("Store", Dying(self.store, life))
        gitops = {"main": cast("GitOps", Dying(self.client, life))}
        board = Board(entries={}, recognise=lambda _: Recognised(verdict="unknown"), timing=_timing())
        responder = Responder(
            board=board,
            store=store,
            owners=OwnerFinder({}),
            meter=Metrics(version="test"),
            clock=self.clock,
        )
        board.restore(await self.store.load())
        board.observe_app(await self.client.app(WEB), now=self.clock())
        self.acting: Acting = acting(
            store=store,
            chat=cast("Chat", Dying(self.chat, life)),
            gitops=gitops,
            responder=responder,
            asking=cast("Asking", Answers()),
            policy=self._policy,
            platforms=NoPlatforms(),
            explain=lambda _, result: phrase("explained {{object}}", object=result.object),
            clock=self.clock,
            times=self._times,
        )
        self.responder = responder

    def clock(self) -> datetime:
        """The machine's clock, `ahead` of time if a test says so."""
        return datetime.now(UTC) + self.ahead

    @web.middleware
    async def _late(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Take a change whole, and do it only `late`, whoever still waits for the answer."""
        if request.path.endswith(("/rollback", "/sync")) and self.late:
            await request.read()
            self._lagging = asyncio.ensure_future(self._lag(request, handler))
            return await asyncio.shield(self._lagging)
        return await handler(request)

    async def _lag(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(self.late.total_seconds())
        return await handler(request)

    # -- a person's hands

    async def plan(self, verb: str, *, user: str = "U1", **wanted: Any) -> PlanCard:  # noqa: ANN401  a Wanted's fields
        """Open a plan as a button does; what the modal shows."""
        asked = Wanted(verb=verb, app=WEB, **wanted)
        await self.command("click", user=user, action="plan", value=asked.value(), trigger_id="t", channel="C1")
        return self.chat.plans[-1]

    async def confirm(self, card: PlanCard, *, user: str = "U1", id: str = "") -> str:  # noqa: A002
        """Confirm what a modal shows; the command's result."""
        return await self.command("submit", user=user, id=id, value=card.value, view="V1", channel="C1")

    async def act(self, verb: str, **wanted: Any) -> str:  # noqa: ANN401  a Wanted's fields
        """Open a plan and confirm it."""
        card = await self.plan(verb, **wanted)
        assert card.refusal is None, card.refusal
        return await self.confirm(card)

    async def command(self, kind: str, *, user: str = "U1", id: str = "", **payload: str) -> str:  # noqa: A002
        """Store a command as the chat's listeners do, and run it to its end."""
        self._number += 1
        name = id or f"cmd-{self._number}"
        command = Command(
            id=name,
            dedupe=name,
            kind=kind,
            user=user,
            received_at=self.clock(),
            payload=tuple({"name": user.lower(), **payload}.items()),
        )
        await self.store.receive(command)
        await self.acting.commands._run(command)
        return await self.result(name)

    async def resume(self) -> None:
        """Run what a crash interrupted."""
        for command in await self.store.commands():
            await self.acting.commands._run(command)

    async def result(self, command: str) -> str:
        rows = [row for row in await self.store.commands() if row.id == command]
        return "unfinished" if rows else (await self._finished(command))

    async def _finished(self, command: str) -> str:
        async with self.store.database.reading() as connection:
            found = await connection.execute(select(commands.c.result).where(commands.c.id == command))
            return str(found.scalar_one())

    # -- what came of it

    async def audits(self) -> list[AuditRow]:
        return [stored.row for stored in await self.store.audit_rows()]

    def app(self, name: str = "web") -> Mapping[str, Any]:
        return self.argocd.applications["argocd", name]

    @property
    def auto_sync(self) -> bool:
        policy = self.app()["spec"]["syncPolicy"].get("automated")
        return policy is not None and policy.get("enabled") is not False

    @property
    def history(self) -> list[str]:
        return [entry["revision"] for entry in self.app()["status"]["history"]]


def child() -> Json:
    """A broken Application with auto-sync on, tracked by a self-healing parent."""
    app = application()
    app["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "root:argoproj.io/Application:argocd/web"
    app["spec"]["syncPolicy"]["automated"] = {"selfHeal": True, "prune": True}
    return app


def parent() -> Json:
    app = application("root")
    app["spec"]["syncPolicy"]["automated"] = {"selfHeal": True}
    app["spec"]["source"] = SOURCE
    app["status"]["resources"] = [
        {"group": "argoproj.io", "version": "v1alpha1", "kind": "Application", "namespace": "argocd", "name": "web"}
    ]
    return app


def _timing() -> Timing:
    hour = timedelta(hours=1)
    return Timing(
        hold_degraded=hour,
        hold_out_of_sync=hour,
        hold_symptom=hour,
        clear_after=hour,
        reopen_within=hour,
        not_seen_again=hour,
        remember_events=hour,
    )
