import asyncio

import pytest

from bot.service.lead import Leadership
from bot.service.ports import Health, Readiness, Unreachable


class Leases:
    """Leases in memory, with a database that may be away."""

    def __init__(self) -> None:
        self.holder = ""
        self.away = False

    async def acquire_lease(self, name: str, holder: str, *, for_seconds: float) -> bool:
        if self.away:
            raise Unreachable("the database is away")
        if self.holder in ("", holder):
            self.holder = holder
            return True
        return False

    async def release_lease(self, name: str, holder: str) -> None:
        if self.holder == holder:
            self.holder = ""


class Replica:
    def __init__(self, leases: Leases, name: str) -> None:
        self.readiness = Readiness()
        self.active = False
        self.times = 0
        self.leadership = Leadership(
            leases=leases, holder=name, readiness=self.readiness, lease_seconds=0.2, renew_every=0.02
        )

    async def lead(self) -> None:
        self.active = True
        self.times += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.active = False


async def until(condition: object, seconds: float = 5.0) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def test_one_replica_is_active_and_another_takes_over() -> None:
    leases = Leases()
    first, second = Replica(leases, "one"), Replica(leases, "two")
    running = asyncio.create_task(first.leadership.run(first.lead))
    await until(lambda: first.active)
    standby = asyncio.create_task(second.leadership.run(second.lead))
    await asyncio.sleep(0.1)
    assert not second.active
    assert second.readiness.parts["replica"] == (Health.OK, "standing by; another replica is active")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await first.leadership.release()
    await until(lambda: second.active)
    standby.cancel()
    await asyncio.gather(standby, return_exceptions=True)
    assert not second.active


async def test_a_lease_that_cant_be_renewed_ends_the_lead_until_it_is_won_again() -> None:
    leases = Leases()
    it = Replica(leases, "one")
    running = asyncio.create_task(it.leadership.run(it.lead))
    await until(lambda: it.active)
    leases.away = True
    await until(lambda: not it.active)
    assert it.readiness.parts["replica"][0] is Health.FAILING
    leases.away = False
    await until(lambda: it.active)
    assert it.times == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_broken_lead_is_not_hidden() -> None:
    async def broken() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await Leadership(leases=Leases(), holder="one", readiness=Readiness()).run(broken)
