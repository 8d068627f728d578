"""Figures as Prometheus reads them."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.adapters.metrics import Metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    body, _ = metrics.exposition()
    found = [
        sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    return found[0] if found else None


def test_each_event_is_counted_where_it_belongs() -> None:
    metrics = Metrics(version="1.2.3")

    metrics.reading_arrived("argocd/default")
    metrics.reading_arrived("argocd/default")
    metrics.signal_matched("unknown")
    metrics.message_posted()
    metrics.message_posted(seconds_since_evidence=0.7)
    metrics.message_edited()
    metrics.message_failed()
    metrics.queue_measured(3)

    assert value(metrics, "gitops_bot_readings_total", source="argocd/default") == 2
    assert value(metrics, "gitops_bot_matches_total", verdict="unknown") == 1
    assert value(metrics, "gitops_bot_chat_posts_total") == 2
    assert value(metrics, "gitops_bot_chat_edits_total") == 1
    assert value(metrics, "gitops_bot_chat_failures_total") == 1
    assert value(metrics, "gitops_bot_outbox_rows") == 3
    assert value(metrics, "gitops_bot_evidence_to_post_seconds_count") == 1
    assert value(metrics, "gitops_bot_evidence_to_post_seconds_bucket", le="0.5") == 0
    assert value(metrics, "gitops_bot_evidence_to_post_seconds_bucket", le="1.0") == 1
    assert value(metrics, "gitops_bot_build_info", version="1.2.3") == 1


def test_closed_incidents_leave_the_gauge() -> None:
    metrics = Metrics(version="1")

    metrics.incidents_counted({"critical": 2, "warning": 1})
    metrics.incidents_counted({"warning": 3})

    assert value(metrics, "gitops_bot_incidents_open", severity="warning") == 3
    assert value(metrics, "gitops_bot_incidents_open", severity="critical") is None


def test_a_source_goes_and_comes_back() -> None:
    metrics = Metrics(version="1")

    metrics.source_failed("cluster/eu")
    assert value(metrics, "gitops_bot_source_up", source="cluster/eu") == 0

    metrics.source_answered("cluster/eu")
    assert value(metrics, "gitops_bot_source_up", source="cluster/eu") == 1


@pytest.mark.parametrize("seconds", [pytest.param(-5.0, id="clocks apart"), pytest.param(1e9, id="very late")])
def test_odd_times_are_counted_all_the_same(seconds: float) -> None:
    metrics = Metrics(version="1")

    metrics.message_posted(seconds_since_evidence=seconds)

    assert value(metrics, "gitops_bot_evidence_to_post_seconds_count") == 1
    assert (value(metrics, "gitops_bot_evidence_to_post_seconds_sum") or 0) >= 0


def test_two_bots_in_one_process_count_apart() -> None:
    one, other = Metrics(version="1"), Metrics(version="1")

    one.message_posted()

    assert value(other, "gitops_bot_chat_posts_total") == 0
    assert one.exposition()[1].startswith("text/plain; version=0.0.4")
