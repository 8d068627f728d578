"""Evidence blocks: the question is in the catalogue, its arguments fit, and its answer can become a yes."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches

from bot.core.entries import Arguments, Expect, When
from bot.core.evidence import CATALOGUE, Argument, ArgumentType
from bot.core.patterns import BadPattern, compile_exact
from bot.core.text import placeholders
from bot.kb.documents import Document
from bot.kb.issues import Issue

Where = tuple[str | int, ...]

_LISTS = (ArgumentType.APPS, ArgumentType.OBJECTS, ArgumentType.TEXTS, ArgumentType.FLAGS)
_FITTING: Mapping[ArgumentType, tuple[str, ...]] = {
    ArgumentType.FLAG: ("equals",),
    ArgumentType.NUMBER: ("at_least", "equals"),
    ArgumentType.TEXT: ("equals", "one_of", "matches"),
    ArgumentType.APP: ("equals", "one_of", "matches"),
    ArgumentType.OBJECT: ("equals", "one_of", "matches"),
    **dict.fromkeys(_LISTS, ("all", "any", "one_of", "matches", "at_least")),
}
"""Which expectations can judge an answer of a type; any other stays unknown for ever."""


def evidence(document: Document) -> Iterator[Issue]:
    """Each question of the evidence block."""
    seen: set[str] = set()
    for number, question in enumerate(document.entry.evidence):
        where: Where = ("evidence", number)
        if question.id in seen:
            yield document.issue(
                "evidence", f"the question {question.id} stands twice", *where, "id", fix="Rename one."
            )
        yield from conditions(document, question.when, seen, (*where, "when"))
        seen.add(question.id)
        yield from asked(document, "evidence", question.ask, question.arguments, question.expect, where)
        fields = dict(CATALOGUE[question.ask].fields) if question.ask in CATALOGUE else None
        for name, field in question.export.items():
            if fields is not None and field not in fields:
                known = ", ".join(fields) or "no fields"
                message = f"{question.ask} has no field {field} to export"
                yield document.issue("evidence", message, *where, "export", name, fix=f"It has {known}.")


def provable(document: Document) -> Iterator[Issue]:
    """An entry with buttons has a question that proves it."""
    entry = document.entry
    if entry.actions and not any(question.weight == "confirm" for question in entry.evidence):
        fix = "Add a question with weight: confirm, so that a button follows a proof."
        yield document.issue("evidence", "there are actions but nothing confirms the cause", "actions", fix=fix)


def conditions(document: Document, when: When, known: set[str], where: Where) -> Iterator[Issue]:
    """`when:` names questions above."""
    for name in when:
        if name not in known:
            fix = f"The questions above are: {', '.join(sorted(known)) or 'none'}."
            yield document.issue("evidence", f"when names {name}, which isn't asked above", *where, name, fix=fix)


def asked(
    document: Document, check: str, ask: str, arguments: Arguments, expect: Expect | None, where: Where
) -> Iterator[Issue]:
    """A question with its arguments and expectation, in evidence or as a check after an action."""
    question = CATALOGUE.get(ask)
    if question is None:
        yield document.issue(check, f"there is no question {ask}", *where, "ask", fix=nearest(ask, CATALOGUE))
        return
    yield from fitting(document, check, question.arguments, arguments, ask, (*where, "with"))
    yield from _expected(document, check, ask, question.answer, expect, where)


def fitting(
    document: Document, check: str, declared: tuple[Argument, ...], given: Arguments, name: str, where: Where
) -> Iterator[Issue]:
    """Arguments are those the catalogue declares, with values of their types."""
    types = {argument.name: argument.type for argument in declared}
    wanted = ", ".join(f"{item.name}{'' if item.required else '?'}: {item.type}" for item in declared) or "nothing"
    missing = [item.name for item in declared if item.required and item.name not in given]
    if missing:
        message = f"{name} needs {' and '.join(missing)}"
        yield document.issue(check, message, *where, fix=f"It takes {wanted}.")
    for argument, value in given.items():
        if argument not in types:
            message = f"{name} has no argument {argument}"
            yield document.issue(check, message, *where, argument, fix=f"It takes {wanted}.")
            continue
        problem = _misfit(types[argument], value)
        if problem:
            yield document.issue(check, f"{argument} of {name} {problem}", *where, argument, fix=f"It takes {wanted}.")


def nearest(name: str, known: Mapping[str, object]) -> str:
    """What was probably meant."""
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}?" if near else "docs/knowledge.md lists them."


def _misfit(wanted: ArgumentType, value: str | tuple[str, ...]) -> str:
    """What is wrong with a value; empty where nothing is."""
    if wanted in _LISTS:
        return "" if isinstance(value, tuple) else 'must be a list: ["…"]'
    if not isinstance(value, str):
        return "must be one value, not a list"
    if placeholders(value):
        return ""
    readable: Callable[[str], bool] = {
        ArgumentType.FLAG: lambda text: text in ("true", "false"),
        ArgumentType.NUMBER: str.isdigit,
    }.get(wanted, bool)
    return "" if readable(value) else f"must be a {wanted}, not {value!r}"


def _expected(
    document: Document, check: str, ask: str, answer: ArgumentType, expect: Expect | None, where: Where
) -> Iterator[Issue]:
    if expect is None:
        if answer is not ArgumentType.FLAG:
            message = f"{ask} answers with a {answer}, so it needs an expect"
            yield document.issue(check, message, *where, "ask", fix=f"Give one of {', '.join(_FITTING[answer])}.")
        return
    (stated,) = expect.stated
    if stated not in _FITTING[answer]:
        message = f"{ask} answers with a {answer}, which {stated} can't judge"
        yield document.issue(check, message, *where, "expect", fix=f"Give one of {', '.join(_FITTING[answer])}.")
    elif answer is ArgumentType.FLAG and not isinstance(expect.equals, bool):
        yield document.issue(check, f"{ask} answers true or false", *where, "expect", fix="Write true or false.")
    elif answer is ArgumentType.FLAGS and stated in ("all", "any"):
        value = expect.all_of if stated == "all" else expect.any_of
        if not isinstance(value, bool):
            yield document.issue(check, f"{ask} answers true or false", *where, "expect", fix="Write true or false.")
    if expect.matches is not None:
        try:
            compile_exact(expect.matches)
        except BadPattern as error:
            fix = "See «Patterns» in docs/knowledge.md."
            yield document.issue("pattern", f"RE2 refuses expect.matches: {error}", *where, "expect", fix=fix)
