"""A byte stream cut into lines, with a limit on what one line may hold in memory."""

from collections.abc import AsyncIterator


async def lines_of(chunks: AsyncIterator[bytes], *, largest: int) -> AsyncIterator[bytes | None]:
    """Yield each line without its end; empty lines are dropped, None stands for one that is too long.

    Raises EOFError where the stream ends in the middle of a line.
    """
    rest = bytearray()
    skipping = False
    async for chunk in chunks:
        *ended, unfinished = chunk.split(b"\n")
        for piece in ended:
            line, rest = bytes(rest + piece) if rest else piece, bytearray()
            if skipping or len(line) > largest:
                skipping = False
                yield None
            elif line.strip():
                yield line
        if not skipping:
            rest += unfinished
        if len(rest) > largest:
            skipping, rest = True, bytearray()
    if rest.strip() or skipping:
        raise EOFError
