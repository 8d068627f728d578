"""The knowledge base in use: changed files are taken up as the bot runs; a set that can't be used changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import structlog

from bot.core.cards import Phrase, phrase
from bot.core.entries import Entry
from bot.core.placement import Recognise, Recognised
from bot.core.recognition import recogniser
from bot.core.signals import Signal
from bot.kb.loader import BadKnowledge, Knowledge
from bot.kb.search import Index
from bot.kb.usable import load_to_run
from bot.service.ports import Health, Readiness

log = structlog.get_logger(__name__)

PART = "knowledge"
LOOK_EVERY = 5.0
"""Seconds between looks at the files."""

ERRORS_TOLD = 5

Stamp = tuple[tuple[str, int, int], ...]
"""Path, time of change and size of each file."""


class LiveKnowledge:
    """The entries, the recogniser and the index of what is loaded. All change at once, between two decisions.

    `entries` is one mapping for ever: entries that a change takes away stay in it for the incidents that rest on them,
    but match nothing any more.
    """

    def __init__(self, paths: Iterable[Path], *, readiness: Readiness, look_every: float = LOOK_EVERY) -> None:
        self._paths = tuple(paths)
        self._readiness = readiness
        self._look_every = look_every
        self._entries: dict[str, Entry] = {}
        self._recognise: Recognise = _unknown
        self._index = Index(())
        self._stamp: Stamp = ()
        self._asked = asyncio.Event()
        self._listeners: list[Callable[[], Awaitable[None]]] = []

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries by id, as they are now; always the same mapping."""
        return self._entries

    def recognise(self, signal: Signal) -> Recognised:
        """What the knowledge base makes of a signal now."""
        return self._recognise(signal)

    def similar(self, message: str) -> tuple[Phrase, ...]:
        """Entries that read like a message that none explains: a hint, never a diagnosis."""
        return tuple(
            phrase("`{{entry}}`: {{title}}", entry=found.document.entry.id, title=found.document.entry.title)
            for found in self._index.similar(message)
        )

    def on_change(self, listener: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Call this after each change; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def load(self) -> None:
        """Load for the first time. Raises `BadKnowledge`."""
        self._stamp = _stamp_of(self._paths)
        self._take(*_built(self._paths))

    def look_again(self) -> None:
        """Load again now, whether or not a file has changed (SIGHUP)."""
        self._asked.set()

    async def run(self) -> None:
        """Take up changes for ever."""
        while True:
            try:
                async with asyncio.timeout(self._look_every):
                    await self._asked.wait()
            except TimeoutError:
                pass  # no one asked: look at the files
            await self.look(anyway=self._asked.is_set())

    async def look(self, *, anyway: bool = False) -> None:
        """Load what has changed since the last look; with `anyway`, load in any case."""
        self._asked.clear()
        stamp = await asyncio.to_thread(_stamp_of, self._paths)
        if stamp == self._stamp and not anyway:
            return
        self._stamp = stamp
        try:
            built = await asyncio.to_thread(_built, self._paths)
        except (BadKnowledge, OSError) as error:
            told = _first_lines(str(error))
            log.error("the changed knowledge can't be used; what was loaded before stays in use", error=told)
            self._readiness.report(
                PART, Health.FAILING, f"A change can't be used, what was loaded before stays in use: {told}"
            )
            return
        self._take(*built)
        log.info("the changed knowledge is in use", entries=len(built[0].entries))
        for listener in tuple(self._listeners):
            await listener()

    def _take(self, knowledge: Knowledge, recognise: Recognise, index: Index) -> None:
        self._entries.update(knowledge.entries)
        self._recognise = recognise
        self._index = index
        self._readiness.report(PART, Health.OK, f"{len(knowledge.entries)} entries")


def _built(paths: Sequence[Path]) -> tuple[Knowledge, Recognise, Index]:
    knowledge = load_to_run(paths)
    matched = [item for item in knowledge.documents.values() if item.entry.status != "retired"]
    return knowledge, recogniser(knowledge.compile()), Index(matched)


def _stamp_of(paths: Sequence[Path]) -> Stamp:
    """How the files are now. One that vanishes meanwhile is left out: the next look sees it gone."""
    found = []
    for root in paths:
        for path in sorted([*root.rglob("*.md"), *root.glob("*.yaml")]):
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _unknown(_signal: Signal) -> Recognised:
    return Recognised(verdict="unknown")


def _first_lines(text: str) -> str:
    lines = text.split("\n")
    more = f" (and {len(lines) - ERRORS_TOLD} more)" if len(lines) > ERRORS_TOLD else ""
    return "; ".join(lines[:ERRORS_TOLD]) + more
