"""The documents say what is: their links lead somewhere, and what they list is what there is."""

import re
from pathlib import Path

import pytest

from bot.adapters.metrics import Metrics
from bot.app.policy_file import read_policy
from bot.core.permission import ACTIONS
from tests import command_tables
from tests.docs.documents import DOCUMENTS, ROOT, anchors, blocks, links, text

WANTED = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs/actions.md",
    "docs/architecture.md",
    "docs/commands.md",
    "docs/install.md",
    "docs/knowledge.md",
    "docs/operations.md",
    "docs/settings.md",
]
SCREENSHOT = 200 * 1024
every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.parametrize("name", WANTED)
def test_it_is_there_and_the_readme_leads_to_it(name: str) -> None:
    assert (ROOT / name).is_file()
    assert name == "README.md" or name in set(links(text("README.md")))


@every_document
def test_links_lead_somewhere(path: Path) -> None:
    document = path.read_text(encoding="utf-8")
    for link in links(document):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), link
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), link


@every_document
def test_paths_of_the_repository_exist(path: Path) -> None:
    """A path in code or a command that begins with one of our folders."""
    written = re.findall(r"(?<![\w/.-])(?:bot|deploy|docs|tests)/[\w./-]*\w", path.read_text(encoding="utf-8"))
    missing = {name for name in written if not (ROOT / name).exists()}
    assert not missing


def test_commands_and_options_are_those_of_the_command_line() -> None:
    written = command_tables.SECTIONS.search(text("docs/commands.md"))
    assert written is not None
    assert written.group() == command_tables.sections(), "run `python -m tests.command_tables`"


def test_commands_in_the_documents_exist() -> None:
    known = {name for name, _ in command_tables.commands()}
    for path in DOCUMENTS:
        for block in blocks(path.read_text(encoding="utf-8"), "sh"):
            for said in re.findall(r"(?:^|[;&|] *)gitops-bot ((?:kb |db |audit )?[a-z]+)", block, re.MULTILINE):
                assert f"gitops-bot {said}" in known, f"{path.name}: {said}"


def test_every_metric_is_described_and_no_other() -> None:
    exposed = Metrics(version="0").exposition()[0].decode()
    there = set(re.findall(r"^# TYPE (gitops_bot_\w+)", exposed, re.MULTILINE))
    described = set(re.findall(r"^\| `(gitops_bot_\w+)", text("docs/operations.md"), re.MULTILINE))
    assert described == {name for name in there if not name.endswith("_created")}


def test_the_readme_s_commands_are_in_the_makefile() -> None:
    said = {
        name for block in blocks(text("README.md"), "sh") for name in re.findall(r"^make (\w+)", block, re.MULTILINE)
    }
    assert {"demo", "test"} <= said
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.MULTILINE))
    assert said <= targets


def test_the_screenshot_is_small_enough_to_load_on_a_phone() -> None:
    images = [ROOT / link for link in links(text("README.md")) if link.endswith(".png")]
    assert images
    assert all(image.stat().st_size < SCREENSHOT for image in images)


def test_the_policy_that_is_shown_can_be_used() -> None:
    (shown,) = blocks(text("docs/actions.md"), "yaml")
    policy = read_policy(shown, source="docs/actions.md")
    assert [rule.name for rule in policy.rules] == ["on call", "developers"]
    assert all(f"`{action}`" in text("docs/actions.md") for action in ACTIONS)
