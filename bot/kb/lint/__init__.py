"""`kb lint`: many small checks, each of which tells where, what and how to mend it; all findings in one run.

Drafts get the checks that keep them from doing harm; a stable entry must pass all (entry-format.md). What an entry
does beside the others is `kb test`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from bot.kb.documents import Document
from bot.kb.issues import Issue
from bot.kb.lint import actions, examples, identity, links, names, patterns, privacy, questions
from bot.kb.lint.exceptions import without_excepted
from bot.kb.loader import Knowledge

EntryCheck = Callable[[Document], Iterator[Issue]]
BaseCheck = Callable[[Document, Mapping[str, Document]], Iterator[Issue]]

ALWAYS: tuple[EntryCheck, ...] = (identity.place, privacy.private)
MATCHED: tuple[EntryCheck, ...] = (
    patterns.patterns,
    names.placeholders_known,
    questions.evidence,
    actions.fixes,
    actions.actions,
    examples.own_examples,
)
STABLE: tuple[EntryCheck, ...] = (
    identity.headings,
    identity.references,
    names.captured_everywhere,
    names.captures_used,
    questions.provable,
    examples.enough,
    examples.rendered,
)
BASE: tuple[BaseCheck, ...] = (links.targets, links.cycles)


def lint(knowledge: Knowledge, *, today: date) -> list[Issue]:
    """Every finding of a loaded base, the loader's included. `today` decides whether an exception has run out."""
    found: list[Issue] = []
    for document in knowledge.documents.values():
        found.extend(_document(document, knowledge.documents))
    for noise in knowledge.noise_documents:
        found.extend(patterns.noise_patterns(noise))
        found.extend(privacy.private_text(noise.path, frozenset()))
    return [*knowledge.issues, *without_excepted(found, knowledge, today=today)]


def _document(document: Document, documents: Mapping[str, Document]) -> Iterator[Issue]:
    status = document.entry.status
    checks = [*ALWAYS, *(MATCHED if status != "retired" else ()), *(STABLE if status == "stable" else ())]
    for check in checks:
        yield from check(document)
    for base_check in BASE:
        yield from base_check(document, documents)
