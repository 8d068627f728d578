"""Moves a story's time stamps to now."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

_STAMP = re.compile(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:Z|\+00:00)"')


class Moments:
    """The story's clock: its `start` happens at `now`; what came later comes `speed` times as fast."""

    def __init__(self, *, start: datetime, now: datetime, speed: float) -> None:
        self._start = start
        self._now = now
        self._speed = speed

    def due(self, at: datetime) -> datetime:
        """When something recorded at this moment happens. What lies before the start keeps its distance to it."""
        passed = (at - self._start).total_seconds()
        return self._now + timedelta(seconds=passed / self._speed if passed > 0 else passed)

    def told(self, data: Any) -> Any:  # noqa: ANN401 - JSON
        """Return JSON data with every time stamp in it moved, in the precision it had."""
        return json.loads(_STAMP.sub(self._moved, json.dumps(data)))

    def _moved(self, stamp: re.Match[str]) -> str:
        fraction = stamp[2] or ""
        moved = self.due(datetime.fromisoformat(f"{stamp[1]}{fraction[:7]}+00:00")).astimezone(UTC)
        digits = f".{moved.microsecond:06d}" if fraction else ""
        return f'"{moved:%Y-%m-%dT%H:%M:%S}{digits}Z"'
