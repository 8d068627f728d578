"""What can't be run is said at the end, and is a failure in CI."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import not_run

TESTS = """
import pytest
from tests.needs import not_run

@pytest.fixture(scope="session")
def chromium():
    not_run("Chromium", "apt-get install chromium")

@pytest.mark.parametrize("number", [1, 2])
def test_page(chromium, number): ...

@pytest.mark.skip(reason="for another reason")
def test_other(): ...

def test_fine(): ...
"""


@pytest.mark.parametrize("value", ["", "false", "0"])
def test_without_ci_it_is_not_run(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.skip.Exception, match="NOT RUN: Chromium: apt-get install chromium"):
        not_run("Chromium", "apt-get install chromium")


@pytest.mark.parametrize("value", ["true", "1", "True"])
def test_in_ci_it_fails(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.fail.Exception, match="Chromium is missing, and CI=true runs everything"):
        not_run("Chromium", "apt-get install chromium")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_last_word_counts_what_was_not_run(tmp_path: Path, workers: str) -> None:
    file = tmp_path / "test_absent.py"
    file.write_text(TESTS)
    options = ["-n", workers, "-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    ran = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-m", "pytest", "-c", os.devnull, *options, str(file)],
        env={name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"=+ NOT RUN =+\n2 tests need Chromium: apt-get install chromium\n", ran.stdout), ran.stdout
