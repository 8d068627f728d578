"""What is searched: a message's lines and joined text, wrappers and glued line breaks, and the fields around it."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.entries import SIGNAL_FIELDS
from bot.core.redaction import redact
from bot.core.signals import MACHINE_SOURCES, Signal
from bot.core.wrappers import unwrap

WINDOW = 65_536
"""Characters searched at once; longer texts are searched in overlapping windows."""

OVERLAP = 4_096
MACHINE = frozenset(str(source) for source in MACHINE_SOURCES)
ANY_HOOK = "sync"
"""How a hook is spoken of whose phase isn't known: a sync hook."""

_FRAME = " \t│|"
"""What stands at the edges of lines in boxes and tables that people paste."""

_ODD_QUOTES = str.maketrans("\u201c\u201d\u201e\u2018\u2019\u00b4", "\"\"\"'''")
_ESCAPES = (('\\"', '"'), ("\\n", "\n"), ("\\t", " "), ("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A message outside a `Signal`: what a person pasted, a row of `match --jsonl`, an entry's example."""

    message: str
    original: str = ""
    source: str = "cli"
    reason: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    app: str = ""


def text_of(
    message: str,
    *,
    source: str = "cli",
    reason: str = "",
    kind: str = "",
    namespace: str = "",
    name: str = "",
    app: str = "",
) -> Text:
    """A text as it came: redacted and unwrapped here, the original beside it."""
    original = redact(message)
    return Text(
        message=unwrap(original),
        original=original,
        source=source,
        reason=reason,
        kind=kind,
        namespace=namespace,
        name=name,
        app=app,
    )


def fields_of(signal: Signal | Text) -> dict[str, str]:
    """The signal's fields by the names that placeholders use (`SIGNAL_FIELDS`)."""
    if isinstance(signal, Text):
        fields = dict.fromkeys(SIGNAL_FIELDS, "")
        fields.update(
            source=signal.source,
            reason=signal.reason,
            kind=signal.kind,
            namespace=signal.namespace,
            name=signal.name,
            app=signal.app,
            workload=f"{signal.kind}/{signal.name}" if signal.kind and signal.name else "",
            hook_type=ANY_HOOK,
        )
        return fields
    subject, workload = signal.object, signal.owner or signal.object
    return {
        "app": str(signal.app) if signal.app else "",
        "cluster": signal.cluster,
        "source": str(signal.source),
        "reason": signal.reason,
        "kind": subject.kind if subject else "",
        "namespace": subject.namespace if subject else "",
        "name": subject.name if subject else "",
        "group": subject.group if subject else "",
        "workload": f"{workload.kind}/{workload.name}" if workload else "",
        "container": signal.container,
        "image": signal.image,
        "node": signal.node,
        "hook_type": signal.hook_type or ANY_HOOK,
    }


def tries(message: str, original: str) -> Iterator[tuple[str, ...]]:
    """What to search, in turn, until something specific is found: lines, joined and glued text, then with wrappers.

    Glued, for a terminal's line break may stand within the very word that tells a cause from a symptom beside it.
    """
    texts = tuple(_plain(message))
    if len(texts) > 1:
        texts = (*texts, "".join(line.strip(_FRAME) for line in texts[0].split("\n")))
    yield texts
    if original and original != message:
        yield tuple(_plain(original))


def _plain(message: str) -> Iterator[str]:
    """The message with escapes and odd quotes undone, in windows; where it has lines, also joined to one."""
    text = message
    if "\\" in text:
        for escape, char in _ESCAPES:
            text = text.replace(escape, char)
    if not text.isascii():
        text = text.translate(_ODD_QUOTES)
    if "\n" in text:
        yield from _windows(text)
        text = " ".join(line.strip(_FRAME).removeprefix("> ") for line in text.split("\n"))
    yield from _windows(text)


def _windows(text: str) -> Iterator[str]:
    if len(text) <= WINDOW:
        yield text
        return
    for start in range(0, len(text) - OVERLAP, WINDOW - OVERLAP):
        yield text[start : start + WINDOW]
