"""Image references as container runtimes read them: `nginx`, `ghcr.io/team/app:v1`, `app@sha256:…`. Pure."""

import re
from dataclasses import dataclass

DOCKER_HUB = "docker.io"
_ALIASES = {"index.docker.io": DOCKER_HUB, "registry-1.docker.io": DOCKER_HUB, "registry.hub.docker.com": DOCKER_HUB}
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){0,10}[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_ADDRESS = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")
_PORT = re.compile(r"\d{1,5}")
_PART = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-{1,20})[a-z0-9]+)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Fa-f0-9]{32,128}")
LIMIT = 512
REPOSITORY_LIMIT = 255


class BadReference(ValueError):
    """The text can't name an image; it says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """One image. The digest decides where there is one; `tag` is `latest` where nothing is said."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def version(self) -> str:
        """What the registry is asked for."""
        return self.digest or self.tag

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}{'@' if self.digest else ':'}{self.version}"


def image_reference(text: str) -> ImageReference:
    """Read a reference; raises `BadReference`."""
    if len(text) > LIMIT:
        raise BadReference(f"it is longer than {LIMIT} characters")
    rest, _, digest = text.partition("@")
    if "@" in text and not _DIGEST.fullmatch(digest):
        raise BadReference(f"{digest[:80]!r} is no digest")
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        registry, path = _ALIASES.get(head.lower(), head.lower()), tail
    else:
        registry, path = DOCKER_HUB, rest
    if not _is_host(registry):
        raise BadReference(f"{registry[:80]!r} is no address of a registry")
    repository, colon, tag = path.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise BadReference(f"{tag[:80]!r} is no tag")
    if registry == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if len(repository) > REPOSITORY_LIMIT or not all(_PART.fullmatch(part) for part in repository.split("/")):
        raise BadReference(f"{repository[:80]!r} is no name of a repository")
    return ImageReference(
        registry=registry, repository=repository, tag=tag or ("" if digest else "latest"), digest=digest
    )


def _is_host(registry: str) -> bool:
    address = _ADDRESS.match(registry)
    host, colon, port = (
        (address[0], *registry[address.end() :].partition(":")[1:]) if address else registry.partition(":")
    )
    if colon and not (_PORT.fullmatch(port) and 0 < int(port) < 65536):
        return False
    return bool(address or _HOST.fullmatch(host))
