"""Reads what people paste whole: `kubectl describe`, `kubectl get events` and `argocd app get`.

Such a text says many things at once and names its app and object. It is cut into the signals a source would have
given, so that the same rules decide; what isn't recognised here is matched as plain text.
"""

import re

from bot.core.haystack import Text
from bot.core.matching import Matcher, Result
from bot.core.pasted.application import read_application
from bot.core.pasted.describe import read_description
from bot.core.pasted.events import read_event_list
from bot.core.pasted.paste import Paste

__all__ = ["Paste", "read_paste", "recognise"]

_QUOTED = re.compile(r"^\s*[>│|] ?")
_READERS = (read_application, read_description, read_event_list)


def read_paste(message: str) -> Paste | None:
    """The text taken apart; None where it is no output we know."""
    if "\n" not in message:
        return None
    lines = [line.rstrip() for line in message.split("\n")]
    if all(_QUOTED.match(line) for line in lines if line):
        lines = [_QUOTED.sub("", line) for line in lines]
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line), default=0)
    lines = [line[margin:] for line in lines]
    for reader in _READERS:
        found = reader(lines)
        if found is not None:
            return found
    return None


def recognise(matcher: Matcher, text: Text) -> tuple[Result, Paste | None]:
    """What the entries say about a text, and what it is about where it is such an output.

    The whole text is asked too where its parts name nothing specific.
    """
    paste = read_paste(text.original or text.message)
    if paste is None:
        return matcher.match(text), None
    parts = [paste.located(part, text) for part in paste.parts]
    result = matcher.match_all(parts) if parts else None
    if result is not None and any(not match.entry.generic for match in result.matches):
        return result, paste
    whole = paste.located(text, text)
    if result is None or matcher.match(whole).verdict == "known":
        result = matcher.match_all([*parts, whole])
    return result, paste
