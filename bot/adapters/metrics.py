"""Figures for /metrics. Each method is named for what happened; labels come from closed sets only."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

_SECONDS_TO_POST = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800)
"""Up to the quarter of an hour that OutOfSync waits for its cause, and beyond."""


class Metrics:
    """One registry with the bot's figures; no globals, so that several bots fit in one process."""

    def __init__(self, *, version: str) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        ProcessCollector(registry=registry)
        Info("gitops_bot_build", "The bot's version.", registry=registry).info({"version": version})
        self._open = Gauge("gitops_bot_incidents_open", "Incidents not over yet.", ["severity"], registry=registry)
        self._readings = Counter(
            "gitops_bot_readings", "States and events read from a source.", ["source"], registry=registry
        )
        self._matches = Counter(
            "gitops_bot_matches",
            "Signals matched, by verdict: known, unknown or noise.",
            ["verdict"],
            registry=registry,
        )
        self._posts = Counter("gitops_bot_chat_posts", "Messages posted.", registry=registry)
        self._edits = Counter("gitops_bot_chat_edits", "Messages edited.", registry=registry)
        self._failures = Counter(
            "gitops_bot_chat_failures",
            "Posts and edits that failed; those that can be are tried again.",
            registry=registry,
        )
        self._queue = Gauge("gitops_bot_outbox_rows", "What waits to be said.", registry=registry)
        self._up = Gauge("gitops_bot_source_up", "1 while a source answers, else 0.", ["source"], registry=registry)
        self._seconds = Histogram(
            "gitops_bot_evidence_to_post_seconds",
            "From the first evidence of a failure to its thread.",
            buckets=_SECONDS_TO_POST,
            registry=registry,
        )

    def incidents_counted(self, by_severity: Mapping[str, int]) -> None:
        """How many incidents are open now; a severity that isn't named has none."""
        self._open.clear()
        for severity, count in by_severity.items():
            self._open.labels(severity).set(count)

    def reading_arrived(self, source: str) -> None:
        """A state or event was read; `source` is an Argo CD's or a cluster's name in the settings."""
        self._readings.labels(source).inc()

    def signal_matched(self, verdict: str) -> None:
        """A signal was known, unknown or noise."""
        self._matches.labels(verdict).inc()

    def message_posted(self, *, seconds_since_evidence: float | None = None) -> None:
        """A message was posted; the first of an incident says how many seconds after its first evidence."""
        self._posts.inc()
        if seconds_since_evidence is not None:
            self._seconds.observe(max(0.0, seconds_since_evidence))

    def message_edited(self) -> None:
        """A message was edited."""
        self._edits.inc()

    def message_failed(self) -> None:
        """A post or an edit failed."""
        self._failures.inc()

    def queue_measured(self, rows: int) -> None:
        """How many rows wait in the outbox."""
        self._queue.set(rows)

    def source_answered(self, source: str) -> None:
        """A source is up."""
        self._up.labels(source).set(1)

    def source_failed(self, source: str) -> None:
        """A source is away."""
        self._up.labels(source).set(0)

    def exposition(self) -> tuple[bytes, str]:
        """All figures in Prometheus' text format, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4
