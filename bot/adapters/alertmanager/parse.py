"""Alertmanager's webhook (version 4) to alerts. Pure; nothing in a body is trusted to be there or to be well formed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.adapters.alertmanager.labels import node_of, object_of, prometheus_of
from bot.core.redaction import clean
from bot.core.states import AlertReport

TEXT_LIMIT = 8_192
"""Characters of one annotation or label that are read."""

NAME_LIMIT = 253
LABELS_LIMIT = 64
"""Labels and annotations of one alert that are read; Prometheus' own limit is lower in most installations."""

_TEXTS = ("description", "message", "summary")
_NOT_SHOWN = frozenset({"alertname", "prometheus", "endpoint", "instance", "uid", "prometheus_replica"})
"""Labels that say the same in other words, or differ from one replica to the next."""


class ParseError(ValueError):
    """The body can't be read; the text says why, for the person who set up the receiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Which of the watched clusters an alert is about, told by one of its labels.

    `named` maps the label's values to clusters; a cluster's own name always fits. `only` is the cluster meant where
    there is a single one and nothing is mapped.
    """

    label: str = "cluster"
    watched: frozenset[str] = frozenset()
    named: Mapping[str, str] = field(default_factory=dict)

    def of(self, labels: Mapping[str, str]) -> str:
        """The cluster's name; a value that fits none stands for itself, a cluster nobody watches."""
        value = labels.get(self.label, "")
        if value in self.named:
            return self.named[value]
        if value in self.watched:
            return value
        if len(self.watched) == 1 and not (value and self.named):
            return next(iter(self.watched))
        return value[:NAME_LIMIT] or "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One call of the webhook. `truncated` counts alerts that `max_alerts` of the receiver kept back."""

    alerts: tuple[AlertReport, ...]
    truncated: int = 0


def delivery(body: bytes, *, clusters: Clusters, now: datetime) -> Delivery:
    """The alerts of a body, firing and resolved, in their order. Raises `ParseError` with the reason."""
    try:
        parsed = json.loads(body)
    except RecursionError as error:
        raise ParseError("the body is nested too deep") from error
    except ValueError as error:
        raise ParseError("the body isn't JSON") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("alerts"), list):
        raise ParseError("the body has no list `alerts`: it must be what Alertmanager's webhook_configs send")
    common_labels, common_annotations = _texts(parsed.get("commonLabels")), _texts(parsed.get("commonAnnotations"))
    alerts = tuple(
        _alert(
            item,
            common_labels | _texts(item.get("labels")),
            common_annotations | _texts(item.get("annotations")),
            clusters,
            now,
        )
        for item in parsed["alerts"]
        if isinstance(item, dict)
    )
    if parsed["alerts"] and not alerts:
        raise ParseError("none of the `alerts` is an object")
    truncated = parsed.get("truncatedAlerts")
    return Delivery(alerts=alerts, truncated=truncated if isinstance(truncated, int) and truncated > 0 else 0)


def _alert(
    item: Mapping[str, Any],
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    clusters: Clusters,
    now: datetime,
) -> AlertReport:
    name = labels.get("alertname", "")[:NAME_LIMIT] or "an alert without a name"
    ended = _moment(item.get("endsAt"))
    # A firing alert's end is year 1; a past one says the same as `resolved`.
    over = ended is not None and ended.year > 1 and ended <= now
    started = _moment(item.get("startsAt"))
    return AlertReport(
        cluster=clusters.of(labels),
        fingerprint=_fingerprint(item.get("fingerprint"), labels),
        name=name,
        message=_message(name, labels, annotations),
        firing=item.get("status") != "resolved" and not over,
        started_at=min(started, now) if started is not None and started.year > 1 else now,
        seen_at=now,
        object=object_of(labels),
        told_by=prometheus_of(labels),
        node=node_of(labels),
        container=labels.get("container", "")[:NAME_LIMIT],
    )


def _message(name: str, labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    """The alert's name with what its annotations say, each thing once; then its labels."""
    said = dict.fromkeys(filter(None, (annotations.get(key, "").strip() for key in _TEXTS)))
    shown = " ".join(f"{label}={labels[label]}" for label in sorted(labels) if label not in _NOT_SHOWN)
    return "\n".join(filter(None, (f"{name}: {' '.join(said)}" if said else name, shown and f"Labels: {shown}")))


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    found = {}
    for key, text in list(value.items())[:LABELS_LIMIT]:
        if isinstance(text, str):
            found[clean(key[:256])] = clean(text[:TEXT_LIMIT])
    return found


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str) or not value or len(value) > 64:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the second: year 1 east of Greenwich
        return None


def _fingerprint(told: object, labels: Mapping[str, str]) -> str:
    """Alertmanager's own, a hash of the labels; where it is missing or none, ours of the same."""
    if isinstance(told, str) and told.isascii() and told.isalnum() and len(told) <= 64:
        return told
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]
