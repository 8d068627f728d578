"""The kept knowledge base: the same answers, never old ones."""

import os
from pathlib import Path

import pytest

from bot.core.haystack import text_of
from bot.kb import loader, snapshot
from bot.kb.loader import BadKnowledge
from bot.kb.snapshot import quick_matcher
from tests.kb.bases import front, other, write

QUOTA = other("quota-exceeded", "exceeded quota: ", "exceeded quota: x")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "noise.yaml").write_text(
        "noise: [{id: calm, message: 'all is well', examples: [{source: cli, message: 'all is well'}]}]"
    )
    return write(tmp_path / "kb", front(), QUOTA, front(id="old", status="retired"))


def verdicts(base: Path, folder: Path) -> list[str]:
    matcher = quick_matcher([base], folder)
    texts = ("exceeded quota: x", 'fetching secret "s" from Vault: it is sealed', "all is well", "nothing")
    results = [matcher.match(text_of(text)) for text in texts]
    return [result.best.entry.id if result.best else result.verdict for result in results]


EXPECTED = ["quota-exceeded", "vault-sealed", "noise", "unknown"]


def test_the_second_time_no_file_is_read(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verdicts(base, tmp_path / "cache") == EXPECTED
    monkeypatch.setattr(snapshot, "load_or_raise", None)
    assert verdicts(base, tmp_path / "cache") == EXPECTED


def test_a_changed_file_counts_at_once(base: Path, tmp_path: Path) -> None:
    verdicts(base, tmp_path / "cache")
    write(base, QUOTA | {"status": "retired"})
    assert verdicts(base, tmp_path / "cache")[0] == "unknown"
    (base / "secrets" / "vault-sealed.md").unlink()
    assert verdicts(base, tmp_path / "cache")[1] == "unknown"
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"key": "x"}', "\x00"])
def test_a_broken_snapshot_is_made_anew(base: Path, tmp_path: Path, content: str) -> None:
    verdicts(base, tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text(content)
    assert verdicts(base, tmp_path / "cache") == EXPECTED


def test_one_that_doesn_t_fit_the_models_is_made_anew(base: Path, tmp_path: Path) -> None:
    verdicts(base, tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text(file.read_text().replace('"severity"', '"colour"'))
    assert verdicts(base, tmp_path / "cache") == EXPECTED


def test_where_nothing_can_be_kept_it_works_all_the_same(base: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert verdicts(base, tmp_path / "file" / "cache") == EXPECTED


def test_errors_are_told_each_time(base: Path, tmp_path: Path) -> None:
    write(base, front(severity="loud"))
    for _ in range(2):
        with pytest.raises(BadKnowledge, match=r"vault-sealed\.md"):
            quick_matcher([base], tmp_path / "cache")


def test_only_the_owner_reads_it(base: Path, tmp_path: Path) -> None:
    quick_matcher([base], tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert file.stat().st_uid == os.getuid()
    assert loader.load([base]).issues == ()
