"""What is declared is what is imported."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from tests.deploy.manifests import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = {"bot", "tests"}
NOT_IMPORTED = {
    "aiosqlite": "SQLAlchemy loads it for sqlite+aiosqlite addresses",
    "hatchling": "builds the wheel, in a test too",
    "pytest-asyncio": "a plugin of pytest",
    "pytest-socket": "a plugin of pytest",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
}
"""Declared though nobody imports it, and why."""

COMES_WITH = {"pydantic-core": "pydantic", "markupsafe": "jinja2"}
"""Imported, but its version is another's choice, whose interface it is part of."""


def normal(name: str) -> str:
    """A distribution's name as it is compared."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0]).lower()


@cache
def imported(folder: str) -> set[str]:
    """The distributions whose modules a folder's files import."""
    distributions = packages_distributions()
    modules = {
        module.partition(".")[0]
        for path in (ROOT / folder).rglob("*.py")
        for module in modules_of(ast.parse(path.read_text(encoding="utf-8")))
    }
    foreign = modules - OURS - sys.stdlib_module_names
    assert foreign <= set(distributions), f"nothing installed has {sorted(foreign - set(distributions))}"
    found = {normal(distributions[module][0]) for module in foreign}
    return {COMES_WITH.get(name, name) for name in found}


def modules_of(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def declared(requirements: Iterable[object]) -> set[str]:
    return {normal(item) for item in requirements if isinstance(item, str)}


def needed_to_run() -> set[str]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    return declared(PROJECT["project"]["dependencies"]) | {name for extra in extras for name in declared(extra)}


def test_the_product_declares_what_it_imports_and_nothing_else() -> None:
    assert needed_to_run() - set(NOT_IMPORTED) == imported("bot")


def test_the_tests_declare_what_they_import_and_nothing_else() -> None:
    for_tests = declared(PROJECT["dependency-groups"]["test"])
    assert imported("tests") <= for_tests | needed_to_run()
    assert for_tests - set(NOT_IMPORTED) <= imported("tests")


@pytest.mark.parametrize("name", NOT_IMPORTED)
def test_no_exception_outlives_its_reason(name: str) -> None:
    assert name in needed_to_run() | declared(PROJECT["dependency-groups"]["test"])
    assert name not in imported("bot")
