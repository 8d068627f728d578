"""Renders docs/commands.md's sections from the command line itself. `python -m tests.command_tables` writes them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from bot.cli import app

DOCUMENT = Path(__file__).parent.parent / "docs" / "commands.md"
SECTIONS = re.compile(r"(?<=<!-- commands: begin -->\n).*(?=<!-- commands: end -->)", re.DOTALL)
NAME = "gitops-bot"
Click = Any
"""A command or parameter: click's, or what typer has in its place."""


def sections() -> str:
    """One section per command, in the order of `--help`."""
    return "\n" + "\n".join(_section(path, command) for path, command in commands()) + "\n"


def commands() -> Iterator[tuple[str, Click]]:
    """Every command with its whole name."""
    yield from _within(NAME, typer.main.get_command(app))


def _within(path: str, command: Click) -> Iterator[tuple[str, Click]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, item in inner.items():
        yield from _within(f"{path} {name}", item)


def _section(path: str, command: Click) -> str:
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    options = [item for item in command.params if item.param_type_name == "option"]
    usage = " ".join([path, *("[OPTIONS]" for _ in options[:1]), *(_argument(item) for item in arguments)])
    lines = [f"## {path}", "", f"`{usage}`", "", str(command.help).strip(), ""]
    if arguments or options:
        lines += ["| Argument or option | Default | Meaning |", "|---|---|---|"]
        lines += [_row(f"`{_argument(item)}`", item) for item in arguments]
        lines += [_row(", ".join(f"`{name}`" for name in reversed(item.opts)), item) for item in options]
        lines.append("")
    return "\n".join(lines)


def _argument(item: Click) -> str:
    name = (item.metavar or item.name or "").strip("{}[].").upper()
    many = " …" if item.nargs == -1 else ""
    return f"{name}{many}" if item.required else f"[{name}{many}]"


def _row(name: str, item: Click) -> str:
    default = item.default() if callable(item.default) else item.default
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    meaning = str(getattr(item, "help", None) or "").replace("|", "\\|")
    return f"| {name} | {f'`{default}`' if plain else 'needed' if item.required else ''} | {meaning} |"


if __name__ == "__main__":
    DOCUMENT.write_text(SECTIONS.sub(lambda _: sections(), DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
