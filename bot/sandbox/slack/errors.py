"""Refusals as the Web API words them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.slack.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with an argument: a sentence and the JSON pointer it is about."""

    text: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.text} [json-pointer:{self.pointer}]"


class SlackError(Exception):
    """An answer `{"ok": false, "error": …}`; `problems` are told in response_metadata."""

    def __init__(self, error: str, *, problems: Sequence[Problem] = (), **details: object) -> None:
        super().__init__(error)
        self.error = error
        self.problems = tuple(problems)
        self.details = details

    def to_json(self) -> Json:
        """Return the answer's body."""
        body: Json = {"ok": False, "error": self.error, **self.details}
        if self.problems:
            if self.error == "invalid_blocks":
                body["errors"] = [str(problem) for problem in self.problems]
            body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return body


class Impossible(Exception):
    """A person was made to do what no person could: press a button that isn't there, say. For control requests."""
