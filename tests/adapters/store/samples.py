"""Values for the store: small ones by hand, and any at all for property tests."""

import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from bot.core.incidents import AuditRow, Changes, Command, Effect, EffectKind, Incident, IncidentKey, Standing, State
from bot.core.signals import Signal, Source
from tests.adapters.store.conftest import START

HOSTILE = "a\x00b\x1a0000 \ud800 <!channel> `x` ü 🚀"
"""What PostgreSQL can't store, what we escape it with, and what must stay as it is."""


def incident(name: str = "i1", *, state: State = State.OPEN, subject: str = "shop", at: datetime = START) -> Incident:
    return Incident(
        id=name,
        key=IncidentKey(cluster="default", entry="crd-missing", subject=subject),
        state=state,
        entry="crd-missing",
        first_evidence_at=at,
        opened_at=at,
        updated_at=at,
    )


def standing(name: str = "s1", *, message: str = "no matches for kind", gone_at: datetime | None = None) -> Standing:
    signal = Signal(
        source=Source.K8S_EVENT,
        message=message,
        original=message,
        fingerprint="f" * 20,
        first_seen=START,
        last_seen=START,
    )
    return Standing(id=name, subject="event:default/uid", signal=signal, appeared_at=START, gone_at=gone_at)


def card(incident_id: str = "i1") -> Effect:
    return Effect(kind=EffectKind.CARD, incident=incident_id, key=f"card:{incident_id}")


def note(incident_id: str = "i1", *, name: str = "resolved", why: str = "") -> Effect:
    return Effect(
        kind=EffectKind.NOTE, incident=incident_id, key=f"note:{incident_id}:{name}", note=name, values=(("why", why),)
    )


def command(name: str = "c1", *, dedupe: str = "", at: datetime = START) -> Command:
    return Command(
        id=name, dedupe=dedupe or name, kind="click", user="U1", received_at=at, payload=(("text", HOSTILE),)
    )


def audit_row(result: str = "begun", *, at: datetime = START) -> AuditRow:
    return AuditRow(at=at, actor="U1", action="rollback", subject="default/argocd/shop", result=result)


def audited(*results: str) -> Changes:
    return Changes(audit=tuple(audit_row(result) for result in results))


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
