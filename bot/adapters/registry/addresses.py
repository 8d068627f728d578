"""Where a registry is asked: its own address, Docker Hub's, or the mirror that stands in for it. Pure."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bot.adapters.registry.references import DOCKER_HUB, ImageReference
from bot.service.ports import Refused

DOCKER_HUB_API = "https://registry-1.docker.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an image's repository is. `plain`: a mirror's address says http, so http is fine there."""

    origin: str
    repository: str
    plain: bool

    def url(self, *path: str) -> str:
        """The address of a manifest or blob."""
        return "/".join((self.origin, "v2", self.repository, *path))


def place(image: ImageReference, mirrors: Mapping[str, str]) -> Place:
    """Where an image is asked for; a mirror's path goes before the repository, as in proxy projects."""
    mirror = mirrors.get(image.registry)
    if mirror is None:
        origin = DOCKER_HUB_API if image.registry == DOCKER_HUB else f"https://{image.registry}"
        check(origin, plain=False)
        return Place(origin=origin, repository=image.repository, plain=False)
    parts = urlsplit(mirror)
    prefix = parts.path.strip("/").removeprefix("v2").strip("/")
    repository = f"{prefix}/{image.repository}" if prefix else image.repository
    return Place(origin=f"{parts.scheme}://{parts.netloc}", repository=repository, plain=parts.scheme == "http")


def check(url: str, *, plain: bool) -> None:
    """Refuse an address that a message or a registry must not send us to; mirrors are the operator's own word."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (plain and parts.scheme == "http"):
        if plain or not _is_inside(parts.hostname or ""):
            return
        raise Refused(f"{parts.netloc} is an address of this machine or link; name it in REGISTRY__MIRRORS to ask it.")
    raise Refused(f"{_host(url)} is not reached by https; a registry without it must be named in REGISTRY__MIRRORS.")


def redirected(url: str, location: str, *, plain: bool) -> str:
    """Where a redirect leads, checked."""
    target = urljoin(url, location)
    check(target, plain=plain)
    return target


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are of one server, so that what is shown to one may be shown to the other."""
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.netloc) == (second.scheme, second.netloc)


def _is_inside(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or "The address"
