"""Answers the catalogue's questions to Kubernetes, read-only (`service.investigate.Witness`)."""

from collections.abc import Mapping

from bot.adapters.kubernetes.asking import extensions, nodes, objects, surroundings, workloads
from bot.adapters.kubernetes.asking.ask import Ask
from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.kubernetes.objects import KIND_NOT_SERVED
from bot.core.inquiry import Answered, Arguments
from bot.service.ports import NotFound, Refused

ANSWERS: Mapping[str, Ask] = {
    **objects.ANSWERS,
    **workloads.ANSWERS,
    **nodes.ANSWERS,
    **surroundings.ANSWERS,
    **extensions.ANSWERS,
}
"""Who answers which question."""


class KubernetesWitness:
    """One cluster's answers."""

    def __init__(self, client: KubernetesClient) -> None:
        self._client = client

    async def answer(self, question: str, arguments: Arguments) -> Answered:
        """What the cluster says. `Refused` (a right is missing, said which) and `Unreachable` are its caller's."""
        ask = ANSWERS.get(question)
        if ask is None:
            raise Refused(f"Kubernetes {self._client.name} can't be asked {question}.")
        try:
            return await ask(self._client.objects, arguments)
        except NotFound as error:
            if error.reason != KIND_NOT_SERVED:
                raise
            return Answered(value=None, saw=str(error))
