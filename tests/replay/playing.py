"""Plays the recorded stories of tests/recorded/stories over the shipped knowledge."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.core.board import Board
from bot.core.entries import Entry
from bot.core.placement import Recognise
from bot.core.recognition import recogniser
from bot.core.timing import Timing
from bot.kb.loader import load_or_raise
from bot.replay.distortion import Distortion
from bot.replay.play import SOURCES, Replay, described
from bot.replay.stories import Story, read_story

RECORDED = Path(__file__).parent.parent / "recorded" / "stories"
EXPECTED: Mapping[str, Any] = json.loads((RECORDED / "expected.json").read_text("utf-8"))["stories"]
STORIES = tuple(sorted(EXPECTED))

LATE = timedelta(seconds=5)
LOSS = 0.05
"""What the sources may do to a story, by the issue that asks for it: 5 s of disorder, 5 % lost lines."""


def board() -> Board:
    """An empty board over the shipped knowledge, with the default windows."""
    entries, recognise = _knowledge()
    return Board(entries=entries, recognise=recognise, timing=Timing())


@lru_cache(maxsize=1)
def _knowledge() -> tuple[Mapping[str, Entry], Recognise]:
    knowledge = load_or_raise()
    return knowledge.entries, recogniser(knowledge.compile())


@lru_cache(maxsize=16)
def story(name: str) -> Story:
    """A recorded story, read once."""
    return read_story(RECORDED, name)


async def play(
    name: str, *, sources: Sequence[str] = SOURCES, distortion: Distortion | None = None
) -> list[dict[str, Any]]:
    """A story's incidents, as `replay` prints them."""
    replay = Replay(story(name), board=board(), sources=sources, distortion=distortion)
    return [described(incident, replay.symptoms.get(incident.id, ())) for incident in await replay.run()]
