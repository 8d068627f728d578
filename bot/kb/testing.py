"""`kb test`: every example against the whole base, so that no entry claims what belongs to another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.core.entries import Entry, ExampleSignal
from bot.core.matching import Matcher, Result, compile_entries
from bot.core.pasted import recognise
from bot.kb.documents import Document
from bot.kb.examples import text_of_example
from bot.kb.issues import Issue
from bot.kb.loader import Knowledge

EXAMPLES_NAMED = 3
"""Stolen examples that a greedy entry's finding lists."""


@dataclass(slots=True)
class Tried:
    """What was tried and what was found."""

    count: int = 0
    issues: list[Issue] = field(default_factory=list)
    stolen: dict[str, list[str]] = field(default_factory=dict)


def try_examples(knowledge: Knowledge) -> Tried:
    """Try the examples of all entries and noise rules, and whether each rule is needed by one."""
    tried = Tried()
    matcher = knowledge.compile()
    for document in knowledge.documents.values():
        if document.entry.status != "retired":
            _entry(document, matcher, tried)
            tried.issues.extend(_unneeded_rules(document, knowledge))
    _noise(knowledge, matcher, tried)
    for thief, stolen in tried.stolen.items():
        more = f" and {len(stolen) - EXAMPLES_NAMED} more" if len(stolen) > EXAMPLES_NAMED else ""
        message = f"{thief} is greedy: it claims {', '.join(stolen[:EXAMPLES_NAMED])}{more}"
        fix = "Make its patterns more precise, refuse such messages under none:, or let it yield with yields_to."
        tried.issues.append(knowledge.documents[thief].issue("greedy", message, "match", fix=fix))
    return tried


def _entry(document: Document, matcher: Matcher, tried: Tried) -> None:
    entry = document.entry
    for number, positive in enumerate(entry.examples.match):
        tried.count += 1
        where = ("examples", "match", number)
        result = _recognised(matcher, positive.signal)
        winner = result.best.entry.id if result.best else result.verdict
        label = f"examples.match[{number}]"
        if winner != entry.id:
            tried.issues.extend(_lost(document, label, where, result))
            if result.best is not None and winner not in entry.overlaps:
                tried.stolen.setdefault(winner, []).append(f"{entry.id}'s {label}")
            continue
        tried.issues.extend(_captures(document, label, where, result, positive.captures or {}))
        tried.issues.extend(_tie(document, label, where, result))
    for number, negative in enumerate(entry.examples.no_match):
        tried.count += 1
        result = _recognised(matcher, negative.signal)
        winner = result.best.entry.id if result.best else result.verdict
        if not belongs(winner, negative.belongs):
            message = f"examples.no_match[{number}] belongs to {negative.belongs}, but is {_given(result)}"
            fix = f"Mend the rules of {winner if result.best else negative.belongs}, or the example."
            where = ("examples", "no_match", number)
            tried.issues.append(document.issue("negative", message, *where, fix=fix))
            if result.best is not None:
                tried.stolen.setdefault(winner, []).append(f"{entry.id}'s examples.no_match[{number}]")


def belongs(winner: str, wanted: str) -> bool:
    """Whether a winner, or a verdict without one, is what a message belongs to: no entry may claim a `none`."""
    return winner in ("noise", "unknown") if wanted == "none" else winner == wanted


def _lost(document: Document, label: str, where: tuple[str | int, ...], result: Result) -> Iterator[Issue]:
    entry = document.entry
    winner = result.best.entry.id if result.best else ""
    fits = any(match.entry.id == entry.id for match in result.matches)
    if entry.status == "draft" and winner:
        if winner not in entry.overlaps:
            fix = f"If {winner} explains it as well, add it under overlaps:; else make the patterns differ."
            yield document.issue("example", f"{label} is won by {winner}", *where, fix=fix)
        elif not fits:
            fix = "Compare the pattern with the message."
            yield document.issue("example", f"no rule of {entry.id} matches {label}", *where, fix=fix)
        return
    if not fits:
        fix = "Compare the pattern with the message; a filter may exclude it, or none: may refuse it."
    else:
        fix = f"Make the rule more specific than that, or let {winner} yield: yields_to: [{entry.id}]."
    yield document.issue("example", f"{label} isn't won by {entry.id}: it is {_given(result)}", *where, fix=fix)


def _captures(
    document: Document, label: str, where: tuple[str | int, ...], result: Result, stated: Mapping[str, str]
) -> Iterator[Issue]:
    captures = result.best.captures if result.best else {}
    for name, value in stated.items():
        if captures.get(name) != value:
            message = f"{label} captures {name}={captures.get(name)!r}, not {value!r}"
            yield document.issue("captures", message, *where, "captures", name, fix="Mend the group or the example.")


def _tie(document: Document, label: str, where: tuple[str | int, ...], result: Result) -> Iterator[Issue]:
    if len(result.matches) < 2:
        return
    first, second = result.matches[:2]
    yields = first.entry.id in second.entry.yields_to or second.entry.id in first.entry.yields_to
    if first.rank == second.rank and not yields:
        message = f"{label} is matched by {second.entry.id} equally well: only the alphabet decides"
        fix = f"Make one rule more specific, or let one entry yield: yields_to: [{first.entry.id}]."
        yield document.issue("tie", message, *where, fix=fix)


def _noise(knowledge: Knowledge, matcher: Matcher, tried: Tried) -> None:
    for document in knowledge.noise_documents:
        for number, rule in enumerate(document.noise.noise):
            for place, example in enumerate(rule.examples):
                tried.count += 1
                result = _recognised(matcher, example)
                if result.verdict != "noise":
                    message = f"examples[{place}] of {rule.id} is {_given(result)}, not noise"
                    fix = "Mend the rule or the example; where an entry rightly claims it, remove the example."
                    tried.issues.append(document.issue("noise", message, number, "examples", place, fix=fix))


def _unneeded_rules(document: Document, knowledge: Knowledge) -> Iterator[Issue]:
    """The mutation check: a rule without which every example still comes out right is a rule nobody has tried."""
    entry = document.entry
    if entry.status != "stable" or not entry.examples.match:
        return
    rules = entry.match
    for number in range(len(rules.any_of)):
        if not _breaks(_without(entry, "any_of", number), knowledge):
            message = f"no example needs match.any[{number}]"
            fix = "Add a message that only this rule matches, or remove the rule."
            yield document.issue("mutation", message, "match", "any", number, fix=fix)
    for name, place in (("all_of", "all"), ("none_of", "none")):
        for number in range(len(getattr(rules, name))):
            if not _breaks(_without(entry, name, number), knowledge):
                message = f"no example needs match.{place}[{number}]"
                fix = "Add a message under no_match that only this rule keeps out, or remove the rule."
                yield document.issue("mutation", message, "match", place, number, fix=fix, severity="warning")


def _breaks(changed: Entry | None, knowledge: Knowledge) -> bool:
    """Whether an example comes out wrong with the changed entry; None: nothing of it is left.

    The entry alone is tried first: that decides nearly always, and a whole base is costly to build.
    """
    if changed is None:
        return True
    alone = compile_entries([changed])
    for positive in changed.examples.match:
        best = _recognised(alone, positive.signal).best
        if best is None or any(best.captures.get(name) != value for name, value in (positive.captures or {}).items()):
            return True
    others = [item.entry for item in knowledge.documents.values() if item.entry.id != changed.id]
    foreign = [negative.signal for negative in changed.examples.no_match]
    foreign += [positive.signal for other in others for positive in other.examples.match]
    claimed = [signal for signal in foreign if _recognised(alone, signal).best is not None]
    base = compile_entries([*others, changed], knowledge.noise)
    return any(_wins(changed, base, signal) for signal in claimed) or not all(
        _wins(changed, base, positive.signal) for positive in changed.examples.match
    )


def _wins(entry: Entry, base: Matcher, signal: ExampleSignal) -> bool:
    best = _recognised(base, signal).best
    return best is not None and best.entry.id == entry.id


def _without(entry: Entry, name: str, number: int) -> Entry | None:
    rules = getattr(entry.match, name)
    left = (*rules[:number], *rules[number + 1 :])
    match = entry.match.model_copy(update={name: left})
    if not match.any_of and not match.all_of:
        return None
    return entry.model_copy(update={"match": match})


def _recognised(matcher: Matcher, signal: ExampleSignal) -> Result:
    return recognise(matcher, text_of_example(signal))[0]


def _given(result: Result) -> str:
    """A result in words: who won and why, or that nobody did."""
    if result.best is not None:
        return f"won by {result.best.entry.id} ({result.best.why})"
    return f"noise ({result.noise})" if result.verdict == "noise" else "unknown"
