"""Untrusted text as people may see it: nothing in it moves a cursor, hides or turns the writing around. Pure."""

import re

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_KEPT = frozenset("\n\t\u200c\u200d")


def clean(text: str) -> str:
    """The text with everything invisible made visible: controls, bidirectional marks, lone surrogates, other blanks.

    Colour codes of terminals are dropped; line ends become newlines; nothing else is lost.
    """
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in _KEPT else _visible(char) for char in text)


def _visible(char: str) -> str:
    if char.isspace():
        return "\n" if char in "\u2028\u2029\x85\x0b\x0c" else " "
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"


def one_line(text: str) -> str:
    """The text with every run of blanks as one space."""
    return " ".join(text.split())
