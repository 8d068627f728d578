"""Masks what varies between repeats of one failure. (Being written.)"""


def mask(text: str) -> str:
    """The text with SHAs, pod hashes, counters, temporary names and times replaced."""
    return text
