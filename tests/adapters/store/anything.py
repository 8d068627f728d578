"""Any value of a type at all, for property tests."""

import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

_TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.sampled_from("a\x00\x1a\ud800\udfff\\\"'0é🚀"), max_size=8),
).map(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
"""Any text, lone surrogates included; a high and a low one beside each other are the one character they mean."""

_SIMPLE: dict[object, st.SearchStrategy[Any]] = {
    str: _TEXTS,
    int: st.integers(0, 2**40),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    # Fixed offsets, as servers send them: an ambiguous local time isn't even equal to itself in UTC.
    datetime: st.datetimes(
        datetime(2, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
        datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11)), timezone(timedelta(hours=5, minutes=30))]),
    ),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  a type, a union or a generic
    """Any value of a type, field by field, so that a field added later is covered too."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(st.none() if argument is types.NoneType else any_of(argument) for argument in arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(any_of(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(any_of, arguments))
    if origin is frozenset:
        return st.frozensets(any_of(arguments[0]), max_size=2)
    if issubclass(kind, StrEnum):
        return st.sampled_from(kind)
    return _any_dataclass(kind)


def _any_dataclass(kind: Callable[..., Any]) -> st.SearchStrategy[Any]:
    assert is_dataclass(kind), kind
    hints = typing.get_type_hints(kind)
    required = {item.name: any_of(hints[item.name]) for item in fields(kind) if item.default is MISSING}
    optional = {item.name: any_of(hints[item.name]) for item in fields(kind) if item.default is not MISSING}
    return st.fixed_dictionaries(required, optional=optional).map(lambda values: kind(**values))
