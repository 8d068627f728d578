"""For all tests: steady property tests, and a last word about what could not be run here (see tests/needs.py)."""

from collections import Counter

import pytest
from hypothesis import settings

from tests.needs import PREFIX, in_ci

# A loaded machine must not fail a property test; in CI the examples are the same every time.
settings.register_profile("steady", deadline=None, derandomize=in_ci())
settings.load_profile("steady")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was not run, so that a green result doesn't say more than it knows."""
    missing: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", ()):
        _path, _line, reason = report.longrepr
        _, found, what = reason.partition(PREFIX)
        if found:
            missing[what] += 1
    if missing:
        terminalreporter.section("NOT RUN", sep="=", yellow=True, bold=True)
        for what, count in sorted(missing.items()):
            terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'} need {what}", yellow=True)
