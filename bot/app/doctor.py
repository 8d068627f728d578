"""Checks everything that `run` needs, one finding each, with what to do about it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import aiohttp

from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.slack import SlackChat
from bot.adapters.slack.calls import web_client
from bot.app.parts import argocd_clients, kubernetes_clients, load_knowledge, make_board, open_database, policy_of
from bot.app.policy_file import BadPolicy
from bot.core.states import AppState
from bot.kb.loader import BadKnowledge
from bot.service.ports import PortError, Refused
from bot.service.rights import ask_rights
from bot.settings import Settings

APPLICATIONS_ASKED = 20
"""Applications that are read to find one of each project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one part is: what it said of itself, or why it can't be used."""

    part: str
    well: bool
    detail: str


async def examine(settings: Settings) -> Sequence[Finding]:
    """Ask every part how it is, at the same time, each within the deadline of a question."""
    deadline = settings.timing.question_deadline.total_seconds()
    findings = [_knowledge(settings), _policy(settings)]
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=True))

        async def database() -> str:
            store = await open_database(settings)
            try:
                return await store.check()
            finally:
                await store.close()

        checks: dict[str, Callable[[], Awaitable[str]]] = {"database": database}
        if settings.slack.bot_token is not None:
            client = web_client(
                token=settings.slack.bot_token.get_secret_value(),
                base_url=str(settings.slack.base_url),
                session=session,
            )
            checks["slack"] = SlackChat(client=client, channel=str(settings.slack.channel)).check
        argocds = argocd_clients(settings, session)
        checks |= {f"argocd {name}": client.check for name, client in argocds.items()}
        checks |= {f"argocd {name} rights": partial(_rights, client, deadline) for name, client in argocds.items()}
        try:
            clusters = await kubernetes_clients(settings, stack)
            checks |= {f"kubernetes {name}": client.check for name, client in clusters.items()}
        except PortError as error:
            findings.append(Finding(part="kubernetes", well=False, detail=str(error)))
        findings += await asyncio.gather(*(_asked(part, check, deadline) for part, check in checks.items()))
    return findings


def _knowledge(settings: Settings) -> Finding:
    try:
        knowledge = load_knowledge(settings)
        make_board(settings, knowledge)
    except BadKnowledge as error:
        return Finding(part="knowledge", well=False, detail=str(error))
    return Finding(part="knowledge", well=True, detail=f"{len(knowledge.entries)} entries")


def _policy(settings: Settings) -> Finding:
    try:
        policy = policy_of(settings)
    except BadPolicy as error:
        return Finding(part="policy", well=False, detail=str(error))
    told = f"{len(policy.rules)} rules of {policy.source}" if policy.rules else "nobody may act; the bot only diagnoses"
    return Finding(part="policy", well=True, detail=told)


async def _rights(client: ArgoCDClient, deadline: float) -> str:
    """What the bot's account may do, asked for one Application of each project among the first ones listed."""
    each: dict[str, AppState] = {}
    for listed in list(await client.listed())[:APPLICATIONS_ASKED]:
        try:
            state = await client.app(listed.ref)
        except Refused:
            continue  # deleted since it was listed
        each.setdefault(state.project, state)
    told = []
    for project, state in sorted(each.items()):
        granted = await ask_rights(client, state, deadline=deadline)
        told.append(f"project {project}: {granted.told()}")
    return "; ".join(told) or "no Application may be read: grant `applications, get` (deploy/argocd)"


async def _asked(part: str, check: Callable[[], Awaitable[str]], deadline: float) -> Finding:
    try:
        async with asyncio.timeout(deadline):
            return Finding(part=part, well=True, detail=await check())
    except TimeoutError:
        return Finding(part=part, well=False, detail=f"no answer within {deadline:g} s")
    except PortError as error:
        return Finding(part=part, well=False, detail=str(error))
