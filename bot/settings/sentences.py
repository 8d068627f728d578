"""A mistake in the settings as one sentence: which setting, what it got, what it wants. Secrets are never repeated."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.core.redaction import redact
from bot.settings.reading import DELIMITER, PREFIX

SHOWN = 80
"""Characters of a wrong value that a sentence repeats."""

_CREDENTIALS = re.compile(r"(?s)(?<=://).*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a mistake is: the setting's name with the way into it, and the nearest field, if that is `exact`ly it."""

    name: str
    field: FieldInfo | None
    exact: bool
    model: type[BaseModel]

    @property
    def wants(self) -> str:
        return str(self._extra("wants"))

    @property
    def secret(self) -> bool:
        return bool(self._extra("secret"))

    def _extra(self, key: str) -> object:
        extra = self.field.json_schema_extra if self.field is not None else None
        return extra.get(key, "") if isinstance(extra, dict) else ""


def sentence(settings: type[BaseModel], details: ErrorDetails) -> str:
    """One of pydantic's errors about `settings` in our words. Rules that span settings bring their own sentences."""
    kind = details["type"]
    reason = str(details["ctx"]["error"]) if kind == "value_error" else ""
    if kind == "extra_forbidden":
        place, field = _place(settings, details["loc"][:-1]), str(details["loc"][-1])
        near = difflib.get_close_matches(field, place.model.model_fields, n=1)
        fields = f"did you mean {near[0]}?" if near else f"it may have {', '.join(place.model.model_fields)}."
        return f"{place.name} has no {_shown(field)}; {fields}"
    place = _place(settings, details["loc"])
    if not place.wants:
        return redact(reason)
    if kind == "missing":
        return f"{place.name} is not set; it must be {place.wants}."
    reason = _short(reason)
    if place.secret or not place.exact:
        got = f"has a wrong value (not shown{': ' if reason else ''}{reason})"
    else:
        got = f"is {_shown(details['input'])}{', but ' if reason else ''}{reason}"
    return f"{place.name} {got}; it must be {place.wants}."


def not_set(settings: type[BaseModel], location: Sequence[str | int]) -> str:
    """Says that `run` needs a setting."""
    place = _place(settings, location)
    return f"{place.name} is not set, and `run` needs it; it must be {place.wants}."


def _place(settings: type[BaseModel], location: Sequence[str | int]) -> _Place:
    """Follow a location such as ("argocds", 0, "url") through the models."""
    model, field, exact = settings, None, True
    path: list[str] = []
    for part in location:
        if isinstance(part, int):
            exact = field is not None and _model_in(field.annotation) is None
            path.append(f"item {part + 1}")
        elif part in model.model_fields:
            field, exact = model.model_fields[part], True
            path.append(part)
            model = _model_in(field.annotation) or model
        else:
            exact = False
    if not path:
        return _Place(name=PREFIX + "…", field=None, exact=False, model=model)
    grouped = len(path) > 1 and not path[1].startswith("item ")
    head = DELIMITER.join(path[: 2 if grouped else 1]).upper()
    return _Place(name=", ".join([PREFIX + head, *path[2 if grouped else 1 :]]), field=field, exact=exact, model=model)


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401  # any annotation
    """The model of a field: itself, or that of a list's items."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner)) is not None), None)


def _shown(value: object) -> str:
    return f"«{_short(str(value))}»"


def _short(text: str) -> str:
    """What others wrote: on one line, not too long, and without anything that looks like a credential."""
    text = " ".join(redact(_CREDENTIALS.sub("[redacted]@", text)).split())
    text = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
