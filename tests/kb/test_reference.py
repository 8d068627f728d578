"""docs/knowledge.md says what the code says."""

import re
from pathlib import Path

import pytest
import yaml

from bot.core import actions, evidence
from bot.core.entries import Rule
from bot.kb.reference import put_into, reference

DOCUMENT = Path(__file__).parents[2] / "docs" / "knowledge.md"


def test_the_document_holds_the_reference() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert put_into(text) == text, "run: gitops-bot kb reference --write docs/knowledge.md"


def test_every_field_question_and_verb_is_there() -> None:
    text = reference()
    named = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    assert named.issuperset(evidence.CATALOGUE)
    assert named.issuperset(actions.CATALOGUE)
    assert named.issuperset(Rule.model_fields)


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has no lines"):
        put_into("# Nothing")


def test_every_check_is_explained() -> None:
    """A finding's name is found on the page that says what it wants."""
    sources = (Path(__file__).parents[2] / "bot" / "kb").rglob("*.py")
    raised = {
        name
        for source in sources
        for name in re.findall(r'(?:issue\(|check=|_issue\([^"\n]*)\s*"([a-z]+)"', source.read_text(encoding="utf-8"))
    }
    table = DOCUMENT.read_text(encoding="utf-8").partition("## What lint and test check")[2].partition("## Noise")[0]
    explained = set(re.findall(r"`([a-z]+)`", table))
    assert len(raised) > 15
    assert raised - explained <= {"exception", "path"}


def test_the_guide_s_snippets_are_yaml() -> None:
    guide = DOCUMENT.read_text(encoding="utf-8").partition("## Fields")[0]
    snippets = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert len(snippets) >= 4
    for snippet in snippets:
        assert isinstance(yaml.safe_load(snippet), dict)
