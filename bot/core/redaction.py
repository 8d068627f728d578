"""Hides secrets. (Being written.)"""


def redact(text: str) -> str:
    """The text with what looks like a credential replaced."""
    return text
