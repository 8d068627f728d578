"""Lists, page by page."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import msgspec

from bot.adapters.kubernetes import parse, wire
from bot.adapters.kubernetes.api import JSON, Api, Expired
from bot.service.ports import Unreachable


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `first`: forget what earlier pages said."""

    first: bool
    version: str
    items: list[msgspec.Raw]


async def pages(
    api: Api, path: str, kind: str, *, size: int, query: Mapping[str, str] | None = None, accept: str = JSON
) -> AsyncIterator[Page]:
    """A list page by page, consistent. Where its version expires in the middle, all at once. `query`: selectors."""
    token, paged, first = "", True, True
    while True:
        asked = {**(query or {}), **({"limit": str(size)} if paged else {})}
        if token:
            asked["continue"] = token
        try:
            raw = await api.get(path, asked, accept=accept, listing=True)
        except Expired:
            if not token:
                raise
            token, paged, first = "", False, True
            continue
        try:
            body = parse.decode(raw, wire.ListOf)
        except parse.ParseError as error:
            raise Unreachable(f"Kubernetes {api.cluster} answered {path} with no list: {error}") from error
        version = body.metadata.resource_version
        if body.kind not in (f"{kind}List", "PartialObjectMetadataList") or not version:
            raise Unreachable(f"Kubernetes {api.cluster} answered {path} with something that is no {kind}List.")
        yield Page(first, version, body.items or [])
        token, first = body.metadata.continue_ or "", False
        if not token:
            return
