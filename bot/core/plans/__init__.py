"""What an action will do, will not do, and why it is refused: pure, from gathered facts (design §6)."""

from bot.core.plans.facts import Facts
from bot.core.plans.making import make_plan
from bot.core.plans.plan import Plan, Risk
from bot.core.plans.rollback import rollback_target
from bot.core.plans.wanted import (
    PAUSE,
    REFRESH,
    RESTART,
    RESTORE,
    ROLLBACK,
    SYNC,
    TERMINATE,
    TITLES,
    Wanted,
    parse_value,
)
from bot.core.plans.wording import short

__all__ = [
    "PAUSE",
    "REFRESH",
    "RESTART",
    "RESTORE",
    "ROLLBACK",
    "SYNC",
    "TERMINATE",
    "TITLES",
    "Facts",
    "Plan",
    "Risk",
    "Wanted",
    "make_plan",
    "parse_value",
    "rollback_target",
    "short",
]
