"""Finds the innermost cause. (Being written.)"""


def unwrap(text: str) -> str:
    """The innermost cause of a message."""
    return text
