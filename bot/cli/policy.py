"""`policy`: reads the policy file, and says who may do what."""

from pathlib import Path
from typing import Annotated

import typer

policy_app = typer.Typer(help="The policy file: who may do what to which Applications.", no_args_is_help=True)


@policy_app.callback()
def policy() -> None:
    """Who may do what to which Applications."""


@policy_app.command("check")
def check(
    path: Annotated[
        Path | None, typer.Argument(help="The file; that of GITOPS_BOT_POLICY__FILE, if not given.", metavar="FILE")
    ] = None,
) -> None:
    """Read a policy file and print its rules; exit status 1 where it is wrong, each mistake with file and line."""
    from bot.app.policy_file import BadPolicy, load_policy
    from bot.cli.common import settings_or_exit

    chosen = path or settings_or_exit().policy.file
    if chosen is None:
        typer.echo("Name a file, or set GITOPS_BOT_POLICY__FILE.", err=True)
        raise typer.Exit(2)
    try:
        found = load_policy(chosen)
    except BadPolicy as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for rule in found.rules:
        scope, who = rule.scope, ", ".join(rule.who.named())
        typer.echo(
            f"{rule.name or 'rule'}: {who} may {', '.join(scope.actions)} on Applications {', '.join(scope.apps)} "
            f"of projects {', '.join(scope.projects)} in environments {', '.join(scope.environments)}"
        )
    for scope in found.second_person:
        typer.echo(
            f"second person: {', '.join(scope.actions)} on Applications {', '.join(scope.apps)} "
            f"of projects {', '.join(scope.projects)} in environments {', '.join(scope.environments)}"
        )
