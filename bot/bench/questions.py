"""Questions per second to one Argo CD over loopback, beside bare requests to the same server.

Server and client share this process, so both figures hold the server's work too.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
from aiohttp import web

from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.parse import Place
from bot.adapters.argocd.witness import ArgoCDWitness
from bot.bench.figures import Figure
from bot.core.inquiry import Arguments
from bot.core.signals import AppRef
from bot.sandbox.argocd import FakeArgoCD

APPLICATIONS = 50
RESOURCES = 40
ROUNDS = 4
AT_ONCE = 8
TOKEN = "header.benchmark.signature"  # noqa: S105  the fake's own
ASKED = ("app_health", "conditions", "last_operation", "operation_messages", "drift", "resource_health")
"""What entries ask most."""


def questions() -> list[Figure]:
    """Run the benchmark."""
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    fake = FakeArgoCD(token=TOKEN)
    for number in range(APPLICATIONS):
        fake.put_application(_application(number))
    runner = web.AppRunner(fake.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    url = f"http://{host}:{port}"
    try:
        async with aiohttp.ClientSession() as session:
            client = ArgoCDClient(name="bench", url=url, token=TOKEN, session=session, place=Place(argocd="bench"))
            witness = ArgoCDWitness(client)
            asked = await _rate(lambda: _investigations(witness))
            bare = await _rate(lambda: _requests(session, url))
    finally:
        await runner.cleanup()
        await fake.close()
    return [Figure(what="questions", value=asked, unit="a second", baseline=bare, beside="one bare GET for each")]


def _investigations(witness: ArgoCDWitness) -> Iterator[Awaitable[int]]:
    async def investigate(number: int) -> int:
        arguments: Arguments = {
            "app": AppRef(argocd="bench", name=f"app-{number}"),
            "kind": "Deployment",
            "name": "object-0",
        }
        told = await asyncio.gather(*(witness.answer(f"argocd.{question}", arguments) for question in ASKED))
        return sum(answer.value is not None for answer in told)

    return (investigate(number) for _ in range(ROUNDS) for number in range(APPLICATIONS))


def _requests(session: aiohttp.ClientSession, url: str) -> Iterator[Awaitable[int]]:
    async def request(number: int) -> int:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for _ in ASKED:
            async with session.get(f"{url}/api/v1/applications/app-{number}", headers=headers) as response:
                await response.read()
                response.raise_for_status()
        return len(ASKED)

    return (request(number) for _ in range(ROUNDS) for number in range(APPLICATIONS))


async def _rate(work: Callable[[], Iterator[Awaitable[int]]]) -> float:
    """Answers a second, `AT_ONCE` pieces of work at a time."""
    pieces = work()
    done = 0
    began = time.perf_counter()

    async def worker() -> None:
        nonlocal done
        for piece in pieces:
            done += await piece

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return done / (time.perf_counter() - began)


def _application(number: int) -> dict[str, Any]:
    resources = [
        {
            "group": "apps",
            "version": "v1",
            "kind": "Deployment",
            "namespace": "shop",
            "name": f"object-{item}",
            "status": "OutOfSync" if item % 5 == 0 else "Synced",
            "health": {"status": "Degraded"},
        }
        for item in range(RESOURCES)
    ]
    failed = {"phase": "Failed", "message": "one or more objects failed to apply", "syncResult": {"resources": []}}
    return {
        "metadata": {"name": f"app-{number}", "namespace": "argocd"},
        "spec": {"project": "default", "source": {"repoURL": "https://git.example.com/shop.git", "path": "shop"}},
        "status": {
            "sync": {"status": "OutOfSync", "revision": "a" * 40},
            "health": {"status": "Degraded"},
            "conditions": [{"type": "SyncError", "message": "Failed last sync attempt"}],
            "operationState": failed,
            "resources": resources,
        },
    }
