"""Which platforms a cluster's nodes have, and which an image offers, as far as that can be asked."""

from collections.abc import Mapping

from bot.service.investigate import Witnesses
from bot.service.ports import Cluster


class LivePlatforms:
    """Nodes by the cluster's own port, images by whoever asks registries here."""

    def __init__(self, *, clusters: Mapping[str, Cluster], witnesses: Witnesses | None) -> None:
        self._clusters = clusters
        self._witnesses = witnesses

    async def of_nodes(self, cluster: str) -> frozenset[str] | None:
        """Platforms of the ready nodes, `linux/amd64`; None where the cluster isn't watched."""
        port = self._clusters.get(cluster)
        if port is None:
            return None
        return frozenset(node.platform for node in await port.nodes() if node.ready and node.platform) or None

    async def of_image(self, image: str, cluster: str) -> frozenset[str] | None:
        """Platforms an image has a manifest for; None where nobody can be asked or no answer came."""
        witness = self._witnesses.of("registry", app=None, cluster=cluster) if self._witnesses else None
        if witness is None:
            return None
        value = (await witness.answer("registry.platforms", {"image": image})).value
        if value is None or isinstance(value, str | bool | int):
            return None
        return frozenset(str(item) for item in value) or None
