"""What may run: a base that loads, and whose patterns of others than us hold nothing up.

Lint measures patterns on hostile messages. For the entries that ship that was done before they shipped.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.kb.issues import Issue
from bot.kb.lint.patterns import noise_patterns, patterns
from bot.kb.loader import BadKnowledge, Knowledge, default_path, load_or_raise


def load_to_run(paths: Iterable[Path]) -> Knowledge:
    """Load these paths for the bot. Raises `BadKnowledge` with every error, also for patterns that take too long."""
    knowledge = load_or_raise(paths)
    errors = [issue for issue in _pattern_issues(knowledge, default_path()) if issue.severity == "error"]
    if errors:
        raise BadKnowledge(errors)
    return knowledge


def _pattern_issues(knowledge: Knowledge, ours: Path) -> Iterator[Issue]:
    for document in knowledge.documents.values():
        if document.root != ours and document.entry.status != "retired":
            yield from patterns(document)
    for noise in knowledge.noise_documents:
        if noise.path.parent != ours:
            yield from noise_patterns(noise)
