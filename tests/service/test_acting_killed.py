"""Killed before and after each call that changes anything, then started anew: exactly one operation, one story."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.plans import PAUSE, RESTORE, ROLLBACK, SYNC
from bot.service import auto_sync
from tests.service.acting_stage import BAD, GOOD, ActingStage, Killed, Life

MOST_CALLS = 40


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto_sync, "READ_BACK_AFTER", 0.05)


async def killed(stage: ActingStage, verb: str, life: Life) -> bool:
    """Open a plan, then confirm it in a life that ends early; False when it lived to its end."""
    card = await stage.plan(verb)
    assert card.refusal is None, card.refusal
    await stage.revive(life)
    try:
        await stage.confirm(card, id="the-act")
    except Killed:
        return True
    return False


@pytest.mark.parametrize(
    ("verb", "after_it"),
    [
        pytest.param(ROLLBACK, False, id="rollback, before each call"),
        pytest.param(ROLLBACK, True, id="rollback, after each call"),
        # before a call is after the one before it: once is enough for the others
        pytest.param(SYNC, True, id="sync"),
        pytest.param(PAUSE, True, id="pause"),
    ],
)
async def test_killed_anywhere_it_is_done_once_and_told_once(tmp_path: Path, verb: str, after_it: bool) -> None:
    for number in range(1, MOST_CALLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with ActingStage(folder) as stage:
            stage.argocd.forget_outcomes("web")
            life = Life(die_at=number, after_it=after_it)
            if not await killed(stage, verb, life):
                assert number > len(life.calls) >= 6
                return
            where = f"{'after' if after_it else 'before'} call {number}, {life.calls[-1]} ({', '.join(life.calls)})"
            await stage.revive()
            await stage.resume()
            await consistent(stage, verb, where)
    raise AssertionError(f"an act makes fewer than {MOST_CALLS} calls")


async def consistent(stage: ActingStage, verb: str, where: str) -> None:
    """One operation in Argo CD; thread, audit, debts and the command's end say the same."""
    done = {ROLLBACK: [GOOD, BAD, GOOD], SYNC: [GOOD, BAD, BAD], PAUSE: [GOOD, BAD]}[verb]
    assert stage.history == done, where
    assert stage.auto_sync is (verb == SYNC), where
    assert await stage.result("the-act") == "succeeded", where
    (note,) = stage.chat.notes.values()
    assert note.lines, where
    results = [row.result for row in await stage.audits()]
    assert results[0] == "begun", where
    assert results[-1] == "succeeded", f"{where}: {results}"
    assert set(results) == {"begun", "succeeded"}, f"{where}: {results}"
    assert len(results) <= 3, f"{where}: {results}"
    assert [debt.id for debt in await stage.store.debts()] == ([] if verb == SYNC else ["the-act"]), where
    assert (await stage.store.verify_audit()).whole, where


async def test_a_restore_is_not_toggled_twice(tmp_path: Path) -> None:
    for number in range(1, MOST_CALLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with ActingStage(folder) as stage:
            await stage.act(PAUSE)
            life = Life(die_at=number, after_it=True)
            if not await killed(stage, RESTORE, life):
                return
            await stage.revive()
            await stage.resume()
            assert stage.auto_sync, life.calls
            assert await stage.store.debts() == [], life.calls
            assert await stage.result("the-act") == "succeeded", life.calls


async def test_what_was_interrupted_long_ago_is_not_begun_any_more(tmp_path: Path) -> None:
    async with ActingStage(tmp_path) as stage:
        assert await killed(stage, ROLLBACK, Life(die_at=3, after_it=False))
        await stage.revive()
        stage.ahead = timedelta(hours=2)
        await stage.resume()
        assert stage.history == [GOOD, BAD]
        assert "too long ago" in stage.chat.told() or "too long ago" in str(stage.chat.plans[-1].warnings)
