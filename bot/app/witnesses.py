"""Who answers which question: each Argo CD, each cluster and the image registries."""

from collections.abc import Mapping

import aiohttp

from bot.adapters.argocd.client import ArgoCDClient
from bot.adapters.argocd.witness import ArgoCDWitness
from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.kubernetes.witness import KubernetesWitness
from bot.adapters.registry.client import RegistryClient
from bot.adapters.registry.witness import RegistryWitness
from bot.core.signals import AppRef
from bot.service.investigate import Witness
from bot.settings import Settings


class LiveWitnesses:
    """Implements `investigate.Witnesses` over what the settings name."""

    def __init__(
        self, *, argocds: Mapping[str, Witness], clusters: Mapping[str, Witness], registry: Witness | None
    ) -> None:
        self._argocds = dict(argocds)
        self._clusters = dict(clusters)
        self._registry = registry

    def of(self, system: str, *, app: AppRef | None, cluster: str) -> Witness | None:
        """The one to ask; None where that system isn't configured. Without an Application, the only Argo CD."""
        if system == "kubernetes":
            return self._clusters.get(cluster)
        if system == "registry":
            return self._registry
        if app is not None:
            return self._argocds.get(app.argocd)
        # A cluster that nobody watches is called `<argocd>/<destination>`; an Argo CD's own failures bear its name.
        named = self._argocds.get(cluster.partition("/")[0])
        return named or (next(iter(self._argocds.values())) if len(self._argocds) == 1 else None)


def witnesses_of(
    settings: Settings,
    *,
    gitops: Mapping[str, ArgoCDClient],
    clusters: Mapping[str, KubernetesClient],
    session: aiohttp.ClientSession,
) -> LiveWitnesses:
    """Everyone who can be asked, over the clients that are there already."""
    mirrors = {host: str(address) for host, address in settings.registry.mirrors.items()}
    registries = RegistryClient(session, mirrors=mirrors)
    return LiveWitnesses(
        argocds={name: ArgoCDWitness(client) for name, client in gitops.items()},
        clusters={name: KubernetesWitness(client) for name, client in clusters.items()},
        registry=RegistryWitness(registries),
    )
