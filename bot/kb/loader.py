"""Loads knowledge paths: later paths override earlier ones by id, and every error is found in one run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.entries import Entry, NoiseRule, Rule
from bot.core.matching import Matcher, compile_entries
from bot.core.patterns import BadPattern, compile_pattern
from bot.kb.documents import Document, NoiseDocument, read_entry, read_noise
from bot.kb.issues import Issue

NOISE_FILE = "noise.yaml"
EXCEPTIONS_FILE = "exceptions.yaml"
_PATTERNS_FIX = "See «Patterns» in docs/knowledge.md."


class BadKnowledge(Exception):
    """The knowledge base can't be used; the text lists every error with file and line."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("\n".join(map(str, issues)))
        self.issues = tuple(issues)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What was loaded. `documents` holds the winning file per id, `shadowed` those a later path overrides."""

    paths: tuple[Path, ...]
    documents: Mapping[str, Document]
    shadowed: tuple[Document, ...]
    noise: tuple[NoiseRule, ...]
    noise_documents: tuple[NoiseDocument, ...]
    issues: tuple[Issue, ...]

    @property
    def entries(self) -> dict[str, Entry]:
        """The entries by id, retired ones aside."""
        return {name: item.entry for name, item in self.documents.items() if item.entry.status != "retired"}

    def compile(self) -> Matcher:
        """A matcher over what could be loaded. Raises `BadPattern` where lint would have told."""
        return compile_entries((item.entry for item in self.documents.values()), self.noise)


def default_path() -> Path:
    """The knowledge that ships in the package, or the repository's own."""
    package = Path(__file__).parents[1]
    shipped = package / "knowledge"
    return shipped if shipped.is_dir() else package.parent / "knowledge"


def load(paths: Iterable[Path] | None = None) -> Knowledge:
    """Load paths in order (default: ours alone), keeping every error as an issue."""
    roots = tuple(paths) if paths is not None else (default_path(),)
    documents: dict[str, Document] = {}
    shadowed: list[Document] = []
    noise: list[NoiseDocument] = []
    issues: list[Issue] = []
    for root in roots:
        if not root.is_dir():
            issues.append(Issue(path=root, line=1, check="path", message="there is no such folder"))
            continue
        here: dict[str, Document] = {}
        for path in _entry_files(root):
            document, found = read_entry(path, root)
            issues.extend(found)
            if document is None:
                continue
            issues.extend(_bad_patterns(document))
            name = document.entry.id
            if name in here:
                twin = here[name].path
                issues.append(
                    Issue(path=path, line=document.line("id"), check="identity", message=f"{name} is also in {twin}")
                )
                continue
            here[name] = document
        shadowed.extend(documents[name] for name in here if name in documents)
        documents.update(here)
        if (root / NOISE_FILE).is_file():
            read, found = read_noise(root / NOISE_FILE)
            issues.extend(found)
            if read is not None:
                issues.extend(_bad_noise_patterns(read))
                noise.append(read)
    return Knowledge(
        paths=roots,
        documents=documents,
        shadowed=tuple(shadowed),
        noise=tuple({rule.id: rule for document in noise for rule in document.noise.noise}.values()),
        noise_documents=tuple(noise),
        issues=tuple(issues),
    )


def load_or_raise(paths: Iterable[Path] | None = None) -> Knowledge:
    """Load, or raise `BadKnowledge` with every error."""
    knowledge = load(paths)
    errors = [issue for issue in knowledge.issues if issue.severity == "error"]
    if errors:
        raise BadKnowledge(errors)
    return knowledge


def _entry_files(root: Path) -> Iterator[Path]:
    """Markdown files below the path, in a stable order; READMEs and hidden folders aside."""
    for path in sorted(root.rglob("*.md")):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if not hidden and path.stem.lower() != "readme":
            yield path


def _bad_patterns(document: Document) -> Iterator[Issue]:
    for place in ("any", "all", "none"):
        for number, rule in enumerate(getattr(document.entry.match, f"{place}_of")):
            reason = _refused(rule)
            if reason:
                message = f"RE2 refuses match.{place}[{number}]: {reason}"
                yield document.issue("pattern", message, "match", place, number, "message", fix=_PATTERNS_FIX)


def _bad_noise_patterns(document: NoiseDocument) -> Iterator[Issue]:
    for number, rule in enumerate(document.noise.noise):
        places = [(rule, ("message",)), *((none, ("none", at, "message")) for at, none in enumerate(rule.none_of))]
        for item, where in places:
            reason = _refused(item)
            if reason:
                message = f"RE2 refuses the pattern of {rule.id}: {reason}"
                yield document.issue("pattern", message, number, *where, fix=_PATTERNS_FIX)


def _refused(rule: Rule) -> str:
    """RE2's reason where it refuses the rule's pattern."""
    try:
        if rule.message is not None:
            compile_pattern(rule.message)
    except BadPattern as error:
        return str(error)
    return ""
