"""Made-up images: a configuration and a manifest per platform, and an index over them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

INDEX: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes with what they are."""

    body: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """Return the digest by which they are asked for."""
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"


@dataclass(slots=True)
class Repository:
    """One repository: manifests by digest, tags that point at them, configurations."""

    manifests: dict[str, Blob] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)

    def push(self, tag: str, platforms: Sequence[str]) -> str:
        """Make an image for these platforms; one alone is a plain manifest. Return its digest."""
        described = [(platform, self._image(tag, platform)) for platform in platforms]
        if len(described) == 1:
            digest = described[0][1].digest
        else:
            entries = [
                {"mediaType": MANIFEST, "digest": blob.digest, "size": len(blob.body), "platform": _platform(platform)}
                for platform, blob in described
            ]
            digest = self._keep({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, INDEX)
        self.tags[tag] = digest
        return digest

    def manifest(self, version: str) -> Blob | None:
        """Return what a tag or digest stands for."""
        return self.manifests.get(self.tags.get(version, version))

    def _image(self, tag: str, platform: str) -> Blob:
        config = Blob(_json({**_platform(platform), "config": {"Labels": {"tag": tag}}}), CONFIG)
        self.blobs[config.digest] = config
        digest = self._keep(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "digest": config.digest, "size": len(config.body)},
                "layers": [],
            },
            MANIFEST,
        )
        return self.manifests[digest]

    def _keep(self, document: dict[str, Any], media_type: str) -> str:
        blob = Blob(_json(document), media_type)
        self.manifests[blob.digest] = blob
        return blob.digest


def _platform(text: str) -> dict[str, str]:
    system, architecture, *variant = text.split("/")
    return {"architecture": architecture, "os": system} | ({"variant": variant[0]} if variant else {})


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
