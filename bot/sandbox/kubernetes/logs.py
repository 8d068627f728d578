"""The logs of containers, as far as they were told."""

from typing import Final

from aiohttp import web

from bot.sandbox.kubernetes.errors import bad_request
from bot.sandbox.kubernetes.values import Json

_LISTS: Final = ("initContainers", "containers", "ephemeralContainers")


class Logs:
    """Keeps logs by namespace, pod, container and run, and answers `pods/NAME/log`."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str, str, bool], str] = {}

    def put(self, namespace: str, pod: str, container: str, text: str, *, previous: bool) -> None:
        """Keep the log of a container's present run, or of the one before."""
        self._texts[namespace, pod, container, previous] = text

    def answer(self, request: web.Request, pod: Json, *, previous: bool) -> web.Response:
        """Answer with the last lines that are asked for; refused as the API server and the kubelet do."""
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        spec = pod.get("spec") or {}
        names = [item["name"] for field in _LISTS for item in spec.get(field) or ()]
        container = request.query.get("container", "")
        if not container:
            if len(names) > 1:
                choice = " ".join(names)
                raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{choice}]")
            container = names[0]
        if container not in names:
            raise bad_request(f"container {container} is not valid for pod {name}")
        text = self._texts.get((namespace, name, container, previous))
        if text is None and previous:
            raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
        lines = (text or "").splitlines(keepends=True)
        tail = request.query.get("tailLines")
        body = "".join(lines[max(len(lines) - int(tail), 0) :] if tail else lines).encode()
        limit = request.query.get("limitBytes")
        return web.Response(body=body[: int(limit)] if limit else body, content_type="text/plain")
