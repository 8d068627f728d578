"""What a plan tells of Kubernetes objects: images, replicas, hooks. Nothing of a Secret is shown."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.signals import ObjectRef

HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
DEPTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One object as it is written: `body` is its whole JSON."""

    object: ObjectRef
    body: Mapping[str, Any]

    @property
    def hooks(self) -> str:
        """When it runs as a hook (`PreSync`, `post-install`); empty where it is an ordinary object."""
        annotations = _mapping(_mapping(self.body.get("metadata")).get("annotations"))
        return next((str(annotations[name]) for name in HOOKS if annotations.get(name)), "")

    @property
    def replicas(self) -> int | None:
        """How many pods it wants, where it says so."""
        wanted = _mapping(self.body.get("spec")).get("replicas")
        return wanted if isinstance(wanted, int) and not isinstance(wanted, bool) else None

    @property
    def images(self) -> tuple[str, ...]:
        """The images its pods run, in order, each once."""
        return tuple(dict.fromkeys(_images(self.body.get("spec"), 0)))


def manifest(text: str | None) -> Manifest | None:
    """An object from its JSON; None where it isn't one."""
    if not text:
        return None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    metadata = _mapping(body.get("metadata")) if isinstance(body, dict) else {}
    kind, name = (body.get("kind"), metadata.get("name")) if isinstance(body, dict) else (None, None)
    if not isinstance(kind, str) or not isinstance(name, str) or not kind or not name:
        return None
    group, separator, _ = str(body.get("apiVersion") or "").partition("/")
    reference = ObjectRef(
        group=group if separator else "", kind=kind, namespace=str(metadata.get("namespace") or ""), name=name
    )
    return Manifest(object=reference, body=body)


def _images(value: object, depth: int) -> Iterator[str]:
    """Images of containers, wherever a pod template stands (a CronJob's is deeper than a Deployment's)."""
    if not isinstance(value, dict) or depth > DEPTH:
        return
    for name, inner in value.items():
        if name in CONTAINERS and isinstance(inner, list):
            yield from (
                item["image"] for item in inner if isinstance(item, dict) and isinstance(item.get("image"), str)
            )
        else:
            yield from _images(inner, depth + 1)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
