"""Masks what varies between repeats of one failure, so that repeats get one fingerprint and one template."""

import re2

COMBINED = "(combined from similar events): "
"""What the event recorder puts before the tenth and later similar events (facts/kubernetes.md)."""

_HASH = "[bcdfghjklmnpqrstvwxz2456789]"
"""The alphabet of Kubernetes' random suffixes (apimachinery `rand`): no vowels, none of 0, 1, 3."""

_options = re2.Options()
_options.log_errors = False

_TIME = (
    r"\b\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
    r"|\b[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d+"
    r"|\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[AP]M)?\b(?: m=[+-]\d+\.\d+)?"
)
_CODE = r"(?i:\b(?:exit(?:ed)?(?: with)? (?:code|status)|exit code|status(?: ?code)?|code)[ :=]{1,3}\d{1,3}\b)"
_PARTS = {
    "uuid": r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    "digest": r"sha(?:1|256|512):[0-9a-f]{7,128}",
    "temp": r"/(?:dev/shm|tmp|var/tmp|var/folders)/[^\s\"'`,;)\]]+",
    "time": _TIME,
    "address": (
        r"(?:\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[0-9a-fA-F]{0,4}:[0-9a-fA-F:]{1,37}(?:%\w+)?\])(?::\d{1,5})?"
    ),
    "pod": rf"-{_HASH}{{6,10}}-{_HASH}{{5}}\b|-{_HASH}{{5}}\b",
    "duration": r"\b(?:\d+(?:\.\d+)?(?:h|ms|µs|us|ns|m|s|d))+\b",
    "kept": rf"{_CODE}|<ip>:\d{{1,5}}",
    "number": r"\b\d+(?:\.\d+)*(?:[KMGTPE]i?|m|k)?\b",
    "hex": r"\b[0-9a-f]{7,64}\b",
    "template": rf"-{_HASH}{{8,10}}\b",
}
"""What varies, by name; the first alternative that fits at a place wins."""

_VARYING = re2.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PARTS.items()), _options)
_DIGITS = frozenset("0123456789")
_MASKS = {"pod": "-<hash>", "template": "-<hash>", "hex": "<hash>", "number": "<n>"}
_FIRST_EPHEMERAL_PORT = 32_768
"""Linux gives outgoing connections ports from here on (net.ipv4.ip_local_port_range)."""


def mask(text: str) -> str:
    """The text with UUIDs, digests, SHAs, pod hashes, counters, times, durations, addresses, temporary names replaced.

    Well-known ports and exit or HTTP status codes stay: they tell failures apart. Masking twice changes nothing.
    """
    text = text.replace(COMBINED, "")
    found: list[str] = []
    position = 0
    for match in _VARYING.finditer(text):
        kind = str(match.lastgroup)
        start, end = match.span()
        found.append(text[position:start])
        found.append(_masked(kind, text[start:end]))
        position = end
    if not position:
        return text
    found.append(text[position:])
    return "".join(found)


def _masked(kind: str, value: str) -> str:
    if kind == "kept" or (kind in ("hex", "template") and not _DIGITS.intersection(value)):
        return value
    if kind == "temp":
        return value[: value.index("/", 1)] + "/<temp>"
    if kind == "address":
        return _masked_address(value)
    return _MASKS.get(kind) or f"<{kind}>"


def _masked_address(value: str) -> str:
    port = value.rpartition(":")[2] if not value.endswith("]") and ":" in value else ""
    if not port:
        return "<ip>"
    return f"<ip>:{port}" if int(port) < _FIRST_EPHEMERAL_PORT else "<ip>:<port>"
