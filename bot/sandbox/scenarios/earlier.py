"""What an Application's earlier revisions rendered to, as far as a recording tells: today's objects, earlier images.

The recordings hold desired states of the last revision only; which images ran at a revision stands in every reading.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bot.sandbox.scenarios.recording import Line

Json = dict[str, Any]


def earlier_manifests(lines: Iterable[Line], name: str, managed: Json) -> Iterator[tuple[str, Json]]:
    """Revision and answer of `manifests`, for each revision that a reading shows alone with its images."""
    targets = [
        item["targetState"] for item in managed.get("items") or [] if item.get("targetState") not in {None, "null"}
    ]
    for revision, images in _images(lines, name).items():
        manifests = [_with_images(json.loads(text), images) for text in targets]
        yield revision, {"manifests": [json.dumps(body) for body in manifests], "revision": revision}


def _images(lines: Iterable[Line], name: str) -> dict[str, list[str]]:
    """The images of each revision, from the first reading in which it is the last one deployed."""
    found: dict[str, list[str]] = {}
    for line in lines:
        app = line.data.get("application") if line.kind == "application" else None
        if not app or app["metadata"]["name"] != name:
            continue
        status = app.get("status") or {}
        revision = (status.get("sync") or {}).get("revision", "")
        history = status.get("history") or []
        images = (status.get("summary") or {}).get("images") or []
        if (
            history
            and history[-1].get("revision") == revision
            and len({_bare(image) for image in images}) == len(images)
        ):
            found.setdefault(revision, images)
    return found


def _with_images(body: Any, images: list[str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(body, list):
        return [_with_images(item, images) for item in body]
    if not isinstance(body, dict):
        return body
    changed = {key: _with_images(value, images) for key, value in body.items()}
    if isinstance(changed.get("image"), str):
        changed["image"] = next(
            (image for image in images if _bare(image) == _bare(changed["image"])), changed["image"]
        )
    return changed


def _bare(image: str) -> str:
    """An image without its tag or digest."""
    path, _, last = image.partition("@")[0].rpartition("/")
    return f"{path}/{last.partition(':')[0]}"
