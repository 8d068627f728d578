"""`bench`: how fast it is, each figure beside a baseline of the same run."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.bench.figures import Figure


def _questions() -> "list[Figure]":
    from bot.bench.questions import questions

    return questions()


def _placement() -> "list[Figure]":
    from bot.bench.placement import placement

    return placement()


def _storm() -> "list[Figure]":
    from bot.bench.storm import storm

    return storm()


def _match() -> "list[Figure]":
    from bot.bench.matching import matching

    return matching()


def _latency() -> "list[Figure]":
    from bot.bench.latency import latency

    return latency()


BENCHMARKS: "Mapping[str, Callable[[], list[Figure]]]" = {
    "match": _match,
    "questions": _questions,
    "placement": _placement,
    "storm": _storm,
    "latency": _latency,
}
"""Every benchmark by name, in the order they run."""


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Which to run: {', '.join(BENCHMARKS)}. Default: all of them.")
    ] = None,
) -> None:
    """Measure how fast it is, each figure beside a baseline of the same run."""
    wanted = names or list(BENCHMARKS)
    strangers = [name for name in wanted if name not in BENCHMARKS]
    if strangers:
        typer.echo(f"bench takes {', '.join(BENCHMARKS)}; it got {', '.join(strangers)}.", err=True)
        raise typer.Exit(2)
    from bot.adapters.log import configure_logging

    configure_logging(level="error")
    for name in wanted:
        for figure in BENCHMARKS[name]():
            typer.echo(f"{name:<10} {figure}")
