"""What people ask is answered where they asked; what they confirm is done once, and only as they read it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.core.acts import Act
from bot.core.cards import IncidentCard, Note, PlanCard, StatusCard, phrase
from bot.core.incidents import AuditRow, Command, Incident, Thread
from bot.core.permission import Policy, Rule, Scope, Who, everything_for
from bot.core.plans import ROLLBACK, SYNC, Plan
from bot.core.signals import AppRef
from bot.core.states import AppState, HistoryEntry, ManagedResource, Operation, RevisionInfo, SyncWindows
from bot.service.approvals import Approvals
from bot.service.ask import Asking
from bot.service.commands import Commands
from bot.service.debts import Debts
from bot.service.execute import Executor
from bot.service.gather import Gatherer
from bot.service.people import People
from bot.service.ports import Chat, GitOps, NotFound, PortError, Refused, Store, Unreachable
from bot.service.respond import Responder
from bot.service.reviews import CONFIRMED_WITHIN, Reviews
from bot.service.words import Words

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
    notes: dict[str, Note] = field(default_factory=dict)

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

    async def find(self, key: str, *, thread: str = "") -> str | None:
        return "5.0" if key in self.notes else None

    async def post_note(self, thread: str, note: Note, *, key: str) -> str:
        self._note("post_note", thread, note)
        self.notes[key] = note
        return "5.0"

    async def edit_note(self, ts: str, note: Note) -> None:
        self._note("edit_note", ts, note)

    async def members(self, group: str) -> frozenset[str]:
        if self.failures.get("members"):
            raise self.failures["members"][0]
        return frozenset({"U3"})

    async def email(self, user: str) -> str:
        return f"{user}@sre.example.com"

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
    steps: dict[str, dict[str, Mapping[str, object]]] = field(default_factory=dict)

    async def journal(self, command: str, step: str, data: Mapping[str, object]) -> None:
        self.steps.setdefault(command, {}).setdefault(step, data)

    async def journaled(self, command: str) -> Mapping[str, Mapping[str, object]]:
        return dict(self.steps.get(command, {}))

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

    async def managed(self, ref: AppRef) -> Sequence[ManagedResource]:
        return ()

    async def manifests(self, ref: AppRef, revision: str) -> Sequence[str]:
        return ()

    async def sync_windows(self, ref: AppRef) -> SyncWindows:
        return SyncWindows(can_sync=True)

    async def revision(self, ref: AppRef, revision: str, *, history_id: int | None = None) -> RevisionInfo:
        return RevisionInfo(revision=revision, author="ada", message=f"Commit {revision}")


@dataclass
class Doing:
    """An executor that only notes what it is given."""

    done: list[tuple[str, int | None]] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)

    acts: list[Act] = field(default_factory=list)

    async def resumes(self, command: str) -> bool:
        return command in self.begun

    async def execute(self, act: Act, plan: Plan, *, seen: AppState) -> str:
        self.acts.append(act)
        self.done.append((plan.verb, plan.wanted.history_id))
        return "succeeded"

    async def resume(self, command: str) -> str:
        self.done.append((f"resumed {command}", None))
        return "failed"


class NoPlatforms:
    """Nobody to ask about images and nodes."""

    async def of_nodes(self, cluster: str) -> frozenset[str] | None:
        return None

    async def of_image(self, image: str, cluster: str) -> frozenset[str] | None:
        return None


async def _no_debt(app: AppRef) -> None:
    return None


class Answers:
    """Knows one Application."""

    async def why(self, name: str) -> Sequence[Note]:
        return [Note(headline=phrase("About {{name}}", name=name))]

    def no_one(self, name: str) -> Sequence[Note]:
        return [Note(headline=phrase("no such app"))]

    async def status(self) -> StatusCard:
        return StatusCard(headline=phrase("No open incidents."), lines=())

    def named(self, name: str) -> AppRef | None:
        return SHOP if name.endswith("shop") else None


class NoBoard:
    """A board on which nothing stands."""

    def __init__(self) -> None:
        self.board = self.ledger = self

    def live_of_apps(self, apps: Sequence[str]) -> list[Incident]:
        return []


@dataclass
class Desk:
    """Commands with everything around them noted."""

    chat: Channel = field(default_factory=Channel)
    store: Memory = field(default_factory=Memory)
    argo: Argo = field(default_factory=Argo)
    executor: Doing = field(default_factory=Doing)
    policy: Policy = field(default_factory=lambda: everything_for(["U1"]))
    now: datetime = NOW
    ids: int = 0

    def __post_init__(self) -> None:
        store, chat = cast("Store", self.store), cast("Chat", self.chat)
        gitops = {"main": cast("GitOps", self.argo)}
        people = People(store=store, chat=chat, policy=self.policy, clock=lambda: self.now)
        gatherer = Gatherer(
            gitops=gitops, platforms=NoPlatforms(), seen_healthy=lambda _: {}, debt=_no_debt, deadline=1
        )
        reviews = Reviews(
            chat=chat,
            people=people,
            gitops=gitops,
            apps=lambda: {SHOP: self.argo.state},
            gatherer=gatherer,
            executor=cast("Executor", self.executor),
            approvals=Approvals(
                store=store, chat=chat, people=people, clock=lambda: self.now, within=timedelta(minutes=15)
            ),
            clock=lambda: self.now,
        )
        words = Words(
            chat=chat,
            people=people,
            asking=cast("Asking", Answers()),
            reviews=reviews,
            gatherer=gatherer,
            gitops=gitops,
            debts=cast("Debts", None),
            responder=cast("Responder", NoBoard()),
            clock=lambda: self.now,
        )
        self.commands = Commands(store=store, people=people, reviews=reviews, words=words)

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
    payload = {"action": "plan", "value": ROLLBACK_SHOP, "trigger_id": "t", "channel": "C1", "thread": "1.0"}
    assert await desk.run("click", **payload) == "expired"
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
    assert [button.value for button in note.buttons] == [f"{ROLLBACK_SHOP}||1"]


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
    assert desk.executor.done == [("resumed begun-before", None)]


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


# -- acting words


@pytest.mark.parametrize("word", ["sync", "rollback", "terminate", "refresh", "restart", "pause", "restore"])
async def test_an_acting_word_opens_the_plan_that_a_button_opens(desk: Desk, word: str) -> None:
    assert await desk.run("slash", text=f"{word} shop", trigger_id="t", response_url="url") == "planned"
    (card,) = desk.chat.plans()
    assert card.value.startswith(f"argocd.{word}|main|argocd|shop")


async def test_an_acting_word_said_in_a_thread_gets_a_button_there(desk: Desk) -> None:
    assert await desk.run("mention", text="rollback shop 0", channel="C1", thread="1.0") == "answered"
    _, (channel, thread, (note,)) = desk.chat.said[-1]
    assert (channel, thread) == ("C1", "1.0")
    assert [button.value for button in note.buttons] == [f"{ROLLBACK}|main|argocd|shop|||0"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("sync", "Which Application?", id="no name"),
        pytest.param("rollback shop newest", "nothing that", id="no such target"),
        pytest.param("sync elsewhere", "no such app", id="unknown"),
        pytest.param("fly shop", "I don't know", id="unknown word"),
        pytest.param("ack shop", "no open incident", id="nothing to acknowledge"),
    ],
)
async def test_words_that_lead_nowhere_say_so(desk: Desk, text: str, said: str) -> None:
    assert await desk.run("slash", text=text, trigger_id="t", response_url="url") == "answered"
    assert said in desk.chat.texts()
    assert desk.executor.done == []


async def test_history_says_which_one_a_rollback_takes(desk: Desk) -> None:
    await desk.run("slash", text="history shop", response_url="url")
    _, (_, (note,), _) = desk.chat.said[-1]
    assert ["proposes this one" in line.template for line in note.lines] == [False, True, False]


# -- a second person

BOTH = Policy(rules=(Rule(who=Who(users=("U1", "U2")), scope=Scope()),), second_person=(Scope(actions=("rollback",)),))


async def asked(desk: Desk) -> str:
    """U1 confirms a rollback; returns the value of the approval's buttons."""
    card = await desk.reviewed()
    assert card.confirm == "Ask for approval"
    assert (
        await desk.run("submit", id="asks", value=card.value, view="V1", channel="C1") == "waiting for a second person"
    )
    assert desk.executor.done == []
    (note,) = desk.chat.notes.values()
    approve, decline = note.buttons
    assert (approve.action, decline.action, approve.value) == ("approve", "decline", decline.value)
    return approve.value


@pytest.fixture
def two() -> Desk:
    return Desk(policy=BOTH)


async def test_a_second_person_approves_and_it_is_done_once(two: Desk) -> None:
    value = await asked(two)
    assert await two.run("click", user="U2", action="approve", value=value, channel="C1", name="bo") == "succeeded"
    assert await two.run("click", user="U2", action="approve", value=value, channel="C1") == "refused"
    assert "approved by bo already" in two.chat.texts()
    (act,) = two.executor.acts
    assert (act.by, act.approved_by) == ("U1", "bo")
    assert [row.result for row in two.store.audits] == ["approval asked", "approved"]


@pytest.mark.parametrize(
    ("user", "later", "said"),
    [
        pytest.param("U1", timedelta(0), "somebody else has to approve", id="the one who asked"),
        pytest.param("U9", timedelta(0), "These people may: @U1, @U2", id="who may not do it either"),
        pytest.param("U2", timedelta(minutes=16), "expired", id="too late"),
    ],
)
async def test_who_cannot_approve_is_told_why(two: Desk, user: str, later: timedelta, said: str) -> None:
    value = await asked(two)
    two.now += later
    assert await two.run("click", user=user, action="approve", value=value, channel="C1") == "refused"
    assert said in two.chat.texts()
    assert two.executor.done == []


async def test_what_was_declined_can_no_longer_be_approved(two: Desk) -> None:
    value = await asked(two)
    assert await two.run("click", user="U1", action="decline", value=value, channel="C1") == "declined"
    assert await two.run("click", user="U2", action="approve", value=value, channel="C1") == "refused"
    assert two.executor.done == []


async def test_an_approval_of_what_moved_on_does_nothing(two: Desk) -> None:
    value = await asked(two)
    two.argo.state = replace(STATE, revision="d")
    assert await two.run("click", user="U2", action="approve", value=value, channel="C1") == "stale"
    assert two.executor.done == []
    assert "moved on" in two.chat.texts()


async def test_a_forged_request_is_not_carried_out(two: Desk) -> None:
    value = await asked(two)
    forged = value.replace("|1", "|0")
    assert forged != value
    assert await two.run("click", user="U2", action="approve", value=forged, channel="C1") == "refused"
    assert two.executor.done == []


async def test_a_restart_asks_the_second_person_only_once(two: Desk) -> None:
    value = await asked(two)
    plan = value.partition("@")[2]
    two.chat.said.clear()
    two.store.results.clear()
    two.commands = Desk(policy=BOTH, chat=two.chat, store=two.store, argo=two.argo, executor=two.executor).commands
    assert await two.run("submit", id="asks", value=plan, view="V1", channel="C1") == "waiting for a second person"
    assert "post_note" not in [method for method, _ in two.chat.said]


async def test_without_anyone_else_who_may_the_plan_is_refused_with_the_way_that_works() -> None:
    alone = Desk(policy=replace(BOTH, rules=everything_for(["U1"]).rules))
    card = await alone.reviewed()
    assert "nobody else may" in str(card.refusal)


# -- groups and addresses


@pytest.mark.parametrize(
    ("who", "user", "result"),
    [
        pytest.param(Who(groups=("S1",)), "U3", "planned", id="in the group"),
        pytest.param(Who(groups=("S1",)), "U4", "refused", id="not in the group"),
        pytest.param(Who(emails=("*@sre.example.com",)), "U4", "planned", id="by address"),
        pytest.param(Who(emails=("*@other.example.com",)), "U4", "refused", id="another address"),
    ],
)
async def test_groups_and_addresses_are_asked_of_the_chat(who: Who, user: str, result: str) -> None:
    desk = Desk(policy=Policy(rules=(Rule(who=who, scope=Scope()),)))
    payload = {"action": "plan", "value": ROLLBACK_SHOP, "trigger_id": "t", "channel": "C1"}
    assert await desk.run("click", user=user, **payload) == result


async def test_while_the_chat_cannot_say_who_someone_is_they_may_not() -> None:
    desk = Desk(policy=Policy(rules=(Rule(who=Who(groups=("S1",)), scope=Scope()),)))
    desk.chat.failures["members"] = [Unreachable("Slack is away")]
    payload = {"action": "plan", "value": ROLLBACK_SHOP, "trigger_id": "t", "channel": "C1"}
    assert await desk.run("click", user="U3", **payload) == "refused"
    assert "could not be asked of Slack" in desk.chat.texts()
