"""Pushes small made-up images into a real registry, by the protocol's own writes."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import aiohttp

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker.distribution.manifest"


class Pusher:
    """Pushes into one repository. `docker`: Docker's media types instead of OCI's."""

    def __init__(self, session: aiohttp.ClientSession, address: str, repository: str, *, docker: bool = False) -> None:
        self._session = session
        self._base = f"{address}/v2/{repository}"
        self._index = f"{DOCKER}.list.v2+json" if docker else f"{OCI}.index.v1+json"
        self._manifest = f"{DOCKER}.v2+json" if docker else f"{OCI}.manifest.v1+json"
        self._config = "application/vnd.docker.container.image.v1+json" if docker else f"{OCI}.config.v1+json"

    async def image(self, reference: str, os: str, architecture: str) -> dict[str, Any]:
        """Push one image; its descriptor for an index."""
        config = json.dumps({"os": os, "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": []}})
        described = await self._blob(config.encode(), self._config)
        document = {"schemaVersion": 2, "mediaType": self._manifest, "config": described, "layers": []}
        return await self._put(reference, document, self._manifest, {"os": os, "architecture": architecture})

    async def index(self, tag: str, platforms: Sequence[tuple[str, str]]) -> str:
        """Push an index over an image for each platform; its digest."""
        entries = [await self.image(f"{tag}-{os}-{architecture}", os, architecture) for os, architecture in platforms]
        document = {"schemaVersion": 2, "mediaType": self._index, "manifests": entries}
        return str((await self._put(tag, document, self._index, {}))["digest"])

    async def _put(
        self, reference: str, document: dict[str, Any], kind: str, platform: dict[str, str]
    ) -> dict[str, Any]:
        body = json.dumps(document).encode()
        async with self._session.put(
            f"{self._base}/manifests/{reference}", data=body, headers={"Content-Type": kind}
        ) as response:
            assert response.status == 201, await response.text()
        return {"mediaType": kind, "digest": _digest(body), "size": len(body), "platform": platform}

    async def _blob(self, body: bytes, kind: str) -> dict[str, Any]:
        async with self._session.post(f"{self._base}/blobs/uploads/") as response:
            assert response.status == 202, await response.text()
            location = response.headers["Location"]
        target = f"{location}{'&' if '?' in location else '?'}digest={_digest(body)}"
        async with self._session.put(target, data=body) as response:
            assert response.status == 201, await response.text()
        return {"mediaType": kind, "digest": _digest(body), "size": len(body)}


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
