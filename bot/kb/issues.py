"""What is wrong in a knowledge base, where, and how to mend it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

IssueSeverity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Issue:
    """One finding of the loader, `kb lint` or `kb test`. `line` counts from 1; `check` is its stable name."""

    path: Path
    line: int
    check: str
    message: str
    fix: str = ""
    severity: IssueSeverity = "error"

    def __str__(self) -> str:
        """`file:line: severity [check] message. How to fix it.`"""
        advice = f" {self.fix}" if self.fix else ""
        return f"{self.path}:{self.line}: {self.severity} [{self.check}] {self.message}.{advice}"
