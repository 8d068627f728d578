"""What a registry wants shown before it answers: `WWW-Authenticate` (RFC 9110). Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z0-9_-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.){0,2000})"|([^\s,"]{1,2000}))')
_SCHEME = re.compile(r"\s*,?\s*([A-Za-z]{1,20})(?=\s|$)")
LIMIT = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One way to authenticate: its scheme in lower case, and its parameters."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """All challenges of an answer, in order; what can't be read ends its header."""
    found: list[Challenge] = []
    for header in headers:
        text, at = header[:LIMIT], 0
        while scheme := _SCHEME.match(text, at):
            at, parameters = scheme.end(), {}
            while parameter := _PARAMETER.match(text, at):
                quoted = parameter[2]
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else parameter[3]
                parameters[parameter[1].lower()] = value
                at = parameter.end()
            found.append(Challenge(scheme=scheme[1].lower(), parameters=parameters))
    return found
