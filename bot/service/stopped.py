"""An act that ends before its goal."""

from bot.core.cards import Phrase


class Stopped(Exception):
    """The act ends here; the phrase says why, and what was and what wasn't done. `result` is failed or unknown."""

    def __init__(self, why: Phrase, *, result: str = "failed") -> None:
        super().__init__(why.template)
        self.why = why
        self.result = result
