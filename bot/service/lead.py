"""One replica decides, speaks and acts; the others stand by and take over (design §5)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from bot.service.ports import Health, PortError, Readiness

log = structlog.get_logger(__name__)

LEASE = "active"
LEASE_SECONDS = 8.0
RENEW_EVERY = 2.0


class Leases(Protocol):
    """Where the lease stands, seen by every replica."""

    async def acquire_lease(self, name: str, holder: str, *, for_seconds: float) -> bool:
        """Take the lease, or renew one's own; False while another holds it."""

    async def release_lease(self, name: str, holder: str) -> None: ...


class Leadership:
    """Runs `lead` while this replica holds the lease; begins anew when it was lost and won again."""

    def __init__(
        self,
        *,
        leases: Leases,
        holder: str,
        readiness: Readiness,
        lease_seconds: float = LEASE_SECONDS,
        renew_every: float = RENEW_EVERY,
    ) -> None:
        self._leases = leases
        self._holder = holder
        self._readiness = readiness
        self._lease_seconds = lease_seconds
        self._renew_every = renew_every

    async def run(self, lead: Callable[[], Awaitable[None]]) -> None:
        """Stand by, lead, and stand by again, for ever. An error in `lead` is the caller's to see."""
        while True:
            await self._gain()
            log.info("this replica is active")
            leading = asyncio.ensure_future(lead())
            keeping = asyncio.ensure_future(self._keep())
            try:
                await asyncio.wait({leading, keeping}, return_when=asyncio.FIRST_COMPLETED)
                if leading.done():
                    leading.result()
                    return
                log.error("the lease was lost; this replica stands by")
            finally:
                for task in (leading, keeping):
                    task.cancel()
                await asyncio.gather(leading, keeping, return_exceptions=True)

    async def release(self) -> None:
        """Let another replica take over at once."""
        try:
            await self._leases.release_lease(LEASE, self._holder)
        except PortError as error:
            log.warning("the lease could not be released; it runs out by itself", error=str(error))

    async def _gain(self) -> None:
        while True:
            try:
                if await self._leases.acquire_lease(LEASE, self._holder, for_seconds=self._lease_seconds):
                    self._readiness.report("replica", Health.OK, "active")
                    return
                self._readiness.report("replica", Health.OK, "standing by; another replica is active")
            except PortError as error:
                self._readiness.report("replica", Health.FAILING, str(error))
                log.error("the lease can't be asked for; trying again", error=str(error))
            await asyncio.sleep(self._renew_every)

    async def _keep(self) -> None:
        """Renew; returns once the lease is another's, or couldn't be renewed until it ran out."""
        loop = asyncio.get_running_loop()
        held_until = loop.time() + self._lease_seconds
        while loop.time() < held_until:
            await asyncio.sleep(self._renew_every)
            asked = loop.time()
            try:
                async with asyncio.timeout(max(held_until - asked, 0.01)):
                    held = await self._leases.acquire_lease(LEASE, self._holder, for_seconds=self._lease_seconds)
                if not held:
                    return
            except (PortError, TimeoutError) as error:
                self._readiness.report("replica", Health.FAILING, f"the lease can't be renewed: {error}")
                continue
            held_until = asked + self._lease_seconds
            self._readiness.report("replica", Health.OK, "active")
