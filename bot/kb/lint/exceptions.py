"""Findings that were looked at and accepted, each with a reason and a day to look again: `exceptions.yaml`."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from pydantic import Field, ValidationError

from bot.core.entries import Identifier, Model, Text
from bot.kb.issues import Issue
from bot.kb.loader import EXCEPTIONS_FILE, Knowledge
from bot.kb.strict_yaml import BadYaml, Tree, parse


class Accepted(Model):
    """One accepted finding."""

    entry: Identifier
    check: str
    reason: Text = Field(description="why it is right here")
    until: date = Field(description="the day to look again")


class _File(Model):
    exceptions: tuple[Accepted, ...]


def without_excepted(issues: Iterable[Issue], knowledge: Knowledge, *, today: date) -> Iterator[Issue]:
    """The issues that no exception accepts, and what is wrong with the exceptions themselves."""
    remaining = list(issues)
    for root in knowledge.paths:
        path = root / EXCEPTIONS_FILE
        if not path.is_file():
            continue
        tree, file, problems = _read(path)
        yield from problems
        for number, accepted in enumerate(file.exceptions if file else ()):
            line = tree.line(("exceptions", number)) if tree else 1
            document = knowledge.documents.get(accepted.entry)
            hit = [
                issue
                for issue in remaining
                if document and issue.path == document.path and issue.check == accepted.check
            ]
            what = f"the exception for {accepted.entry}, {accepted.check}"
            if not hit:
                yield _issue(path, line, f"{what} accepts nothing any more", "Remove it.")
            elif accepted.until < today:
                fix = "Look at the finding again: mend it, or set a later day."
                yield _issue(path, line, f"{what} ran out on {accepted.until}", fix)
            else:
                remaining = [issue for issue in remaining if issue not in hit]
    yield from remaining


def _read(path: Path) -> tuple[Tree | None, _File | None, list[Issue]]:
    try:
        tree = parse(path.read_text(encoding="utf-8"))
    except (BadYaml, OSError, UnicodeDecodeError) as error:
        line = error.line if isinstance(error, BadYaml) else 1
        return None, None, [Issue(path=path, line=line, check="yaml", message=str(error))]
    try:
        return tree, _File.model_validate(tree.value), []
    except ValidationError as error:
        found = [
            Issue(
                path=path,
                line=tree.line(detail["loc"]),
                check="schema",
                message=f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}",
                fix="An exception has entry, check, reason and until (2027-01-31).",
            )
            for detail in error.errors(include_url=False)
        ]
        return tree, None, found


def _issue(path: Path, line: int, message: str, fix: str) -> Issue:
    return Issue(path=path, line=line, check="exception", message=message, fix=fix, severity="warning")
