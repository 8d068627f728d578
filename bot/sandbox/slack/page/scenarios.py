"""Stories that can be started from the page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.sandbox.slack.errors import Impossible

StartScenario = Callable[[str], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Scenario:
    """A story as the page offers it; `starts` counts how often it was started here."""

    name: str
    title: str
    starts: int = 0


class Scenarios:
    """What may be started, and who starts it. Empty until something is offered."""

    def __init__(self) -> None:
        self.all: tuple[Scenario, ...] = ()
        self._start: StartScenario | None = None

    def offer(self, scenarios: Sequence[tuple[str, str]], start: StartScenario) -> None:
        """Replace what is offered: (name, title) of each; `start(name)` is awaited when one is chosen."""
        self.all = tuple(Scenario(name=name, title=title) for name, title in scenarios)
        self._start = start

    async def start(self, name: str) -> None:
        """Start a scenario. Raises Impossible for one that isn't offered."""
        chosen = next((scenario for scenario in self.all if scenario.name == name), None)
        if chosen is None or self._start is None:
            raise Impossible(f"no scenario {name}")
        await self._start(name)
        chosen.starts += 1
