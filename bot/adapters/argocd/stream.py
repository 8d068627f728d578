"""The Application stream's lines read into changes. Pure.

One JSON object a line: plain, or as server-sent events (`data: {…}`, with `:` as heartbeat); both are read alike.
"""

from bot.adapters.argocd.parse import ParseError, Place, application, json_value
from bot.adapters.argocd.refusals import stream_refusal
from bot.adapters.argocd.values import record
from bot.core.states import AppState
from bot.service.ports import AppGone

LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one line; an Application of etcd's largest size, its health filled in, stays far below."""


class Lines:
    """Cuts bytes into lines. One longer than `limit` bytes is dropped whole and counted in `dropped`."""

    def __init__(self, *, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self.dropped = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk completes, without their ends."""
        *complete, rest = chunk.split(b"\n")
        lines = [line for part in complete if (line := self._end(part)) is not None]
        self._add(rest)
        return lines

    def rest(self) -> list[bytes]:
        """What came after the last line's end, when the stream is over."""
        return self.feed(b"\n") if self._size else []

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._limit:
            self._parts.append(part)
        else:
            self._parts.clear()

    def _end(self, part: bytes) -> bytes | None:
        self._add(part)
        too_long = self._size > self._limit
        line = b"".join(self._parts)
        self._parts, self._size = [], 0
        self.dropped += too_long
        return None if too_long else line.strip()


def change(line: bytes, place: Place) -> AppState | AppGone | None:
    """What a line tells; None for heartbeats and kinds of lines we don't know.

    Raises `ParseError` for a line that can't be read, `Unreachable` or `Refused` where the server says it ends.
    """
    told = line.removeprefix(b"data:").strip()
    if not told or told.startswith((b":", b"event:", b"id:", b"retry:")):
        return None
    envelope = record(json_value(told))
    if envelope.get("error"):
        raise stream_refusal(envelope["error"], argocd=place.argocd)
    result = record(envelope.get("result"))
    kind = result.get("type")
    if kind not in ("ADDED", "MODIFIED", "DELETED"):
        return None
    if not record(result.get("application")):
        raise ParseError(f"a line of type {kind} without an Application")
    state = application(result["application"], place)
    return AppGone(ref=state.ref) if kind == "DELETED" else state
