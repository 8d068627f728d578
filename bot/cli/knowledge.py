"""`kb`: lint, test, list, show, search and begin entries of the knowledge base."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.knowledge_paths import AloneOption, JsonOption, PathOption, configured_paths, knowledge_paths, loaded

if TYPE_CHECKING:
    from bot.kb.issues import Issue

knowledge_app = typer.Typer(
    help="The knowledge base: lint, test, list, show, search and begin entries.", no_args_is_help=True
)


@knowledge_app.command("lint")
def lint(path: PathOption = None, alone: AloneOption = False, as_json: JsonOption = False) -> None:
    """Check every entry; each finding with file, line and how to mend it. Exit status 1 where there are errors."""
    from datetime import UTC, datetime

    from bot.kb.lint import lint as findings
    from bot.kb.loader import load

    knowledge = load(knowledge_paths(path, alone=alone))
    issues = findings(knowledge, today=datetime.now(UTC).date())
    _report(issues, f"{_counted(len(knowledge.documents), 'entry', 'entries')} linted", as_json=as_json)


@knowledge_app.command("test")
def try_out(
    path: PathOption = None,
    alone: AloneOption = False,
    corpus: Annotated[
        Path | None, typer.Option(help="Labelled messages (JSON lines) that the base must get right as well.")
    ] = None,
    floor: Annotated[
        Path | None, typer.Option(help="The figures that must not fall; default: CORPUS with the ending .floor.json.")
    ] = None,
    raise_floor: Annotated[
        bool, typer.Option("--raise-floor", help="Write the figures reached to the floor, where they are higher.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Try every example against the whole base: winners, captures, foreign messages, rules that nothing needs."""
    from bot.kb.corpus import measure
    from bot.kb.testing import try_examples

    if corpus is None and (floor is not None or raise_floor):
        typer.echo("--floor and --raise-floor need a --corpus.", err=True)
        raise typer.Exit(2)
    if corpus is not None and not corpus.is_file():
        typer.echo(f"There is no file {corpus}.", err=True)
        raise typer.Exit(2)
    knowledge = loaded(path, alone=alone)
    tried = try_examples(knowledge)
    issues, done = list(tried.issues), [f"{_counted(tried.count, 'example', 'examples')} tried"]
    if corpus is None:
        done.append("no corpus given, so examples only")
    else:
        measured = measure(knowledge, corpus, floor or corpus.with_suffix(".floor.json"), raise_floor=raise_floor)
        issues.extend(measured.issues)
        done.append(measured.summary)
    _report(issues, "; ".join(done), as_json=as_json)


@knowledge_app.command("list")
def list_entries(path: PathOption = None, alone: AloneOption = False, as_json: JsonOption = False) -> None:
    """All entries by area: id, status, severity, title."""
    rows = [
        {
            "id": item.entry.id,
            "area": item.area,
            "status": item.entry.status,
            "severity": item.entry.severity,
            "title": item.entry.title,
            "file": str(item.path),
        }
        for item in sorted(loaded(path, alone=alone).documents.values(), key=lambda item: (item.area, item.entry.id))
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max((len(row["id"]) for row in rows), default=0)
    area = None
    for row in rows:
        if row["area"] != area:
            area = row["area"]
            typer.echo(area or "(no area)")
        typer.echo(f"  {row['id']:<{width}}  {row['status']:<7}  {row['severity']:<8}  {row['title']}")
    typer.echo(_counted(len(rows), "entry", "entries"))


@knowledge_app.command("show")
def show(
    entry: Annotated[str, typer.Argument(metavar="ID", help="The entry's id.")],
    path: PathOption = None,
    alone: AloneOption = False,
    as_json: JsonOption = False,
) -> None:
    """One entry as people read it: what it matches, asks, explains and offers, then its text."""
    from bot.kb.showing import described

    documents = loaded(path, alone=alone).documents
    if entry not in documents:
        typer.echo(
            f"There is no entry {entry}.{_nearest(entry, documents)} List them with: gitops-bot kb list", err=True
        )
        raise typer.Exit(2)
    document = documents[entry]
    if as_json:
        front = document.entry.model_dump(mode="json", by_alias=True, exclude_none=True)
        typer.echo(
            json.dumps({**front, "file": str(document.path), "body": document.body}, indent=2, ensure_ascii=False)
        )
    else:
        typer.echo(described(document))


@knowledge_app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(help="Words to look for.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Entries shown.")] = 10,
    path: PathOption = None,
    alone: AloneOption = False,
    as_json: JsonOption = False,
) -> None:
    """Entries that share words with these, best first."""
    from bot.kb.search import Index

    found = Index(loaded(path, alone=alone).documents.values()).search(" ".join(words), limit)
    if as_json:
        rows = [{"id": item.document.entry.id, "score": item.score, "words": item.words} for item in found]
        typer.echo(json.dumps(rows, indent=2))
        return
    for item in found:
        typer.echo(f"{item.document.entry.id}: {item.document.entry.title} ({', '.join(item.words[:6])})")
    if not found:
        typer.echo("Nothing found. Try the message itself: gitops-bot match '…'")


@knowledge_app.command("new")
def new(
    entry: Annotated[str, typer.Argument(metavar="ID", help="The new entry's id: kebab-case, named for the cause.")],
    area: Annotated[str, typer.Option(help="The folder it belongs in: argocd, images, storage …")],
    message: Annotated[str | None, typer.Option(help="The error message it explains, as it came.")] = None,
    template: Annotated[
        str | None, typer.Option("--from", help="Take the message of this template of `kb unknowns`.", metavar="ID")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What is wrong, in a few words.")] = None,
    path: Annotated[
        Path | None,
        typer.Option("--path", help="Where to put it; default: your own folder of the settings, else ./knowledge."),
    ] = None,
) -> None:
    """Begin a draft from a message: it is matched and logged, never posted, until you make it stable."""
    from bot.kb.drafting import BadDraft, draft

    if (message is None) == (template is None):
        _refuse("Give either --message or --from ID (see gitops-bot kb unknowns).")
    root = path or next(iter(reversed(configured_paths())), Path("knowledge"))
    file = root / area / f"{entry}.md"
    try:
        text = draft(entry, area=area, message=message or _example_of(str(template)), title=title)
    except BadDraft as error:
        _refuse(f"{error}.")
    if entry in loaded([root] if root.is_dir() else None, alone=False).documents:
        _refuse(f"{entry} exists already: see gitops-bot kb show {entry}")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        _refuse(f"{file} exists already; nothing was written.")
    typer.echo(f"{file}\nNext: fill it in, then gitops-bot kb lint --path {root} and gitops-bot kb test --path {root}")


@knowledge_app.command("reference", hidden=True)
def reference(
    write: Annotated[
        Path | None, typer.Option(help="Put it between the marks of this file instead of printing.")
    ] = None,
) -> None:
    """The fields, questions and verbs as docs/knowledge.md lists them."""
    from bot.kb.reference import put_into
    from bot.kb.reference import reference as rendered

    if write is None:
        typer.echo(rendered())
        return
    write.write_text(put_into(write.read_text(encoding="utf-8")), encoding="utf-8")


def _example_of(template: str) -> str:
    """The latest message of a template that the bot has counted."""
    from bot.cli.unknowns import stored_templates

    found = next((item for item in stored_templates() if item.id == template), None)
    if found is None:
        _refuse(f"There is no template {template}: see gitops-bot kb unknowns.")
    return found.example


def _report(issues: Sequence["Issue"], done: str, *, as_json: bool) -> None:
    """Print the findings in the files' order; exit status 1 where there are errors."""
    ordered = sorted(issues)
    errors = sum(issue.severity == "error" for issue in ordered)
    warnings = len(ordered) - errors
    if as_json:
        rows = [
            {
                "file": str(issue.path),
                "line": issue.line,
                "severity": issue.severity,
                "check": issue.check,
                "message": issue.message,
                "fix": issue.fix,
            }
            for issue in ordered
        ]
        typer.echo(json.dumps({"issues": rows, "errors": errors, "warnings": warnings, "summary": done}, indent=2))
    else:
        for issue in ordered:
            typer.echo(str(issue))
        typer.echo(f"{done}: {_counted(errors, 'error', 'errors')}, {_counted(warnings, 'warning', 'warnings')}.")
    if errors:
        raise typer.Exit(1)


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def _nearest(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
