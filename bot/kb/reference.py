"""The reference part of docs/knowledge.md, from the models and catalogues themselves."""

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from bot.core import actions, evidence
from bot.core.entries import (
    GENERIC,
    SIGNAL_FIELDS,
    Action,
    Cause,
    Check,
    Entry,
    Examples,
    ExampleSignal,
    Expect,
    Fix,
    Match,
    Negative,
    NoiseRule,
    Positive,
    Question,
    Risk,
    Rule,
    SourceName,
    Undo,
    Validation,
)

BEGIN = "<!-- reference: written by `gitops-bot kb reference --write docs/knowledge.md` -->"
END = "<!-- end of reference -->"

MODELS: Sequence[tuple[str, type[BaseModel]]] = (
    ("An entry", Entry),
    ("`match`", Match),
    ("A rule, under `any`, `all` and `none`", Rule),
    ("A question, under `evidence`", Question),
    ("`expect`", Expect),
    ("A cause, under `causes`", Cause),
    ("`risk`", Risk),
    ("A fix, under `fixes`", Fix),
    ("An action, under `actions`", Action),
    ("`validate`", Validation),
    ("`undo`", Undo),
    ("A check, under `validate` and `undo`", Check),
    ("`examples`", Examples),
    ("An example under `match`", Positive),
    ("An example under `no_match`", Negative),
    ("`signal` of an example", ExampleSignal),
    ("A rule of `noise.yaml`", NoiseRule),
)


def reference() -> str:
    """Tables of all fields, of the questions and of the verbs."""
    parts = ["## Fields"]
    for title, model in MODELS:
        parts.append(f"### {title}")
        if model.__doc__:
            parts.append(model.__doc__.strip().split("\n\n")[0])
        parts.append("\n".join(_fields(model)))
    parts.append(f"Sources: {_listed(get_args(SourceName))}.")
    parts.append("## Names at hand")
    parts.append(
        "In every text a placeholder `{{x}}` is a capture, an export of a question above it, or a field of the signal"
        f" (`{{{{signal.x}}}}` where a capture has the same name): {_listed(SIGNAL_FIELDS)}."
    )
    parts.append(f"Generic entries, which every specific one beats: {_listed(sorted(GENERIC))}.")
    parts.append("## Questions")
    parts.append("\n".join(_questions()))
    parts.append("## Verbs")
    parts.append("\n".join(_verbs()))
    return "\n\n".join(parts)


def put_into(document: str) -> str:
    """The document with the reference between its two marks. Raises `ValueError` where they are missing."""
    before, found, rest = document.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"the document has no lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def _fields(model: type[BaseModel]) -> Iterator[str]:
    yield "| field | value | meaning |"
    yield "| --- | --- | --- |"
    for name, field in model.model_fields.items():
        needed = " (needed)" if field.is_required() else ""
        meaning = field.description or _meaning(field.annotation)
        yield f"| `{field.alias or name}` | {_type(field.annotation)}{needed} | {_cell(meaning)} |"


def _type(annotation: Any) -> str:  # noqa: ANN401  # any annotation
    """A type in words: `text`, `list of …`, the values of a choice, or the table that describes it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation == SourceName:
        return "a source"
    if origin is Literal:
        return " · ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        words = dict.fromkeys(_type(item) for item in arguments if item is not type(None))
        return " or ".join(words)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is Mapping:
        return f"map of {_type(arguments[1])}"
    if _is_model(annotation):
        title = next(title for title, model in MODELS if model is annotation).partition(",")[0]
        return title[:1].lower() + title[1:]
    return {str: "text", bool: "`true` · `false`", int: "number"}[annotation]


def _meaning(annotation: Any) -> str:  # noqa: ANN401  # any annotation
    """What the model behind a field without a description says of itself."""
    if _is_model(annotation):
        return (annotation.__doc__ or "").strip().split("\n")[0]
    return next(filter(None, map(_meaning, get_args(annotation))), "")


def _is_model(annotation: Any) -> bool:  # noqa: ANN401  # any annotation
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _questions() -> Iterator[str]:
    yield "| question | arguments | answer | exports | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    for question in evidence.CATALOGUE.values():
        exports = ", ".join(f"`{name}`: {kind}" for name, kind in question.fields)
        row = (f"`{question.name}`", _declared(question.arguments), question.answer, exports, _cell(question.doc))
        yield f"| {' | '.join(row)} |"


def _verbs() -> Iterator[str]:
    yield "| verb | arguments | right in Argo CD | meaning |"
    yield "| --- | --- | --- | --- |"
    for verb in actions.CATALOGUE.values():
        yield f"| `{verb.name}` | {_declared(verb.arguments)} | {verb.right} | {_cell(verb.doc)} |"


def _declared(arguments: Sequence[evidence.Argument]) -> str:
    return ", ".join(f"`{item.name}`{'' if item.required else '?'}: {item.type}" for item in arguments)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
