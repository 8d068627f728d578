"""Watches of several namespaces as one: what is gone can only be said when all of them were read."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from bot.adapters.kubernetes.watch import State, Watch
from bot.service.ports import Deleted, Relisted

WAITING = 1_000
"""Readings of several namespaces that may wait to be taken."""


async def merged(
    cluster: str, kind: str, watches: Mapping[str, Watch[State]]
) -> AsyncIterator[State | Relisted | Deleted]:
    """Watches of several namespaces as one: `Relisted` comes first when all have listed, and always speaks for all."""
    queue: asyncio.Queue[tuple[str, State | Relisted | Deleted] | asyncio.Task[None]] = asyncio.Queue()
    room = asyncio.Semaphore(WAITING)
    there: dict[str, set[str]] = {}

    async def pump(namespace: str, watch: Watch[State]) -> None:
        async for reading in watch.readings():
            await room.acquire()
            queue.put_nowait((namespace, reading))

    tasks = [asyncio.create_task(pump(*item), name=f"{cluster} {kind} {item[0]}") for item in watches.items()]
    for task in tasks:
        task.add_done_callback(queue.put_nowait)
    try:
        while True:
            taken = await queue.get()
            if isinstance(taken, asyncio.Task):
                taken.result()  # raises: a watch never ends by itself
                continue
            room.release()
            namespace, reading = taken
            if isinstance(reading, Relisted):
                there[namespace] = set(reading.uids)
                if len(there) == len(watches):
                    yield Relisted(cluster=cluster, kind=kind, uids=frozenset().union(*there.values()))
                continue
            if namespace in there:
                uids = there[namespace]
                uids.discard(reading.uid) if isinstance(reading, Deleted) else uids.add(reading.uid)
            yield reading
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
