"""Who is asked which question, with one Argo CD and with several."""

import pytest

from bot.app.witnesses import LiveWitnesses
from bot.core.inquiry import Answered, Arguments
from bot.core.signals import AppRef


class Named:
    """A witness that only has a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def answer(self, question: str, arguments: Arguments) -> Answered:
        return Answered(value=None, saw=f"{self.name}: {question} {arguments}")


EAST, WEST, PROD, HUB = Named("east"), Named("west"), Named("prod"), Named("hub")


@pytest.mark.parametrize(
    ("system", "app", "cluster", "asked"),
    [
        pytest.param("argocd", AppRef(argocd="east", name="web"), "prod", EAST, id="the Application's own"),
        pytest.param("argocd", AppRef(argocd="north", name="web"), "prod", None, id="one that isn't configured"),
        pytest.param("argocd", None, "west/https://k", WEST, id="by an unwatched cluster's name"),
        pytest.param("argocd", None, "prod", None, id="no telling which of two"),
        pytest.param("kubernetes", None, "prod", PROD, id="a watched cluster"),
        pytest.param("kubernetes", None, "west/https://k", None, id="an unwatched cluster"),
        pytest.param("registry", None, "prod", HUB, id="the registries"),
    ],
)
def test_who_is_asked(system: str, app: AppRef | None, cluster: str, asked: Named | None) -> None:
    witnesses = LiveWitnesses(argocds={"east": EAST, "west": WEST}, clusters={"prod": PROD}, registry=HUB)
    assert witnesses.of(system, app=app, cluster=cluster) is asked


def test_the_only_argo_cd_is_asked_where_no_application_is_known() -> None:
    witnesses = LiveWitnesses(argocds={"east": EAST}, clusters={}, registry=None)
    assert witnesses.of("argocd", app=None, cluster="prod") is EAST
