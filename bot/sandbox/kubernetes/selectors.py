"""Label and field selectors, as far as clients use them."""

import re
from collections.abc import Callable
from typing import Final

from bot.sandbox.kubernetes.errors import bad_request
from bot.sandbox.kubernetes.kinds import Kind
from bot.sandbox.kubernetes.values import Json, dig

Selector = Callable[[Json], bool]

_FIELDS: Final = {
    "Event": frozenset(
        f"involvedObject.{field}"
        for field in ("apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid")
    )
    | {"reason", "reportingComponent", "source", "type"},
    "Pod": frozenset(
        (
            "spec.hostNetwork",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.nominatedNodeName",
            "status.phase",
            "status.podIP",
        )
    ),
}
_EVERYWHERE: Final = frozenset(("metadata.name", "metadata.namespace"))
_SET_REQUIREMENT: Final = re.compile(r"^(?P<key>\S+)\s+(?P<operator>in|notin)\s+\((?P<values>[^()]*)\)$")
_TERM: Final = re.compile(r"(?:[^,(]|\([^)]*\))+")


def field_selector(kind: Kind, text: str) -> Selector:
    """Read a field selector: terms `path=value`, `path==value`, `path!=value`."""
    terms = []
    for term in filter(None, text.split(",")):
        path, operator, value = _comparison(term)
        if path not in _EVERYWHERE | _FIELDS.get(kind.kind, frozenset()):
            raise bad_request(
                f'Unable to find "{kind.group}/{kind.version}, Resource={kind.plural}" that match label selector "", '
                f'field selector "{text}": field label not supported: {path}'
            )
        terms.append((path, operator == "!=", value))

    def matches(obj: Json) -> bool:
        return all((_field(obj, path) == value) is not negated for path, negated, value in terms)

    return matches


def label_selector(text: str) -> Selector:
    """Read a label selector: equality, `in`, `notin`, existence."""
    terms = [_label_term(term.strip()) for term in _TERM.findall(text) if term.strip()]

    def matches(obj: Json) -> bool:
        labels = obj["metadata"].get("labels") or {}
        return all(term(labels) for term in terms)

    return matches


def _label_term(term: str) -> Callable[[dict[str, str]], bool]:
    if found := _SET_REQUIREMENT.match(term):
        key, negated = found["key"], found["operator"] == "notin"
        values = {value.strip() for value in found["values"].split(",")}
        return lambda labels: (labels.get(key) in values) is not negated
    if "=" in term:
        key, operator, value = _comparison(term)
        return lambda labels: (labels.get(key) == value) is not (operator == "!=")
    if re.fullmatch(r"!?[\w./-]+", term) is None:
        raise bad_request(f"unable to parse requirement: {term}")
    return lambda labels: (term.removeprefix("!") in labels) is not term.startswith("!")


def _comparison(term: str) -> tuple[str, str, str]:
    for operator in ("!=", "==", "="):
        key, separator, value = term.partition(operator)
        if separator:
            return key.strip(), operator, value.strip()
    raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")


def _field(obj: Json, path: str) -> str:
    value = dig(obj, "source.component") if path == "source" else dig(obj, path)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
