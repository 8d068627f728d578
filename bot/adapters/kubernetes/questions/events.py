"""What the events of an object say."""

from collections.abc import Sequence

from bot.core.inquiry import Answered
from bot.core.masking import mask
from bot.core.states import EventReport

QUOTED = 3


def warnings(reports: Sequence[EventReport], contains: str) -> Answered:
    """The messages of its warnings, newest first; only those that contain a text (in any case), where one is given.

    Not known without any: events are kept for an hour, so that their silence is no «no».
    """
    wanted = contains.casefold()
    found = sorted(
        (item for item in reports if item.warning and wanted in f"{item.reason}: {item.message}".casefold()),
        key=lambda item: item.last_at,
        reverse=True,
    )
    if not found:
        about = f" that contains {contains!r}" if contains else ""
        return Answered(value=None, saw=f"no warning{about} among its events; they are kept for an hour by default")
    told: dict[str, EventReport] = {}
    for item in found:  # many events tell of one failure: each retry names another pod
        told.setdefault(mask(item.message), item)
    saw = "\n".join(f"{item.reason} ({item.count}×): {item.message}" for item in list(told.values())[:QUOTED])
    return Answered(value=tuple(item.message for item in found), saw=saw)
