"""Puts together everything between what people ask and what is done: people, plans, approvals, acts, debts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.permission import Policy
from bot.service.approvals import Approvals
from bot.service.ask import Asking
from bot.service.commands import Commands
from bot.service.debts import Debts
from bot.service.execute import Executor
from bot.service.follow import Patience
from bot.service.gather import Gatherer, Platforms
from bot.service.outcome import Explain
from bot.service.people import People
from bot.service.ports import Chat, GitOps, Store
from bot.service.respond import Responder
from bot.service.reviews import Reviews
from bot.service.verify import Verifier
from bot.service.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingTimes:
    """How long acting waits for what. `question_deadline` is for each fact of a plan."""

    question_deadline: timedelta
    follow_poll: timedelta
    follow_timeout: timedelta
    reconcile_wait: timedelta
    approval_within: timedelta
    remind_debt_every: timedelta
    bake: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """The parts that run beside each other."""

    commands: Commands
    debts: Debts
    verifier: Verifier


def acting(
    *,
    store: Store,
    chat: Chat,
    gitops: Mapping[str, GitOps],
    responder: Responder,
    asking: Asking,
    policy: Policy,
    platforms: Platforms,
    explain: Explain,
    clock: Callable[[], datetime],
    times: ActingTimes,
) -> Acting:
    """Build them over the same ports."""
    board = responder.board
    people = People(store=store, chat=chat, policy=policy, clock=clock)
    debts = Debts(store=store, chat=chat, apps=board.known_apps, clock=clock, remind_every=times.remind_debt_every)
    gatherer = Gatherer(
        gitops=gitops,
        platforms=platforms,
        seen_healthy=board.ledger.healthy_deployments,
        debt=debts.of,
        deadline=times.question_deadline.total_seconds(),
    )
    executor = Executor(
        store=store,
        chat=chat,
        responder=responder,
        gitops=gitops,
        debts=debts,
        explain=explain,
        clock=clock,
        patience=Patience(
            poll_every=times.follow_poll.total_seconds(),
            give_up_after=times.follow_timeout,
            sign_within=times.reconcile_wait,
        ),
        bake=times.bake,
    )
    reviews = Reviews(
        chat=chat,
        people=people,
        gitops=gitops,
        apps=board.known_apps,
        gatherer=gatherer,
        executor=executor,
        approvals=Approvals(store=store, chat=chat, people=people, clock=clock, within=times.approval_within),
        clock=clock,
    )
    words = Words(
        chat=chat,
        people=people,
        asking=asking,
        reviews=reviews,
        gatherer=gatherer,
        gitops=gitops,
        debts=debts,
        responder=responder,
        clock=clock,
    )
    return Acting(
        commands=Commands(store=store, people=people, reviews=reviews, words=words),
        debts=debts,
        verifier=Verifier(responder=responder, clock=clock, bake=times.bake),
    )
