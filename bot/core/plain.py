"""Cards as plain text for a terminal: no markup is interpreted, control characters are shown as spaces. Pure."""

import re
from collections.abc import Iterator

from bot.core.cards import Fix, IncidentCard, Note, Phrase, Quote, StatusCard, Verdict
from bot.core.shell import to_command
from bot.core.text import fill
from bot.core.visible import clean

_MARKUP = re.compile(r"\*\*|`")
CAUSES = {
    Verdict.CONFIRMED: "Cause, confirmed",
    Verdict.LIKELY: "Likely cause",
    Verdict.RULED_OUT: "Ruled out",
    Verdict.UNKNOWN: "Cause unknown",
}
QUOTE_LIMIT = 2_000


def plain(phrase: Phrase) -> str:
    """A phrase as a terminal may show it."""
    template = _MARKUP.sub("", phrase.template)
    return fill(template, {name: clean(value) for name, value in phrase.values})


def text_of_answer(answer: IncidentCard | Note | StatusCard) -> str:
    """An answer as lines of text."""
    match answer:
        case IncidentCard():
            return "\n".join(_incident(answer))
        case Note():
            return "\n".join((plain(answer.headline), *(f"  {plain(line)}" for line in answer.lines)))
        case StatusCard():
            troubles = (f"Not seen right now: {plain(trouble)}" for trouble in answer.troubles)
            return "\n".join((plain(answer.headline), *troubles, *(f"  {plain(line)}" for line in answer.lines)))


def _incident(card: IncidentCard) -> Iterator[str]:
    yield f"{card.severity.upper()} · {plain(card.title)}"
    apps = ", ".join(card.apps) or "no Application"
    yield f"  {card.state} · {apps} · cluster {card.cluster} · since {card.opened_at:%Y-%m-%d %H:%M} UTC"
    yield f"{CAUSES[card.verdict]}: {plain(card.diagnosis)}"
    for quote in card.proof:
        yield from _quote(quote)
    for symptom in card.symptoms:
        yield f"  ↳ {plain(symptom.text)}"
    for number, fix in enumerate(card.fixes, start=1):
        yield from _fix(number, fix)
    if card.impact:
        yield f"Impact: {plain(card.impact)}"
    if card.risk:
        yield f"Risk of the fix: {plain(card.risk)}"
    yield from (f"Ruled out: {plain(item)}" for item in card.ruled_out)
    yield from (f"Could not be asked: {plain(item)}" for item in card.not_asked)
    yield from (f"{label}: {url}" for label, url in card.links)


def _quote(quote: Quote) -> Iterator[str]:
    at = f" at {quote.at:%H:%M:%S} UTC" if quote.at else ""
    yield f"  {quote.label}{at}:"
    yield from (f"  | {line}" for line in clean(quote.text[:QUOTE_LIMIT]).split("\n"))


def _fix(number: int, fix: Fix) -> Iterator[str]:
    recommended = " (recommended)" if fix.recommended else ""
    yield f"Fix {number}{recommended}: {plain(fix.text)}"
    yield from (f"    $ {to_command(command)}" for command in fix.commands)
