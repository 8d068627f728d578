"""What people ask is answered where they asked; what they confirm is done once, and only as they read it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.core.cards import IncidentCard, Note, PlanCard, StatusCard, phrase
from bot.core.incidents import AuditRow, Command, Thread
from bot.core.plans import ROLLBACK, SYNC, Confirmed, Plan
from bot.core.signals import AppRef
from bot.core.states import AppState, HistoryEntry, Operation, RevisionInfo, SyncWindows
from bot.service.ask import Asking
from bot.service.commands import Commands
from bot.service.execute import Executor
from bot.service.ports import Chat, GitOps, NotFound, PortError, Refused, Store, Unreachable
from bot.service.reviews import CONFIRMED_WITHIN

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SHOP = AppRef(argocd="main", name="shop")
ROLLBACK_SHOP = f"{ROLLBACK}|main|argocd|shop|inc-1"
STATE = AppState(
    ref=SHOP,
    uid="u1",
    resource_version="7",
    project="web",
    sync="Synced",
    revision="c",
    health="Degraded",
    history=tuple(HistoryEntry(id=number, revision=revision, deployed_at=NOW) for number, revision in enumerate("abc")),
    operation=Operation(phase="Succeeded", message="", revision="c", started_at=NOW, finished_at=NOW),
)


@dataclass
class Channel:
    """A chat that notes what it is asked; `failures` fail a method once for each error listed."""

    said: list[tuple[str, Any]] = field(default_factory=list)
    failures: dict[str, list[PortError]] = field(default_factory=dict)
    trigger_expired: bool = False

    def _note(self, method: str, *what: object) -> None:
        if self.failures.get(method):
            raise self.failures[method].pop(0)
        self.said.append((method, what if len(what) != 1 else what[0]))

    async def answer(self, url: str, cards: Sequence[IncidentCard | Note | StatusCard], *, public: bool) -> None:
        self._note("answer", url, tuple(cards), public)

    async def say_here(self, channel: str, thread: str, cards: Sequence[object]) -> None:
        self._note("say_here", channel, thread, tuple(cards))

    async def whisper(self, channel: str, user: str, note: Note, *, thread: str = "") -> None:
        self._note("whisper", channel, user, thread, note)

    async def open_plan(self, trigger_id: str, *, title: str) -> str | None:
        self._note("open_plan", title)
        return None if self.trigger_expired else "V1"

    async def show_plan(self, view: str, plan: PlanCard) -> None:
        self._note("show_plan", plan)

    def plans(self) -> list[PlanCard]:
        return [what for method, what in self.said if method == "show_plan"]

    def texts(self) -> str:
        return str(self.said)


@dataclass
class Memory:
    """A store of what commands write."""

    audits: list[AuditRow] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)

    async def audit(self, row: AuditRow) -> None:
        self.audits.append(row)

    async def finish(self, command: str, *, result: str) -> None:
        self.results[command] = result

    async def thread(self, incident: str) -> Thread | None:
        return self.threads.get(incident)


@dataclass
class Argo:
    """An Argo CD with one Application; `slow` holds its answers back."""

    state: AppState = STATE
    error: PortError | None = None
    slow: asyncio.Event | None = None

    async def app(self, ref: AppRef, *, refresh: bool = False, project: str = "") -> AppState:
        state = self.state
        if self.slow is not None:
            slow, self.slow = self.slow, None
            await slow.wait()
        if self.error is not None:
            raise self.error
        return state

    async def can_i(self, action: str, project: str, name: str) -> bool:
        return True

    async def sync_windows(self, ref: AppRef) -> SyncWindows:
        return SyncWindows(can_sync=True)

    async def revision(self, ref: AppRef, revision: str, *, history_id: int | None = None) -> RevisionInfo:
        return RevisionInfo(revision=revision, author="ada", message=f"Commit {revision}")


@dataclass
class Doing:
    """An executor that only notes what it is given."""

    done: list[tuple[str, int | None]] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)

    async def resumes(self, command: Command) -> bool:
        return command.id in self.begun

    async def execute(self, command: Command, plan: Plan) -> str:
        self.done.append((plan.verb, plan.history_id))
        return "succeeded"

    async def resume(self, command: Command, confirmed: Confirmed) -> str:
        self.done.append((f"resumed {confirmed.verb}", confirmed.history_id))
        return "failed"


class Answers:
    """Knows one Application."""

    async def why(self, name: str) -> Sequence[Note]:
        return [Note(headline=phrase("About {{name}}", name=name))]

    async def status(self) -> StatusCard:
        return StatusCard(headline=phrase("No open incidents."), lines=())

    def named(self, name: str) -> AppRef | None:
        return SHOP if name.endswith("shop") else None


@dataclass
class Desk:
    """Commands with everything around them noted."""

    chat: Channel = field(default_factory=Channel)
    store: Memory = field(default_factory=Memory)
    argo: Argo = field(default_factory=Argo)
    executor: Doing = field(default_factory=Doing)
    now: datetime = NOW
    ids: int = 0

    def __post_init__(self) -> None:
        self.commands = Commands(
            store=cast("Store", self.store),
            chat=cast("Chat", self.chat),
            gitops={"main": cast("GitOps", self.argo)},
            asking=cast("Asking", Answers()),
            executor=cast("Executor", self.executor),
            actors=frozenset({"U1"}),
            clock=lambda: self.now,
            deadline=1,
            seen_healthy=lambda _: {},
        )

    def start(self, kind: str, payload: Mapping[str, str], *, user: str = "U1", id: str = "") -> str:  # noqa: A002
        self.ids += 1
        name = id or f"cmd-{self.ids}"
        self.commands.start(
            Command(id=name, dedupe=name, kind=kind, user=user, received_at=NOW, payload=tuple(payload.items()))
        )
        return name

    async def run(self, kind: str, *, user: str = "U1", id: str = "", **payload: str) -> str:  # noqa: A002
        """Run a command to its end; returns its result."""
        name = self.start(kind, payload, user=user, id=id)
        while name not in self.store.results:
            await asyncio.sleep(0)
        return self.store.results[name]

    async def reviewed(self, value: str = ROLLBACK_SHOP) -> PlanCard:
        """Open a plan by a click; returns what is shown."""
        assert await self.run("click", action="plan", value=value, trigger_id="t", channel="C1", thread="1.0") == (
            "planned"
        )
        return self.chat.plans()[-1]


@pytest.fixture
def desk() -> Desk:
    return Desk()


# -- questions


async def test_why_is_private_and_can_be_shared(desk: Desk) -> None:
    assert await desk.run("slash", text="why shop", response_url="url") == "answered"
    ((_, (url, cards, public)),) = desk.chat.said
    assert (url, public) == ("url", False)
    (button,) = cards[-1].buttons
    assert (button.action, button.label, button.value) == ("share", "Share to channel", "main/argocd/shop")
    assert await desk.run("click", action="share", value=button.value, response_url="click-url") == "shared"
    _, (url, cards, public) = desk.chat.said[-1]
    assert (url, public) == ("click-url", True)
    assert "main/argocd/shop" in str(cards)
    assert "buttons=()" in str(cards), "what everybody sees isn't shared again"


@pytest.mark.parametrize("kind", ["slash", "mention"])
async def test_only_a_private_answer_about_one_application_can_be_shared(desk: Desk, kind: str) -> None:
    await desk.run(kind, text="why nothing" if kind == "slash" else "why shop", response_url="url", channel="C1")
    assert "share" not in desk.chat.texts()


async def test_a_mention_is_answered_in_its_thread(desk: Desk) -> None:
    await desk.run("mention", text="status", channel="C1", thread="1.0")
    ((method, (channel, thread, _)),) = desk.chat.said
    assert (method, channel, thread) == ("say_here", "C1", "1.0")


async def test_a_button_nobody_knows_is_answered(desk: Desk) -> None:
    assert await desk.run("click", action="old", channel="C1", thread="1.0") == "ignored"
    assert "does nothing any more" in desk.chat.texts()


# -- plans


async def test_a_click_opens_a_plan(desk: Desk) -> None:
    card = await desk.reviewed()
    assert [method for method, _ in desk.chat.said] == ["open_plan", "show_plan"]
    assert (card.chosen, card.refusal, card.confirm) == ("1", None, "Roll back")
    assert [value for value, _ in card.choices] == ["2", "1", "0"]


async def test_a_trigger_that_is_too_old_gets_a_button(desk: Desk) -> None:
    desk.chat.trigger_expired = True
    assert await desk.run("click", action="plan", value=ROLLBACK_SHOP, channel="C1", thread="1.0") == "expired"
    _, (channel, user, thread, note) = desk.chat.said[-1]
    assert (channel, user, thread) == ("C1", "U1", "1.0")
    assert [(button.label, button.value) for button in note.buttons] == [("Review plan", ROLLBACK_SHOP)]


async def test_a_plan_that_cannot_be_made_says_so_in_its_modal(desk: Desk) -> None:
    desk.argo.error = Unreachable("no answer")
    assert await desk.run("click", action="plan", value=ROLLBACK_SHOP, trigger_id="t", channel="C1") == "failed"
    assert "no answer" in str(desk.chat.plans()[-1].outcome)


async def test_a_modal_closed_before_its_plan_came_is_no_trouble(desk: Desk) -> None:
    desk.chat.failures["show_plan"] = [NotFound("closed")]
    assert await desk.run("click", action="plan", value=ROLLBACK_SHOP, trigger_id="t", channel="C1") == "closed"
    assert [method for method, _ in desk.chat.said] == ["open_plan"]


async def test_another_target_is_planned_in_the_same_modal(desk: Desk) -> None:
    card = await desk.reviewed()
    assert await desk.run("choose", value=card.value, choice="0", view="V1", channel="C1") == "planned"
    chosen = desk.chat.plans()[-1]
    assert (chosen.chosen, "Commit a" in str(chosen.will)) == ("0", True)
    assert await desk.run("submit", value=chosen.value, choice="0", view="V1", channel="C1") == "succeeded"
    assert desk.executor.done == [(ROLLBACK, 0)]


async def test_of_two_quick_picks_the_later_one_is_shown(desk: Desk) -> None:
    card = await desk.reviewed()
    gate = desk.argo.slow = asyncio.Event()
    first = desk.start("choose", {"value": card.value, "choice": "0", "view": "V1"})
    await asyncio.sleep(0)
    assert await desk.run("choose", value=card.value, choice="2", view="V1") == "planned"
    gate.set()
    while first not in desk.store.results:
        await asyncio.sleep(0)
    assert desk.store.results[first] == "overtaken"
    assert desk.chat.plans()[-1].chosen == "2"


# -- confirmations


@pytest.mark.parametrize("verb", [SYNC, ROLLBACK])
async def test_a_confirmed_plan_is_carried_out_and_its_end_is_told(desk: Desk, verb: str) -> None:
    desk.store.threads["inc-1"] = Thread(incident="inc-1", channel="C1", ts="1.0")
    card = await desk.reviewed(f"{verb}|main|argocd|shop|inc-1")
    assert await desk.run("submit", value=card.value, choice=card.chosen, view="V1", channel="C1") == "succeeded"
    assert [done for done, _ in desk.executor.done] == [verb]
    assert "succeeded" in str(desk.chat.plans()[-1].outcome)


async def test_the_end_is_whispered_where_no_thread_and_no_modal_tell_it(desk: Desk) -> None:
    card = await desk.reviewed()
    desk.chat.failures["show_plan"] = [NotFound("closed"), NotFound("closed")]
    await desk.run("submit", value=card.value, view="V1", channel="C1")
    method, (channel, _, _, note) = desk.chat.said[-1]
    assert (method, channel) == ("whisper", "C1")
    assert "succeeded" in str(note)


@pytest.mark.parametrize(
    ("changes", "later", "choice", "said"),
    [
        pytest.param({"revision": "d"}, timedelta(0), "1", "has moved on", id="moved-on"),
        pytest.param({}, timedelta(0), "0", "another target", id="picked-and-not-read"),
        pytest.param({}, CONFIRMED_WITHIN + timedelta(seconds=1), "1", "too long ago", id="long-ago"),
    ],
)
async def test_what_was_not_read_is_shown_and_not_done(
    desk: Desk, changes: dict[str, str], later: timedelta, choice: str, said: str
) -> None:
    card = await desk.reviewed()
    desk.argo.state = replace(STATE, **cast("Any", changes))
    desk.now += later
    assert await desk.run("submit", value=card.value, choice=choice, view="V1", channel="C1") == "stale"
    assert desk.executor.done == []
    again = desk.chat.plans()[-1]
    assert said in again.warnings[0].template
    assert again.confirm == "Roll back"
    desk.now = NOW
    assert await desk.run("submit", value=again.value, choice=again.chosen, view="V1", channel="C1") == "succeeded"
    assert desk.executor.done == [(ROLLBACK, int(choice))]


async def test_a_stale_plan_whose_modal_was_closed_gets_a_button(desk: Desk) -> None:
    desk.store.threads["inc-1"] = Thread(incident="inc-1", channel="C9", ts="9.0")
    card = await desk.reviewed()
    desk.argo.state = replace(STATE, revision="d")
    desk.chat.failures["show_plan"] = [NotFound("closed"), NotFound("closed")]
    assert await desk.run("submit", value=card.value, view="V1", channel="C1") == "stale"
    _, (channel, _, thread, note) = desk.chat.said[-1]
    assert (channel, thread) == ("C9", "9.0")
    assert [button.value for button in note.buttons] == [ROLLBACK_SHOP]


async def test_a_confirmation_that_became_impossible_is_refused_in_its_modal(desk: Desk) -> None:
    card = await desk.reviewed()
    desk.argo.state = replace(STATE, operation_pending=True)
    assert await desk.run("submit", value=card.value, view="V1", channel="C1") == "refused"
    assert "in progress" in str(desk.chat.plans()[-1].refusal)
    assert [row.result for row in desk.store.audits] == ["refused"]
    assert desk.executor.done == []


async def test_what_a_restart_interrupted_goes_on_however_old(desk: Desk) -> None:
    card = await desk.reviewed()
    desk.executor.begun.add("begun-before")
    desk.now += timedelta(hours=2)
    assert await desk.run("submit", id="begun-before", value=card.value, view="V1", channel="C1") == "failed"
    assert desk.executor.done == [(f"resumed {ROLLBACK}", 1)]


@pytest.mark.parametrize("kind", ["click", "choose", "submit"])
async def test_who_may_not_act_is_told_who_may(desk: Desk, kind: str) -> None:
    card = await desk.reviewed()
    desk.chat.said.clear()
    value = ROLLBACK_SHOP if kind == "click" else card.value
    view = "" if kind == "click" else "V1"
    payload = {"action": "plan", "value": value, "view": view, "choice": "1", "channel": "C1", "thread": "1.0"}
    assert await desk.run(kind, user="U2", **payload) == "refused"
    assert "@U1" in desk.chat.texts()
    assert [(row.actor, row.result) for row in desk.store.audits] == [("U2", "refused")]
    assert desk.executor.done == []


async def test_where_the_bot_cannot_whisper_the_click_itself_is_answered(desk: Desk) -> None:
    desk.chat.failures["whisper"] = [Refused("not in channel")]
    payload = {"action": "plan", "value": ROLLBACK_SHOP, "channel": "C2", "response_url": "click-url"}
    assert await desk.run("click", user="U2", **payload) == "refused"
    method, (url, _, public) = desk.chat.said[-1]
    assert (method, url, public) == ("answer", "click-url", False)
