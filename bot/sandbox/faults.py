"""Faults on demand: the next answers of a server are slow, broken, refused or cut."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

Target = Literal["slack", "argocd", "kubernetes", "registry"]
Kind = Literal["429", "500", "502", "503", "slow", "drop", "cut", "truncate", "expired_trigger", "duplicate"]
HTTP_KINDS = frozenset({"429", "500", "502", "503", "slow", "drop", "cut", "truncate"})
MOST_SECONDS = 600.0


class BadFault(ValueError):
    """A fault that can't be made; the text says why."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong, how often still, and for which requests.

    `429` carries `Retry-After: seconds`; `slow` waits so many seconds first; `drop` closes the connection without an
    answer, before anything is done; `cut` lets the request be done and closes without an answer; `truncate` ends the
    answer half way. `expired_trigger` and `duplicate` are Slack's own. `method` and `path` (a pattern) narrow down.
    """

    target: Target
    kind: Kind
    times: int = 1
    seconds: float = 1.0
    method: str = ""
    path: re.Pattern[str] = field(default_factory=lambda: re.compile(""))


def parse_fault(body: dict[str, Any]) -> Fault:
    """Read a fault from JSON. Raises `BadFault`."""
    target, kind = str(body.get("target")), str(body.get("kind"))
    times, seconds = body.get("times", 1), body.get("seconds", 1.0)
    if target not in get_args(Target):
        raise BadFault(f"target must be one of {', '.join(get_args(Target))}")
    if kind not in get_args(Kind) or (kind not in HTTP_KINDS and target != "slack"):
        raise BadFault(f"kind must be one of {', '.join(get_args(Kind))}, the last two for slack only")
    if not isinstance(times, int) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_SECONDS:
        raise BadFault(f"times must be a whole number, seconds a number up to {MOST_SECONDS:g}")
    try:
        path = re.compile(str(body.get("path", "")))
    except re.error as error:
        raise BadFault(f"path is no pattern: {error}") from error
    return Fault(
        target=cast("Target", target),  # both are checked above
        kind=cast("Kind", kind),
        times=times,
        seconds=float(seconds),
        method=str(body.get("method", "")).upper(),
        path=path,
    )


class Faults:
    """The faults still to come, for all servers of the sandbox."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let this go wrong from now on, `times` times."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._waiting.clear()

    def of_slack(self, kind: str, _subject: str) -> bool:
        """Say whether one of Slack's own mishaps shall happen now."""
        return self._take("slack", lambda fault: fault.kind == kind) is not None

    def middleware(self, target: Target) -> Middleware:
        """Return the middleware by which a server's answers go wrong."""

        @web.middleware
        async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith("/control"):
                return await handler(request)
            fault = self._take(target, lambda item: item.kind in HTTP_KINDS and _fits(item, request))
            return await handler(request) if fault is None else await _spoiled(fault, request, handler)

        return spoil

    def _take(self, target: str, wanted: Any) -> Fault | None:  # noqa: ANN401 - a predicate
        for fault in self._waiting:
            if fault.target == target and wanted(fault):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None


def _fits(fault: Fault, request: web.Request) -> bool:
    return (not fault.method or fault.method == request.method) and fault.path.search(request.path_qs) is not None


async def _spoiled(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    match fault.kind:
        case "slow":
            await asyncio.sleep(fault.seconds)
            return await handler(request)
        case "drop":
            return _closed(request)
        case "cut":
            await handler(request)
            return _closed(request)
        case "truncate":
            return await _truncated(request, await handler(request))
        case "429":
            headers = {"Retry-After": f"{max(round(fault.seconds), 1)}"}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        case _:
            return web.Response(status=int(fault.kind), text=f"{fault.kind} on demand\n")


def _closed(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _truncated(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) else None
    if not isinstance(body, bytes):
        return _closed(request)
    half = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    return _closed(request)
