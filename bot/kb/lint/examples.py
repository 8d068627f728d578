"""Examples that an entry has, matches by itself, and can be told with."""

from collections.abc import Iterator

from bot.core.entries import SIGNAL_FIELDS, Entry
from bot.core.matching import Match, Matcher, compile_entries
from bot.core.pasted import recognise
from bot.core.patterns import BadPattern
from bot.core.text import fill, placeholders
from bot.kb.documents import Document
from bot.kb.examples import text_of_example
from bot.kb.issues import Issue
from bot.kb.lint.names import FROM_SIGNAL

POSITIVES_NEEDED = 2
NEGATIVES_NEEDED = 1
TITLE_LIMIT = 150
"""Characters of a Slack header."""


def own_examples(document: Document) -> Iterator[Issue]:
    """The entry's own rules match its examples, with the captures stated."""
    entry = document.entry
    matcher = _alone(entry)
    if matcher is None:
        return
    if not entry.examples.match:
        fix = "Add the message that the entry was written for under examples: match:"
        yield document.issue("example", "there is no example", "examples", fix=fix)
    for number, example in enumerate(entry.examples.match):
        where = ("examples", "match", number)
        best = recognise(matcher, text_of_example(example.signal))[0].best
        if best is None:
            fix = "Compare the pattern with the message; a filter may exclude it, or none: may refuse it."
            yield document.issue("example", f"no rule matches examples.match[{number}]", *where, fix=fix)
            continue
        for name, value in (example.captures or {}).items():
            got = best.captures.get(name)
            if got != value:
                message = f"examples.match[{number}] captures {name}={got!r}, not {value!r}"
                fix = f"Mend {best.rule} or the example."
                yield document.issue("example", message, *where, "captures", name, fix=fix)


def enough(document: Document) -> Iterator[Issue]:
    """At least two positive examples and a negative one."""
    examples = document.entry.examples
    if len(examples.match) < POSITIVES_NEEDED:
        fix = "Add the wording of another version or tool."
        yield document.issue("example", f"fewer than {POSITIVES_NEEDED} examples under match", "examples", fix=fix)
    if len(examples.no_match) < NEGATIVES_NEEDED:
        fix = "Add a message that looks alike under no_match, with belongs: the entry that wins it, none or unknown."
        yield document.issue("example", "no example under no_match", "examples", fix=fix)


def rendered(document: Document) -> Iterator[Issue]:
    """Filled with its own examples, the title fits, and has no holes that a live signal wouldn't fill either."""
    entry = document.entry
    matcher = _alone(entry)
    exported = {name for question in entry.evidence for name in question.export}
    for number, example in enumerate(entry.examples.match if matcher else ()):
        best = recognise(matcher, text_of_example(example.signal))[0].best if matcher else None
        if best is None:
            continue
        title = fill(entry.title, _values(best, example.signal.model_dump()))
        holes = [name for name in placeholders(title) if name not in exported and name not in FROM_SIGNAL]
        where = ("examples", "match", number)
        if holes:
            message = f"with examples.match[{number}] the title has no value for {', '.join(holes)}"
            fix = "Capture it, or give a fallback under captures:."
            yield document.issue("rendering", message, *where, fix=fix, severity="warning")
        if len(title) > TITLE_LIMIT:
            message = f"with examples.match[{number}] the title has {len(title)} characters, more than {TITLE_LIMIT}"
            yield document.issue("rendering", message, *where, fix="Shorten it.", severity="warning")


def _alone(entry: Entry) -> Matcher | None:
    try:
        return compile_entries([entry])
    except BadPattern:
        return None


def _values(match: Match, signal: dict[str, str | None]) -> dict[str, str]:
    fields = {name: value for name in SIGNAL_FIELDS if (value := signal.get(name))}
    return fields | {f"signal.{name}": value for name, value in fields.items()} | dict(match.captures)
