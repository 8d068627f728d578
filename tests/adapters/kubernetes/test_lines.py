"""Bytes cut into lines, however the network cuts them."""

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.kubernetes.lines import lines_of


async def chunked(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def lines(chunks: Sequence[bytes], largest: int = 100) -> list[bytes | None]:
    return [line async for line in lines_of(chunked(chunks), largest=largest)]


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=8),
    st.lists(st.integers(min_value=0, max_value=200), max_size=8),
    st.integers(min_value=1, max_value=30),
)
async def test_lines_are_the_same_however_they_are_cut(whole: list[bytes], cuts: list[int], largest: int) -> None:
    text = b"".join(line + b"\n" for line in whole)
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    chunks = [text[start:end] for start, end in pairwise(edges)]
    expected = [line if len(line) <= largest else None for line in whole if line.strip() or len(line) > largest]
    assert await lines(chunks, largest) == expected


@pytest.mark.parametrize("chunks", [[b"a\nb"], [b"half"], [b"x" * 500]], ids=["second", "only", "too long"])
async def test_an_end_in_the_middle_of_a_line(chunks: list[bytes]) -> None:
    with pytest.raises(EOFError):
        await lines(chunks)


async def test_an_endless_line_holds_no_memory() -> None:
    chunks = [b"x" * 1_000] * 1_000 + [b"\nnext\n"]
    assert await lines(chunks, largest=10) == [None, b"next"]
