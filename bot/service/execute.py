"""Carries out a confirmed plan: journal first, look before acting, follow to the real end, report in the thread."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.core.cards import Phrase

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

READ_BACK_AFTER = 1.0
"""Seconds until a pause is read back: an ApplicationSet undoes it within half a second (facts §8.1)."""

CLOCK_SKEW = timedelta(seconds=5)
"""How much earlier than our journal an operation of ours may say it started."""


class Stopped(Exception):
    """The act ends here; the phrase says why, and what was and wasn't done."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(why.template)
        self.why = why
