"""The knowledge base as it was last read, kept for `match`: reading YAML takes longer than all the rest.

A snapshot holds nothing that isn't in the files. One that is old, foreign or broken is made anew.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot import __version__
from bot.core import entries as entry_models
from bot.core import patterns
from bot.core.entries import Entry, NoiseRule
from bot.core.matching import Matcher, compile_entries, literals_of
from bot.kb import strict_yaml
from bot.kb.loader import Knowledge, load_or_raise

_READERS = (entry_models, patterns, strict_yaml)
"""Modules whose change makes every snapshot old."""


def quick_matcher(paths: Sequence[Path], folder: Path) -> Matcher:
    """A matcher over these paths, from the snapshot in `folder` where it fits. Raises `BadKnowledge`."""
    roots = [path.resolve() for path in paths]
    file = folder / f"knowledge-{_digest(map(str, roots))}.json"
    key = _digest(_state(roots))
    found = _read(file, key)
    if found is not None:
        return found
    knowledge = load_or_raise(paths)
    _keep(file, key, knowledge)
    return knowledge.compile()


def _state(roots: Iterable[Path]) -> Iterator[str]:
    """Whatever a snapshot depends on: our version and modules, and each file's name, size and time."""
    yield __version__
    for module in _READERS:
        yield _stamp(Path(str(module.__file__)))
    for root in roots:
        yield str(root)
        for path in sorted(root.rglob("*")):
            if path.suffix in (".md", ".yaml"):
                yield _stamp(path)


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _read(file: Path, key: str) -> Matcher | None:
    try:
        kept: Any = json.loads(file.read_bytes())
        if kept["key"] != key:
            return None
        entries = [Entry.model_validate(value) for value in kept["entries"]]
        noise = [NoiseRule.model_validate(value) for value in kept["noise"]]
        return compile_entries(entries, noise, literals=kept["literals"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        return None


def _keep(file: Path, key: str, knowledge: Knowledge) -> None:
    """Write the snapshot in one step. Where that isn't possible the next `match` reads the files again."""
    documents = [item for item in knowledge.documents.values() if item.entry.status != "retired"]
    rules = [rule for item in documents for rule in (*item.entry.match.any_of, *item.entry.match.all_of)]
    kept = {
        "key": key,
        "entries": [item.tree.value for item in documents],
        "noise": [rule.model_dump(mode="json", by_alias=True, exclude_none=True) for rule in knowledge.noise],
        "literals": {
            pattern: sorted(needed)
            for pattern, needed in literals_of(rule.message for rule in (*rules, *knowledge.noise)).items()
        },
    }
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.stem}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(kept, stream)
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)
