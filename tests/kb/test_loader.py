"""Knowledge paths: what overrides what, and that every error is found with its place."""

from pathlib import Path

import pytest

from bot.core.haystack import text_of
from bot.kb.loader import BadKnowledge, load, load_or_raise
from tests.kb.bases import front, other, write

SEALED = 'fetching secret "prod/db" from Vault: it is sealed'


def test_later_paths_override_and_retire(tmp_path: Path) -> None:
    shipped = write(tmp_path / "shipped", front(), other("quota", "quota is used up", "quota is used up"))
    team = write(tmp_path / "team", front(title="Ours: {{secret}}"), front(id="quota", title="q", status="retired"))
    knowledge = load([shipped, team])
    assert knowledge.issues == ()
    assert knowledge.documents["vault-sealed"].entry.title.startswith("Ours")
    assert [document.path.parent.parent for document in knowledge.shadowed] == [shipped, shipped]
    assert set(knowledge.entries) == {"vault-sealed"}
    assert knowledge.compile().match(text_of("quota is used up")).verdict == "unknown"


def test_all_errors_of_all_files_at_once(tmp_path: Path) -> None:
    write(tmp_path, front(colour="red", severity="loud"), other("twin", "a twin of something", "x"))
    write(tmp_path, other("twin", "a twin of something", "x"), area="argocd")
    (tmp_path / "secrets" / "latin.md").write_bytes("---\nid: é\n---\n".encode("latin-1"))
    (tmp_path / "secrets" / "bare.md").write_text("no front matter")
    (tmp_path / "secrets" / "look.md").write_text(
        (tmp_path / "secrets" / "twin.md").read_text().replace("id: twin", "id: look").replace("a twin", "(?!x)y")
    )
    (tmp_path / "noise.yaml").write_text("noise:\n  - id: n\n    message: '('\n    examples: [{source: cli}]\n")
    with pytest.raises(BadKnowledge) as caught:
        load_or_raise([tmp_path, tmp_path / "absent"])
    found = {(issue.path.name, issue.check) for issue in caught.value.issues}
    assert found == {
        ("vault-sealed.md", "schema"),
        ("twin.md", "identity"),
        ("latin.md", "yaml"),
        ("bare.md", "yaml"),
        ("look.md", "pattern"),
        ("noise.yaml", "pattern"),
        ("absent", "path"),
    }
    lines = str(caught.value).split("\n")
    assert len([line for line in lines if "vault-sealed.md" in line]) == 2
    assert any("'colour' isn't a field here. See docs/knowledge.md" in line for line in lines)


def test_an_issue_points_at_its_line(tmp_path: Path) -> None:
    write(tmp_path, front(severity="loud"))
    (issue,) = load([tmp_path]).issues
    text = issue.path.read_text().split("\n")
    assert text[issue.line - 1].startswith("severity:")


def test_an_empty_noise_file_has_no_rules_and_later_rules_replace(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "noise.yaml").write_text("")
    rule = "noise:\n  - {id: calm, message: 'all is well', examples: [{source: cli, message: 'all is well'}]}"
    (tmp_path / "b" / "noise.yaml").write_text(rule)
    knowledge = load([tmp_path / "a", tmp_path / "b"])
    assert (knowledge.issues, [item.id for item in knowledge.noise]) == ((), ["calm"])
    assert knowledge.compile().match(text_of("all is well")).noise == "calm"
    assert knowledge.compile().match(text_of(SEALED)).verdict == "unknown"
