"""What Argo CD lets the bot do: asked once in a while, told in a line, and what isn't known refuses no button."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.core.plans import PAUSE, REFRESH, RESTART, RESTORE, ROLLBACK, SYNC, TERMINATE
from bot.core.signals import AppRef
from bot.core.states import AppState
from bot.service.ports import GitOps, Unreachable
from bot.service.rights import ASKED_AGAIN, REMEMBERED, Granted, Rights

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SHOP = AppState(ref=AppRef(name="shop"), uid="u", resource_version="1", project="web")
OWNED = replace(SHOP, parent=AppRef(name="root"))


class Argo:
    """Answers `can-i`."""

    def __init__(self, **rights: bool) -> None:
        self.rights = rights
        self.asked: list[str] = []
        self.away = False

    async def can_i(self, action: str, project: str, name: str) -> bool:
        self.asked.append(f"{action} {project}/{name}")
        if self.away:
            raise Unreachable("no answer")
        return self.rights.get(action, False)


@pytest.mark.parametrize(
    ("granted", "state", "allowed"),
    [
        pytest.param(
            Granted(), SHOP, {SYNC, ROLLBACK, TERMINATE, REFRESH, RESTART, PAUSE, RESTORE}, id="nothing known"
        ),
        pytest.param(Granted(get=True, sync=False, rollback=False, update=False), SHOP, {REFRESH, RESTART}, id="read"),
        pytest.param(
            Granted(get=True, sync=True, rollback=False, update=False),
            SHOP,
            {REFRESH, RESTART, SYNC, TERMINATE},
            id="no rollback",
        ),
        pytest.param(
            Granted(get=True, sync=False, rollback=True, update=False),
            OWNED,
            {REFRESH, RESTART, PAUSE, RESTORE},
            id="a parent pauses",
        ),
    ],
)
def test_which_buttons_are_worth_drawing(granted: Granted, state: AppState, allowed: set[str]) -> None:
    verbs = (SYNC, ROLLBACK, TERMINATE, REFRESH, RESTART, PAUSE, RESTORE)
    assert {verb for verb in verbs if granted.allows(verb, state)} == allowed


async def test_rights_are_asked_once_in_a_while() -> None:
    argo = Argo(get=True, sync=True)
    now = NOW
    rights = Rights(gitops={"default": cast("GitOps", argo)}, clock=lambda: now, deadline=1)
    assert rights.known(SHOP) == Granted()
    await rights.ask([SHOP])
    await rights.ask([SHOP])
    assert argo.asked == [f"{right} web/argocd/shop" for right in ("get", "sync", "rollback", "update")]
    assert rights.known(SHOP).told() == "may get, sync; may not rollback, update"
    now = NOW + REMEMBERED + timedelta(seconds=1)
    await rights.ask([SHOP])
    assert len(argo.asked) == 8


async def test_what_could_not_be_asked_is_asked_again() -> None:
    argo = Argo(get=True)
    argo.away = True
    now = NOW
    rights = Rights(gitops={"default": cast("GitOps", argo)}, clock=lambda: now, deadline=1)
    await rights.ask([SHOP])
    assert rights.known(SHOP).told() == "could not ask get, sync, rollback, update"
    argo.away = False
    await rights.ask([SHOP])
    assert rights.known(SHOP).get is None, "not asked again at once"
    now = NOW + ASKED_AGAIN + timedelta(seconds=1)
    await rights.ask([SHOP])
    assert rights.known(SHOP).get is True


async def test_a_card_does_not_wait_for_an_argo_cd_that_is_slow() -> None:
    answers = asyncio.Event()

    class Slow(Argo):
        async def can_i(self, action: str, project: str, name: str) -> bool:
            await answers.wait()
            return True

    rights = Rights(gitops={"default": cast("GitOps", Slow())}, clock=lambda: NOW, deadline=5)
    await rights.ask([SHOP], within=0.01)
    assert rights.known(SHOP) == Granted()
    answers.set()
    await rights.ask([SHOP])
    assert rights.known(SHOP).sync is True
