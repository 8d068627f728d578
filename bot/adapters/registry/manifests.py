"""Manifests, indexes and image configurations: which platforms an image runs on. Pure."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import TypeVar

import msgspec

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker.distribution.manifest"
ACCEPTED = (
    f"{OCI}.index.v1+json",
    f"{DOCKER}.list.v2+json",
    f"{OCI}.manifest.v1+json",
    f"{DOCKER}.v2+json",
    f"{DOCKER}.v1+prettyjws;q=0.5",
)
"""Without them a registry hides indexes and answers with an old form."""

Shape = TypeVar("Shape", bound=msgspec.Struct)
HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}


class BadManifest(ValueError):
    """What came is no manifest; the text says why."""


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    os: str = ""
    architecture: str = ""
    variant: str | None = None

    def __str__(self) -> str:
        """As node platforms are written; arm64's only variant is left out, as runtimes do."""
        variant = "" if self.architecture == "arm64" and self.variant == "v8" else self.variant
        return "/".join(filter(None, (self.os, self.architecture, variant)))


class Descriptor(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    digest: str = ""
    media_type: str = ""
    platform: Platform | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An index (with `manifests`), an image (with `config`), or Docker's oldest form (with `architecture`)."""

    schema_version: int = 0
    manifests: list[Descriptor] | None = None
    config: Descriptor | None = None
    architecture: str = ""


def manifest(body: bytes) -> Manifest:
    """Read a manifest of any kind."""
    return _decode(body, Manifest)


def platform(config: bytes) -> Platform:
    """The platform in an image's configuration."""
    return _decode(config, Platform)


def platforms(descriptors: Iterable[Descriptor]) -> tuple[str, ...]:
    """The platforms of an index, each once; attestations (`unknown/unknown`) are no images."""
    found = {str(item.platform) for item in descriptors if item.platform and item.platform.os not in ("", "unknown")}
    return tuple(sorted(found))


def fits(body: bytes, digest: str) -> bool:
    """Whether these bytes have this digest; an algorithm we don't know fits nothing."""
    algorithm, _, wanted = digest.partition(":")
    digester = HASHES.get(algorithm)
    return digester is not None and hmac.compare_digest(digester(body).hexdigest().encode(), wanted.lower().encode())


def _decode(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadManifest(str(error)) from error
