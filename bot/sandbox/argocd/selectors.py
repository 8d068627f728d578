"""Label selectors as Kubernetes writes them."""

import re
from collections.abc import Mapping
from typing import Final

from bot.sandbox.argocd.errors import UNKNOWN, ApiError

_TERM: Final = re.compile(
    r"""\s*(?:
        (?P<set_key>[\w./-]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^)]*)\)
      | (?P<key>[\w./-]+)\s*(?P<equality>==|!=|=)\s*(?P<value>[\w.-]*)
      | (?P<absent>!)?\s*(?P<present>[\w./-]+)
    )\s*(?:,|$)""",
    re.VERBOSE,
)


def matches(selector: str, labels: Mapping[str, str]) -> bool:
    """Say whether labels satisfy every term of a selector; raises ApiError where it can't be parsed."""
    position = 0
    while position < len(selector):
        term = _TERM.match(selector, position)
        if term is None:
            raise ApiError(UNKNOWN, f"error parsing the selector: unable to parse requirement: found {selector!r}")
        if not _holds(term, labels):
            return False
        position = term.end()
    return True


def _holds(term: re.Match[str], labels: Mapping[str, str]) -> bool:
    if term["operator"]:
        among = labels.get(term["set_key"]) in {value.strip() for value in term["values"].split(",")}
        return among == (term["operator"] == "in")
    if term["equality"]:
        return (labels.get(term["key"]) == term["value"]) == (term["equality"] != "!=")
    return (term["present"] in labels) != bool(term["absent"])
