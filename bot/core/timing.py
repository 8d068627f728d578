"""The windows that decide when something is said, cleared or forgotten. All are settings (`TIMING__…`)."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Windows of placement and life cycle (design §2.2, §2.4, §2.6).

    `hold_degraded`, `hold_out_of_sync`: how long a bare state waits for its cause. `hold_symptom`: how long an entry
    that another may explain waits for that root. `clear_after`: how long every supporting signal must be gone.
    `reopen_within`: how long a resolved incident takes its failure back. `not_seen_again`: when an event that nothing
    contradicts is closed. `remember_events`: how long a closed event is remembered, so that a relist of the same
    report is not news (events live one hour by default). `alert_silence`: how long an alert that isn't repeated is
    taken to fire still.
    """

    hold_degraded: timedelta = timedelta(seconds=60)
    hold_out_of_sync: timedelta = timedelta(minutes=15)
    hold_symptom: timedelta = timedelta(seconds=5)
    clear_after: timedelta = timedelta(minutes=2)
    reopen_within: timedelta = timedelta(hours=24)
    not_seen_again: timedelta = timedelta(minutes=60)
    remember_events: timedelta = timedelta(hours=2)
    alert_silence: timedelta = timedelta(hours=9)
