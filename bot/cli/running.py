"""`run`, `demo`, `sandbox`, `why`, `doctor`: the bot and what it is tried with."""

import asyncio
import signal
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import settings_or_exit

DEMO_TIMING = {
    "HOLD_DEGRADED": "10s",
    "HOLD_OUT_OF_SYNC": "60s",
    "HOLD_SYMPTOM": "2s",
    "CLEAR_AFTER": "8s",
    "LIST_EVERY": "20s",
    "RECOVERY_CHECK_EVERY": "5s",
    "EDIT_AT_MOST_EVERY": "1s",
    "FOLLOW_POLL": "500ms",
}
"""The demo's windows: nobody watches a page for fifteen minutes."""


def run() -> None:
    """Run the bot with the settings of the environment and of `.env`. Ends at SIGINT or SIGTERM."""
    settings = settings_or_exit(needed_for_run=True)
    from bot.adapters.log import configure_logging
    from bot.app.bot import Bot
    from bot.app.policy_file import BadPolicy
    from bot.kb.loader import BadKnowledge
    from bot.service.ports import PortError

    configure_logging(level=settings.log.level, format=settings.log.format)

    async def work(stop: asyncio.Event) -> int:
        bot = Bot(settings)
        try:
            address = await bot.start()
        except (PortError, BadKnowledge, BadPolicy) as error:
            typer.echo(str(error), err=True)
            return 2
        typer.echo(f"The bot runs; its web server is at {address}", err=True)
        try:
            return await _until(stop, bot.failed)
        finally:
            await bot.stop()

    raise typer.Exit(_with_signals(work))


def sandbox(
    only: Annotated[
        str | None,
        typer.Option(help="Only these parts, comma-separated: slack, argocd, kubernetes, registry. Default: all."),
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="Begin with this story; see the page for their names.")] = None,
    speed: Annotated[float, typer.Option(help="How many times as fast stories are told.", min=0.1, max=100)] = 1.0,
    directory: Annotated[
        Path | None, typer.Option(help="Where the kubeconfig and the env file go. Default: a new temporary folder.")
    ] = None,
) -> None:
    """Run fake Slack (with its page), Argo CD and Kubernetes, and print where they are."""
    from bot.sandbox.world import PARTS, UnknownScenario, World

    parts = tuple(part.strip() for part in only.split(",")) if only else PARTS
    strangers = [part for part in parts if part not in PARTS]
    if strangers:
        typer.echo(f"--only takes {', '.join(PARTS)}; it got {', '.join(strangers)}.", err=True)
        raise typer.Exit(2)
    if scenario and not {"argocd", "kubernetes"} <= set(parts):
        typer.echo("--scenario needs argocd and kubernetes among the parts.", err=True)
        raise typer.Exit(2)
    folder = directory or Path(tempfile.mkdtemp(prefix="gitops-bot-sandbox-"))

    async def work(stop: asyncio.Event) -> int:
        world = World(directory=folder, only=parts, speed=speed)
        await world.start()
        try:
            if scenario:
                await world.play(scenario)
            for name, url in sorted(world.addresses.urls.items()):
                typer.echo(f"{name:<11} {url}")
            if world.addresses.kubeconfig:
                typer.echo(f"{'kubeconfig':<11} {world.addresses.kubeconfig}")
            typer.echo(f"{'settings':<11} {world.addresses.environment}")
            typer.echo("Run the bot against it:  set -a; . the settings file; set +a; gitops-bot run")
            await stop.wait()
        except UnknownScenario as error:
            typer.echo(f"{error}.", err=True)
            return 2
        finally:
            await world.stop()
        return 0

    raise typer.Exit(_with_signals(work))


def demo(
    scenario: Annotated[str, typer.Option(help="The story that is told.")] = "cascade",
    speed: Annotated[float, typer.Option(help="How many times as fast it is told.", min=0.1, max=100)] = 1.5,
) -> None:
    """Play a bad day against fake Slack, Argo CD and Kubernetes, and print the address of the page that shows it."""
    from bot.adapters.log import configure_logging
    from bot.app.bot import Bot
    from bot.sandbox.world import UnknownScenario, World
    from bot.settings import load

    configure_logging(level="warning", format="auto")

    async def work(stop: asyncio.Event) -> int:
        with tempfile.TemporaryDirectory(prefix="gitops-bot-demo-") as folder:
            world = World(directory=Path(folder), speed=speed)
            await world.start()
            try:
                bot = Bot(load(_demo_environment(world.environment(), Path(folder)), env_file=None))
                world.deliver_notifications(await bot.start())
                try:
                    await world.play(scenario)
                    typer.echo(f"The incident channel: {world.addresses.urls['page']}")
                    typer.echo("Failures arrive within a minute. Press Ctrl-C to stop.")
                    return await _until(stop, bot.failed)
                finally:
                    await bot.stop()
            except UnknownScenario as error:
                typer.echo(f"{error}.", err=True)
                return 2
            finally:
                await world.stop()

    raise typer.Exit(_with_signals(work))


def why(
    app: Annotated[str, typer.Argument(help="The Application: its name, or namespace/name.")],
) -> None:
    """Say why an Application isn't well, with the proof: one look at Argo CD and Kubernetes, no running bot needed."""
    settings = settings_or_exit()
    missing = [sentence for sentence in settings.missing_for_run() if "ARGOCD" in sentence]
    if missing:
        typer.echo("\n".join(missing), err=True)
        raise typer.Exit(2)
    from bot.adapters.log import configure_logging
    from bot.app.once import ask_why
    from bot.core.plain import text_of_answer
    from bot.kb.loader import BadKnowledge
    from bot.service.ports import PortError

    configure_logging(level="error", format=settings.log.format)
    try:
        answers, troubles = asyncio.run(ask_why(settings, app))
    except (PortError, BadKnowledge) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo("\n\n".join(text_of_answer(answer) for answer in answers))
    for trouble in troubles:
        typer.echo(f"Could not be read: {trouble}", err=True)
    if troubles:
        raise typer.Exit(1)


def doctor() -> None:
    """Check the settings, the knowledge base, the database, Slack, Argo CD and Kubernetes, each with what to do."""
    settings = settings_or_exit(needed_for_run=True)
    from bot.adapters.log import configure_logging
    from bot.app.doctor import examine

    configure_logging(level="error", format=settings.log.format)
    findings = asyncio.run(examine(settings))
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.well else 'FAIL'} {finding.part}: {finding.detail}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def _demo_environment(sandbox: Mapping[str, str], folder: Path) -> dict[str, str]:
    timing = {f"GITOPS_BOT_TIMING__{name}": value for name, value in DEMO_TIMING.items()}
    return {
        **sandbox,
        **timing,
        "GITOPS_BOT_WEB__HOST": "127.0.0.1",
        "GITOPS_BOT_WEB__PORT": "0",
        "GITOPS_BOT_DATABASE__URL": f"sqlite:///{folder / 'state.db'}",
    }


async def _until(stop: asyncio.Event, failed: asyncio.Event) -> int:
    """Wait for the person, or for the bot to break; returns the exit status."""
    waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(failed.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return 1 if failed.is_set() else 0


def _with_signals(work: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    """Run until SIGINT or SIGTERM asks to stop; a clean stop is status 0, without a traceback."""

    async def main() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        return await work(stop)

    return asyncio.run(main())
