"""A process that sees the same bad day again and again keeps its size."""

import gc
import sys
import tracemalloc

import pytest

from tests.replay.playing import play

REPLAYS = 20
ALLOWED = 256 * 1024
"""Bytes that 20 more replays may leave behind: caches that fill up; a leak of one board is some megabytes."""


async def test_memory_stays_flat_over_20_replays(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        await play("rollback")
    tracemalloc.start()
    try:
        await play("rollback")
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(REPLAYS):
            await play("rollback")
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    with capsys.disabled():
        sys.stdout.write(f"\n{REPLAYS} replays left {(after - before) / 1024:+.0f} KiB\n")
    assert after - before < ALLOWED
