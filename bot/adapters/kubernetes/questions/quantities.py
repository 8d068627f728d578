"""Kubernetes' amounts: `250m`, `1.5Gi`, `12e3`."""

import re
from fractions import Fraction

_QUANTITY = re.compile(r"([+-]?(?:\d{1,40}(?:\.\d{0,20})?|\.\d{1,20}))(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i))?")
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BYTES = ("memory", "ephemeral-storage", "storage", "hugepages-")


def amount(value: str | float | None) -> Fraction:
    """The number; 0 where it isn't one."""
    found = _QUANTITY.fullmatch(str(value).strip()) if value is not None else None
    if found is None:
        return Fraction(0)
    number, exponent, suffix = found.groups()
    if suffix in _BINARY:
        return Fraction(number) * _BINARY[suffix]
    power = int(exponent) if exponent else _DECIMAL.get(suffix or "", 0)
    return Fraction(number) * Fraction(10) ** power


def written(resource: str, value: Fraction) -> str:
    """An amount as people write it, rounded down: `250m` of a CPU, `1536Mi` of memory, `3` pods."""
    if resource.removeprefix("requests.").removeprefix("limits.").startswith(BYTES):
        return f"{value // 2**20}Mi" if abs(value) >= 2**20 else str(value // 1)
    if value.denominator == 1:
        return str(value)
    return f"{value * 1000 // 1}m"
