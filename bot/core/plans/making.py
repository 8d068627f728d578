"""One plan for each verb of the catalogue."""

from collections.abc import Callable, Mapping

from bot.core.plans.auto_sync import pause_plan, restore_plan
from bot.core.plans.facts import Facts
from bot.core.plans.plan import Plan
from bot.core.plans.rollback import rollback_plan
from bot.core.plans.running import refresh_plan, restart_plan, terminate_plan
from bot.core.plans.sync import sync_plan
from bot.core.plans.wanted import PAUSE, REFRESH, RESTART, RESTORE, ROLLBACK, SYNC, TERMINATE, Wanted

PLANS: Mapping[str, Callable[[Facts, Wanted], Plan]] = {
    SYNC: sync_plan,
    ROLLBACK: rollback_plan,
    TERMINATE: terminate_plan,
    REFRESH: refresh_plan,
    RESTART: restart_plan,
    PAUSE: pause_plan,
    RESTORE: restore_plan,
}


def make_plan(facts: Facts, wanted: Wanted) -> Plan:
    """The plan of what is wanted, from what was gathered."""
    return PLANS[wanted.verb](facts, wanted)
