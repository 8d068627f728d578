"""The witness over the wire: every question of the catalogue, shared reads, and an Argo CD that is away or forbids."""

import asyncio

import pytest
from aiohttp import web

from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.witness import ArgoCDWitness
from bot.core.evidence import CATALOGUE, ArgumentType, Known
from bot.core.inquiry import ArgumentValue
from bot.core.signals import AppRef, ObjectRef
from bot.sandbox.argocd import FakeArgoCD
from bot.service.ports import Refused, Unreachable
from tests.adapters.argocd.conftest import TOKEN, Connect, Misbehave
from tests.sandbox.argocd.conftest import application

WEB = AppRef(argocd="main", name="web")
QUESTIONS = sorted(name for name, question in CATALOGUE.items() if question.system == "argocd")
EXAMPLES: dict[ArgumentType, ArgumentValue] = {
    ArgumentType.APP: WEB,
    ArgumentType.APPS: (WEB,),
    ArgumentType.OBJECT: ObjectRef(group="apps", kind="Deployment", namespace="web", name="web"),
    ArgumentType.TEXT: "web",
}
TYPES: dict[ArgumentType, type | tuple[type, ...]] = {
    ArgumentType.FLAG: bool,
    ArgumentType.NUMBER: int,
    ArgumentType.TEXT: str,
    ArgumentType.APP: str,
}


def test_it_answers_the_whole_catalogue(client: ArgoCDClient) -> None:
    assert ArgoCDWitness(client).questions == frozenset(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_each_answer_has_the_declared_type_and_says_what_was_seen(question: str, client: ArgoCDClient) -> None:
    kind = CATALOGUE[question]
    arguments = {argument.name: EXAMPLES[argument.type] for argument in kind.arguments}
    answered = await ArgoCDWitness(client).answer(question, arguments)
    assert answered.saw
    assert set(answered.fields) <= {name for name, _ in kind.fields}
    if answered.value is not None:
        wanted = TYPES.get(kind.answer, tuple)
        assert isinstance(answered.value, wanted), (question, answered)


async def answer(client: ArgoCDClient, question: str, **arguments: ArgumentValue) -> Known | None:
    return (await ArgoCDWitness(client).answer(question, {"app": WEB, **arguments})).value


async def test_values_come_from_what_argo_cd_says(client: ArgoCDClient) -> None:
    assert await answer(client, "argocd.app_health") == "Degraded"
    assert await answer(client, "argocd.last_operation") == "Succeeded"
    assert await answer(client, "argocd.resource_health", kind="Deployment", name="web") == "Degraded"
    assert await answer(client, "argocd.project_permits", kind="ConfigMap") is True


async def test_questions_asked_together_share_one_read(misbehave: Misbehave) -> None:
    asked = 0

    async def handle(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)
        return web.json_response(application())

    witness = ArgoCDWitness(await misbehave(handle))
    names = ("app_health", "app_sync", "conditions", "last_operation")
    impatient = asyncio.create_task(witness.answer("argocd.parent", {"app": WEB}))
    await asyncio.sleep(0.01)
    impatient.cancel()
    told = await asyncio.gather(*(witness.answer(f"argocd.{name}", {"app": WEB}) for name in names))
    assert [item.value for item in told][:2] == ["Degraded", "Synced"]
    assert asked == 1


async def test_a_refusal_and_a_silence_are_raised_as_they_are(
    fake: FakeArgoCD, connect: Connect, misbehave: Misbehave
) -> None:
    stranger = ArgoCDWitness(await connect(fake, token=TOKEN + "x"))
    with pytest.raises(Refused):
        await stranger.answer("argocd.app_health", {"app": WEB})

    async def away(_: web.Request) -> web.StreamResponse:
        return web.Response(status=503, text="upstream connect error")

    with pytest.raises(Unreachable):
        await ArgoCDWitness(await misbehave(away)).answer("argocd.app_health", {"app": WEB})


async def test_an_unknown_question_is_not_known(client: ArgoCDClient) -> None:
    answered = await ArgoCDWitness(client).answer("argocd.mood", {"app": WEB})
    assert answered.value is None
    assert "argocd.mood" in answered.saw
