"""The objects, and what happened to them since the last compaction: lists, pages and watches all read this."""

import asyncio
import copy
import uuid
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.sandbox.kubernetes.kinds import Kind
from bot.sandbox.kubernetes.values import Json, ObjectKey, key_of, rfc3339, version_of

_KEPT: Final = 50_000
"""Changes remembered before the oldest are compacted away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write. `before` and `after` are the object's two states, None where there is none."""

    version: int
    kind: Kind
    before: Json | None
    after: Json | None
    announced: bool = True

    @property
    def key(self) -> ObjectKey:
        """Return whose change it is."""
        state = self.after or self.before
        assert state is not None  # noqa: S101 - a change of nothing is never recorded
        return key_of(state)


class Expired(Exception):
    """A version that was compacted away."""


class State:
    """Objects by kind and name, one resourceVersion for all, and their recent history."""

    def __init__(self, *, clock: Callable[[], datetime] | None = None) -> None:
        self.version = 1
        self._compacted = 0
        self._forgotten = 0
        self._clock = clock or (lambda: datetime.now(UTC))
        self._objects: dict[Kind, dict[ObjectKey, Json]] = {}
        self._history: list[Change] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def put(self, kind: Kind, given: Json) -> Json:
        """Store an object; an equal copy of what is there changes nothing."""
        obj = copy.deepcopy(given)
        known = self._objects.setdefault(kind, {})
        before = known.get(key_of(obj))
        then = before["metadata"] if before else {}
        metadata = obj["metadata"]
        version = max(self.version + 1, version_of(obj))
        metadata["uid"] = metadata.get("uid") or then.get("uid") or str(uuid.uuid4())
        metadata["creationTimestamp"] = (
            metadata.get("creationTimestamp") or then.get("creationTimestamp") or rfc3339(self._clock())
        )
        if before is not None and _with_version(obj, "") == _with_version(before, ""):
            return before
        metadata["resourceVersion"] = str(version)
        known[key_of(obj)] = obj
        self._record(Change(version=version, kind=kind, before=before, after=obj))
        return obj

    def delete(self, kind: Kind, key: ObjectKey, *, announced: bool = True) -> None:
        """Delete an object. Unannounced, no watch tells of it."""
        before = self._objects.get(kind, {}).pop(key, None)
        if before is None:
            raise KeyError(f"no {kind.kind} {'/'.join(filter(None, key))}")
        self._record(
            Change(version=self.version + 1, kind=kind, before=before, after=None, announced=announced),
        )

    def get(self, kind: Kind, key: ObjectKey) -> Json | None:
        """Return an object as it is now."""
        return self._objects.get(kind, {}).get(key)

    def all_of(self, kind: Kind, *, at: int | None = None) -> list[Json]:
        """Return a kind's objects by namespace and name, as they were at a version (default: now)."""
        objects = dict(self._objects.get(kind, {}))
        if at is not None:
            self.check(at)
            for change in reversed(self._after(at)):
                if change.kind != kind:
                    continue
                if change.before is None:
                    objects.pop(change.key, None)
                else:
                    objects[change.key] = change.before
        return [objects[key] for key in sorted(objects, key="/".join)]

    def check(self, version: int) -> None:
        """Raise Expired for a version that was compacted away; who reads on already isn't asked."""
        if version < self._compacted:
            raise Expired

    def changes(self, kind: Kind, *, after: int) -> Sequence[Change]:
        """Return what a running watch of a kind tells after a version."""
        return [change for change in self._after(after) if change.kind == kind and change.announced]

    def compact(self) -> None:
        """Let older versions be Expired from now on."""
        self._compacted = self.version

    def wake(self) -> None:
        """Let everyone who waits for a change look again."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def changed(self, seconds: float) -> None:
        """Wait for the next change, at most so long."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait([waiting], timeout=seconds)
        finally:
            self._waiting.discard(waiting)

    def _after(self, version: int) -> list[Change]:
        if version < self._forgotten:
            raise Expired
        return self._history[bisect_right(self._history, version, key=lambda change: change.version) :]

    def _record(self, change: Change) -> None:
        self.version = change.version
        self._history.append(change)
        if len(self._history) > 2 * _KEPT:
            self._forgotten = self._history[-_KEPT - 1].version
            self._compacted = max(self._compacted, self._forgotten)
            del self._history[:-_KEPT]
        self.wake()


def _with_version(obj: Json, version: str) -> Json:
    return obj | {"metadata": obj["metadata"] | {"resourceVersion": version}}


def last_words(change: Change) -> Json:
    """Return a deleted object as its watchers see it: the last state, at the deletion's version."""
    assert change.before is not None  # noqa: S101 - only deletions are asked for
    return _with_version(change.before, str(change.version))
