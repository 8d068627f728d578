"""From an entry's questions to questions that can be asked now, and from answers to evidence. Pure.

A question's arguments are filled from captures, signal fields and the exports of earlier answers; one whose value
isn't known can't be asked, and that is said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.cards import Quote, Verdict
from bot.core.entries import Entry, Expect, Question
from bot.core.evidence import (
    CATALOGUE,
    Answer,
    ArgumentType,
    Finding,
    QuestionType,
    Value,
    evaluate,
    judge,
    object_from,
)
from bot.core.incidents import Evidence
from bot.core.signals import AppRef, ObjectRef
from bot.core.text import fill, placeholders

SYSTEMS = {"argocd": "Argo CD", "kubernetes": "Kubernetes", "registry": "The image registry"}
ArgumentValue = AppRef | ObjectRef | str | bool | int | tuple[AppRef, ...] | tuple[ObjectRef, ...] | tuple[str, ...]
Arguments = Mapping[str, ArgumentValue]
Qualify = Callable[[str], AppRef]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a live system said: the value an expectation judges (None: not known), what was seen, and its fields.

    `saw` quotes the system, or says why it could not tell. Fields of type object are in the form of `object_text`.
    """

    value: Value
    saw: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One question with everything it needs."""

    question: Question
    arguments: Arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A question that can't be asked, and why."""

    question: Question
    why: str


def next_questions(
    entry: Entry, *, values: Mapping[str, str], answers: Mapping[str, Answer], qualify: Qualify
) -> tuple[list[Inquiry], list[Unasked]]:
    """The questions not answered yet that can be asked now; and, once none can, those that never will be."""
    ready: list[Inquiry] = []
    waiting: list[Unasked] = []
    values = entry.told(values)
    for question in entry.evidence:
        if question.id in answers:
            continue
        if any(name not in answers for name in question.when):
            waiting.append(Unasked(question=question, why=f"it follows from {', '.join(question.when)}"))
        elif any(answers[name] != wanted for name, wanted in question.when.items()):
            waiting.append(Unasked(question=question, why=""))
        else:
            made = _inquiry(question, values, qualify)
            if isinstance(made, Inquiry):
                ready.append(made)
            else:
                waiting.append(made)
    return ready, ([] if ready else waiting)


def evidence_of(
    inquiry: Inquiry, answered: Answered, *, values: Mapping[str, str], qualify: Qualify, now: datetime
) -> Evidence:
    """What is kept of an answer."""
    question = inquiry.question
    kind = CATALOGUE[question.ask]
    expect = _filled(question.expect, values, qualify if kind.answer is ArgumentType.APP else None)
    value = answered.value
    if kind.answer is ArgumentType.APP and isinstance(value, str) and value:
        value = _whole(qualify(value))
    answer = evaluate(expect, value)
    return Evidence(
        question=question.id,
        ask=question.ask,
        answer=answer,
        weight=question.weight,
        quote=Quote(label=label(kind), text=answered.saw or _shown(value), at=now),
        exports=tuple(
            sorted(
                (name, answered.fields[source]) for name, source in question.export.items() if source in answered.fields
            )
        ),
        asked_at=now,
    )


def unasked_evidence(unasked: Unasked, *, now: datetime) -> Evidence:
    """What is kept of a question that could not be asked."""
    question = unasked.question
    kind = CATALOGUE[question.ask]
    quote = Quote(label=label(kind), text=f"not asked: {unasked.why}", at=now)
    return Evidence(
        question=question.id, ask=question.ask, answer=Answer.UNKNOWN, weight=question.weight, quote=quote, asked_at=now
    )


def verdict_of(evidence: Sequence[Evidence]) -> Verdict:
    """The verdict over what was answered."""
    return judge(
        Finding(question=item.question, weight=item.weight, answer=Answer(item.answer))  # type: ignore[arg-type]  # kept as text
        for item in evidence
    )


def sunk_by(evidence: Sequence[Evidence]) -> Quote:
    """The answer that rules an entry out: what refutes it, else what doesn't confirm it."""
    refuting = [item for item in evidence if item.weight == "refute" and item.answer == Answer.YES]
    denying = [item for item in evidence if item.weight == "confirm" and item.answer == Answer.NO]
    return (refuting or denying)[0].quote


def label(kind: QuestionType) -> str:
    """Who was asked what, for people."""
    return f"{SYSTEMS[kind.system]}, {kind.name.partition('.')[2].replace('_', ' ')}"


def _inquiry(question: Question, values: Mapping[str, str], qualify: Qualify) -> Inquiry | Unasked:
    kind = CATALOGUE.get(question.ask)
    if kind is None:
        return Unasked(question=question, why=f"there is no question {question.ask}")
    arguments: dict[str, ArgumentValue] = {}
    for argument in kind.arguments:
        given = question.arguments.get(argument.name)
        if given is None:
            continue
        texts = [_text(item, values) for item in ((given,) if isinstance(given, str) else given)]
        known = [text for text in texts if text]
        if len(known) < len(texts):
            if argument.required:
                return Unasked(question=question, why=f"{argument.name} is not known")
            continue
        made = _typed(argument.type, known, qualify)
        if made is None:
            return Unasked(question=question, why=f"{argument.name} can't be read from {known[0][:80]!r}")
        arguments[argument.name] = made
    missing = kind.required - arguments.keys()
    if missing:
        return Unasked(question=question, why=f"{', '.join(sorted(missing))} is not known")
    return Inquiry(question=question, arguments=arguments)


def _text(template: str, values: Mapping[str, str]) -> str:
    """The filled text; empty where one of its placeholders has no value."""
    if any(not values.get(name) for name in placeholders(template)):
        return ""
    return fill(template, values).strip()


def _typed(kind: ArgumentType, texts: list[str], qualify: Qualify) -> ArgumentValue | None:
    match kind:
        case ArgumentType.APP:
            return qualify(texts[0])
        case ArgumentType.APPS:
            return tuple(qualify(text) for text in texts)
        case ArgumentType.OBJECT:
            return object_from(texts[0])
        case ArgumentType.OBJECTS:
            refs = [object_from(text) for text in texts]
            return tuple(ref for ref in refs if ref is not None) if None not in refs else None
        case ArgumentType.TEXTS:
            return tuple(texts)
        case ArgumentType.FLAG:
            return {"true": True, "false": False}.get(texts[0].lower())
        case ArgumentType.NUMBER:
            return int(texts[0]) if texts[0].isascii() and texts[0].isdigit() else None
        case _:
            return texts[0]


def _filled(expect: Expect | None, values: Mapping[str, str], qualify: Qualify | None) -> Expect | None:
    """The expectation with its placeholders filled; Applications in their whole form."""
    if expect is None:
        return None

    def text(template: str) -> str:
        found = fill(template, values)
        return _whole(qualify(found)) if qualify else found

    return expect.model_copy(
        update={
            "equals": text(expect.equals) if isinstance(expect.equals, str) else expect.equals,
            "one_of": tuple(text(item) for item in expect.one_of) if expect.one_of is not None else None,
            "any_of": text(expect.any_of) if isinstance(expect.any_of, str) else expect.any_of,
            "all_of": text(expect.all_of) if isinstance(expect.all_of, str) else expect.all_of,
        }
    )


def _whole(ref: AppRef) -> str:
    return f"{ref.argocd}/{ref}"


def _shown(value: Value) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value) or "nothing"
    return ", ".join(str(item) for item in value) or "none"
