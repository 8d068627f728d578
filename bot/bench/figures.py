"""What a benchmark says: a figure, and beside it a baseline of the same run, so that a slow machine shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`value` and `baseline` in `unit`; `beside` says what the baseline is."""

    what: str
    value: float
    unit: str
    baseline: float
    beside: str

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"{self.what}: {self.value:,.1f} {self.unit}  (beside {self.beside}: {self.baseline:,.1f} {self.unit})"
