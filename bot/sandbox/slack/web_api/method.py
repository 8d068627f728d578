"""What the dispatcher knows of a method."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.sandbox.slack.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method: arguments in, the answer's fields out (or SlackError), and the scope a bot needs for it."""

    call: Callable[[Json], Json]
    scope: str | None = None


Methods = Mapping[str, Method]
