"""An entry as people read it in a terminal."""

from collections.abc import Iterator

from bot.core.entries import Arguments, Entry, Rule
from bot.kb.documents import Document


def described(document: Document) -> str:
    """What the entry matches, asks, explains and offers, then its text."""
    entry = document.entry
    lines = [
        f"{entry.id} — {entry.title}",
        f"{entry.status}, severity {entry.severity}, about: {entry.subject or entry.scope}, {document.path}",
        *_matching(entry),
        *_asking(entry),
        "",
        f"Cause: {entry.diagnosis}",
        *([f"Impact: {entry.impact}"] if entry.impact else []),
        *_risk(entry),
        *_mending(entry),
        *_links(entry),
        "",
        document.body.strip(),
    ]
    return "\n".join(lines)


def _matching(entry: Entry) -> Iterator[str]:
    for title, rules in (
        ("Matches any of", entry.match.any_of),
        ("and all of", entry.match.all_of),
        ("but none of", entry.match.none_of),
    ):
        if rules:
            yield f"\n{title}:" if title.startswith("Matches") else f"{title}:"
            yield from (f"  - {_rule(rule)}" for rule in rules)


def _rule(rule: Rule) -> str:
    filters = [
        f"{name} {value if isinstance(value, str) else ' or '.join(value)}"
        for name, value in (("source", rule.source), ("reason", rule.reason), ("kind", rule.kind))
        if value is not None
    ]
    return ", ".join([*filters, *([rule.message] if rule.message else [])])


def _asking(entry: Entry) -> Iterator[str]:
    if entry.evidence:
        yield "\nAsks:"
    for question in entry.evidence:
        yield f"  - {question.id} ({question.weight}): {question.ask}({_arguments(question.arguments)})"


def _risk(entry: Entry) -> Iterator[str]:
    if entry.risk is not None:
        yield f"Risk: {entry.risk.level}; touches {entry.risk.blast_radius}; going back: {entry.risk.rollback}"


def _mending(entry: Entry) -> Iterator[str]:
    if entry.fixes:
        yield "\nFixes:"
    for number, fix in enumerate(entry.fixes, start=1):
        yield f"  {number}. {fix.text}"
        yield from (f"     $ {command}" for command in fix.commands)
    if entry.actions:
        yield "Buttons:"
    for action in entry.actions:
        yield f"  - {action.label}: {action.verb}({_arguments(action.arguments)}), risk {action.risk}"


def _links(entry: Entry) -> Iterator[str]:
    if entry.causes:
        yield f"\nExplains: {', '.join(cause.entry for cause in entry.causes)}"
    if entry.yields_to:
        yield f"Yields to: {', '.join(entry.yields_to)}"
    if entry.references:
        yield "References:"
        yield from (f"  {link}" for link in entry.references)


def _arguments(arguments: Arguments) -> str:
    return ", ".join(
        f"{name}={value if isinstance(value, str) else '[' + ', '.join(value) + ']'}"
        for name, value in arguments.items()
    )
