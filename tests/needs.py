"""What a test needs besides Python. Where it is missing, the test is NOT RUN, loudly; in CI that is a failure.

Use it from a fixture that looks for the thing once a session:

    @pytest.fixture(scope="session")
    def chromium() -> str:
        return shutil.which("chromium") or not_run("Chromium", "no `chromium` on the PATH: apt-get install chromium")
"""

import os
from typing import NoReturn

import pytest

PREFIX = "NOT RUN: "


def in_ci() -> bool:
    """Whether absence is a failure."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def not_run(what: str, why: str) -> NoReturn:
    """Stop this test because `what` is missing; `why` says how to get it."""
    if in_ci():
        pytest.fail(f"{what} is missing, and CI=true runs everything: {why}", pytrace=False)
    pytest.skip(f"{PREFIX}{what}: {why}")
