"""Groups messages that no entry explains: one template for those that differ only in what varies (after Drain).

Messages of one length that begin alike are compared word by word; where most words agree, the others become `<*>`.
A template keeps its id as it widens, so that its count goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.masking import mask
from bot.core.signals import fingerprint
from bot.core.text import cut

SIMILAR = 0.6
"""Share of words that must agree; wildcards agree with nothing, so that a template doesn't swallow everything."""

LEAD = 2
"""First words that must be the same, where they hold no digit and no wildcard."""

WORDS = 80
TEXT_LIMIT = 1_000
EXAMPLE_LIMIT = 2_000
TEMPLATES = 5_000
"""Templates kept; the rarest and oldest go first."""

ANY = "<*>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Messages alike that no entry explains: what they share, how many there were, and the latest of them."""

    id: str
    text: str
    count: int
    first_seen: datetime
    last_seen: datetime
    example: str
    source: str = ""
    reason: str = ""
    app: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An unknown message as it was seen; `times` counts what a repeating Event reports at once."""

    message: str
    at: datetime
    times: int = 1
    source: str = ""
    reason: str = ""
    app: str = ""


class Templates:
    """The templates seen so far. `changed` holds those that must be written."""

    def __init__(self, known: Iterable[Template] = ()) -> None:
        self.changed: set[str] = set()
        self.dropped: set[str] = set()
        self._by_id: dict[str, Template] = {}
        self._groups: dict[tuple[object, ...], list[str]] = {}
        for template in known:
            self._put(template)

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, template: str) -> Template:
        """One template by its id."""
        return self._by_id[template]

    def add(self, sighting: Sighting) -> Template:
        """Count a message under its template, making or widening one."""
        words = masked_words(sighting.message)
        found = self._nearest(words)
        if found is None:
            text = cut(" ".join(words), TEXT_LIMIT)
            found = Template(
                id=fingerprint(text)[:12],
                text=text,
                count=0,
                first_seen=sighting.at,
                last_seen=sighting.at,
                example="",
            )
            found = self._by_id.get(found.id, found)
        else:
            found = replace(found, text=_widened(found.text.split(" "), words))
        template = replace(
            found,
            count=found.count + sighting.times,
            first_seen=min(found.first_seen, sighting.at),
            last_seen=max(found.last_seen, sighting.at),
            example=cut(sighting.message, EXAMPLE_LIMIT),
            source=sighting.source,
            reason=sighting.reason,
            app=sighting.app or found.app,
        )
        self._put(template)
        self.changed.add(template.id)
        if len(self._by_id) > TEMPLATES:
            self._drop(min(self._by_id.values(), key=lambda item: (item.count, item.last_seen)))
        return template

    def _nearest(self, words: list[str]) -> Template | None:
        best: tuple[float, str] | None = None
        for name in self._groups.get(_group(words), ()):
            share = _share(self._by_id[name].text.split(" "), words)
            if share >= SIMILAR and (best is None or share > best[0]):
                best = share, name
        return self._by_id[best[1]] if best else None

    def _put(self, template: Template) -> None:
        if template.id not in self._by_id:
            self._groups.setdefault(_group(template.text.split(" ")), []).append(template.id)
        self._by_id[template.id] = template

    def _drop(self, template: Template) -> None:
        del self._by_id[template.id]
        for names in self._groups.values():
            if template.id in names:
                names.remove(template.id)
        self.changed.discard(template.id)
        self.dropped.add(template.id)


def masked_words(message: str) -> list[str]:
    """The first words of the masked message."""
    return cut(mask(message), TEXT_LIMIT, mark="").split()[:WORDS] or [""]


def _group(words: list[str]) -> tuple[object, ...]:
    """What messages must share to be compared: their length and how they begin. Stays the same as a template widens."""
    return (len(words), *(word if _fixed(word) else ANY for word in words[:LEAD]))


def _fixed(word: str) -> bool:
    return word.rstrip(":,.").isalpha()


def _share(template: list[str], words: list[str]) -> float:
    return sum(a == b and a != ANY for a, b in zip(template, words, strict=False)) / max(len(template), len(words))


def _widened(template: list[str], words: list[str]) -> str:
    return " ".join(a if a == b else ANY for a, b in zip(template, words, strict=True))
