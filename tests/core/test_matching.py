"""Which entry wins, what it captures, and that pasted text finds its entry."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.entries import Entry, Noise
from bot.core.haystack import WINDOW, text_of
from bot.core.matching import Matcher, Result, compile_entries, tidied
from bot.core.signals import AppRef, ObjectRef, Source, make_signal


def entry(id_: str, *rules: dict[str, object], **changes: object) -> Entry:
    return Entry.model_validate(
        {
            "id": id_,
            "title": id_,
            "status": "stable",
            "severity": "low",
            "scope": "app",
            "diagnosis": id_,
            "match": {"any": list(rules), "none": changes.pop("none", []), "all": changes.pop("all", [])},
        }
        | changes
    )


SHARED = entry(
    "shared-resource",
    {
        "source": "argocd-condition",
        "reason": "SharedResourceWarning",
        "message": r"(?P<kind>\w+)/(?P<name>\S+) is part of applications (?P<app>\S+) and (?P<other>[^\s\"`,;]+)",
    },
    none=[{"message": "is excluded in the settings"}],
)
ACCOUNT = entry(
    "serviceaccount-missing",
    {"message": r"error looking up service account (?P<namespace>[\w.-]+)/(?P<account>[\w.-]+)"},
    captures={"kind": "ServiceAccount", "name": "{{account}}", "app": "signal.app"},
)
DEADLINE = entry(
    "rollout-deadline-exceeded", {"message": r'Deployment "(?P<name>[^"]+)" exceeded its progress deadline'}
)
FORBIDDEN = entry("rbac-forbidden", {"message": r"is forbidden: (?P<why>.+)"}, yields_to=["serviceaccount-missing"])
OOM = entry("oom-killed", {"source": "pod-status", "reason": "OOMKilled"})
DRAFT = entry("team-draft", {"message": "error looking up service account for the team"}, status="draft")
NOISE = Noise.model_validate(
    {
        "noise": [
            {
                "id": "scheduled",
                "message": "^Successfully assigned ",
                "examples": [{"source": "k8s-event", "message": "x"}],
            }
        ]
    }
)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return compile_entries([SHARED, ACCOUNT, DEADLINE, FORBIDDEN, OOM, DRAFT], NOISE)


def ids(result: Result) -> list[str]:
    return [match.entry.id for match in result.matches]


def test_captures_and_fallbacks(matcher: Matcher) -> None:
    result = matcher.match(
        text_of(
            'Error creating: pods "x" is forbidden: error looking up service account shop/web: not found',
            source="k8s-event",
            reason="FailedCreate",
            kind="ReplicaSet",
            app="argocd/shop",
        )
    )
    assert ids(result) == ["serviceaccount-missing", "rbac-forbidden"]
    assert result.best is not None
    assert result.best.captures == {
        "namespace": "shop",
        "account": "web",
        "kind": "ServiceAccount",
        "name": "web",
        "app": "argocd/shop",
    }
    assert result.best.rule == "any[0]"
    assert "error looking up service account" in result.best.why


def test_a_signal_gives_its_own_fields(matcher: Matcher) -> None:
    signal = make_signal(
        source=Source.K8S_EVENT,
        reason="FailedCreate",
        text="error looking up service account shop/web: not found",
        app=AppRef(name="shop"),
        object=ObjectRef(kind="ReplicaSet", namespace="shop", name="web-1"),
        first_seen=datetime(2026, 1, 1, tzinfo=UTC),
    )
    best = matcher.match(signal).best
    assert best is not None
    assert best.captures["app"] == "argocd/shop"


@pytest.mark.parametrize(
    ("source", "reason", "entry_id", "confidence"),
    [
        pytest.param("argocd-condition", "SharedResourceWarning", "shared-resource", 0.95, id="reason counts"),
        pytest.param("argocd-condition", "SyncError", None, 0, id="another reason excludes"),
        pytest.param("argocd-condition", "", "shared-resource", 0.9, id="no reason, no exclusion"),
        pytest.param("k8s-event", "", None, 0, id="another machine source excludes"),
        pytest.param("cli", "", "shared-resource", 0.9, id="pasted text isn't filtered"),
        pytest.param("log", "Whatever", "shared-resource", 0.9, id="a log isn't filtered"),
    ],
)
def test_when_a_filter_counts(
    matcher: Matcher, source: str, reason: str, entry_id: str | None, confidence: float
) -> None:
    message = "ConfigMap/flags is part of applications argocd/shop and billing"
    best = matcher.match(text_of(message, source=source, reason=reason)).best
    assert (best.entry.id if best else None) == entry_id
    assert (best.confidence if best else 0) == confidence


def test_a_rule_without_message_needs_its_reason_from_a_machine(matcher: Matcher) -> None:
    assert ids(matcher.match(text_of("", source="pod-status", reason="OOMKilled"))) == ["oom-killed"]
    assert matcher.match(text_of("something", source="log", reason="OOMKilled")).verdict == "unknown"


def test_none_rules_refuse(matcher: Matcher) -> None:
    text = "ConfigMap/flags is part of applications a/b and c; it is excluded in the settings"
    assert matcher.match(text_of(text)).verdict == "unknown"


def test_all_rules_must_hold() -> None:
    both = compile_entries([entry("both", all=[{"message": "first thing"}, {"message": "second (?P<x>thing)"}])])
    assert both.match(text_of("first thing, then the second thing")).verdict == "known"
    assert both.match(text_of("first thing only")).verdict == "unknown"


def test_specific_beats_generic_and_several_errors_are_ranked(matcher: Matcher) -> None:
    text = 'Deployment "web" exceeded its progress deadline\nerror looking up service account a/b: not found'
    result = matcher.match(text_of(text))
    assert ids(result) == ["serviceaccount-missing", "rollout-deadline-exceeded"]
    assert [match.confidence for match in result.matches] == [0.9, 0.55]


TEAM = "error looking up service account for the team and error looking up service account a/b"


def test_a_draft_never_beats_a_stable_entry(matcher: Matcher) -> None:
    assert ids(matcher.match(text_of(TEAM))) == [
        "serviceaccount-missing",
        "team-draft",
    ]  # fmt: skip


def test_ranking_prefers_filters_then_length_then_the_innermost_then_the_id() -> None:
    by_filter = entry("z-filter", {"reason": "Failed", "message": "pull failed"})
    longer = entry("y-longer", {"message": "the pull failed today"})
    inner = entry("x-inner", {"message": "today it broke"})
    same = entry("a-same", {"message": "pull failed"})
    outer = entry("w-outer", {"message": "it is failed."})
    every = compile_entries([by_filter, longer, inner, same, outer])
    text = "it is failed. the pull failed today it broke"
    result = every.match(text_of(text, source="k8s-event", reason="Failed"))
    assert ids(result) == ["z-filter", "y-longer", "x-inner", "w-outer", "a-same"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            '│   Warning  FailedCreate  2s  Error creating: pods "web-8 │\n│ 6c-" is forbidden: error looking up │\n'
            '│ service account shop/web: serviceaccount "web" not found │',
            id="a boxed table",
        ),
        pytest.param("error looking up service\n    account shop/web: not found", id="a line break"),
        pytest.param("error looking up serv\nice account shop/web: not found", id="a break inside a word"),
        pytest.param('{"msg":"x: error looking up service account shop/web: \\"web\\" not found"}', id="JSON"),
        pytest.param(
            "rpc error: code = Unknown desc = pods is forbidden: error looking up service account shop/web",
            id="wrapped",
        ),
        pytest.param(
            "Name: web\nNamespace: shop\nEvents:\n  Type Reason\n  Warning  FailedCreate  error looking up service"
            " account shop/web: not found\n  Normal  Scheduled  ok",
            id="kubectl describe",
        ),
        pytest.param(
            "x" * (WINDOW + 10) + " error looking up service account shop/web: not found", id="far into the text"
        ),
    ],
)
def test_pasted_text_finds_its_entry(matcher: Matcher, text: str) -> None:
    best = matcher.match(text_of(text)).best
    assert best is not None
    assert best.entry.id == "serviceaccount-missing"
    assert (best.captures["namespace"], best.captures["account"]) == ("shop", "web")


def test_a_break_within_a_word_doesnt_leave_the_message_to_the_symptom_beside_the_cause() -> None:
    mount = entry("volume-mount-failed", {"message": r"MountVolume\.SetUp failed"})
    secret = entry("missing-secret", {"message": r'secret "(?P<secret>\S+)" not found after the mount'})
    broken = 'MountVolume.SetUp failed: sec\n  │ ret "db" not found after the mount'
    best = compile_entries([mount, secret]).match(text_of(broken)).best
    assert best is not None
    assert best.entry.id == "missing-secret"


def test_the_original_is_asked_where_the_innermost_names_nothing() -> None:
    outer = compile_entries([entry("wrapper", {"message": "Failed to load target state: "})])
    assert outer.match(text_of("Failed to load target state: nobody knows this")).verdict == "known"


def test_noise_only_where_no_entry_fits(matcher: Matcher) -> None:
    assert matcher.match(text_of("Successfully assigned a/b to c")).noise == "scheduled"
    assert matcher.match(text_of("something nobody has seen")).verdict == "unknown"
    assert matcher.match(text_of("")).verdict == "unknown"


def test_retired_entries_are_not_matched() -> None:
    retired = compile_entries([entry("old", {"message": "something known"}, status="retired")])
    assert retired.match(text_of("something known")).verdict == "unknown"


@given(st.text(max_size=400))
def test_any_text_gets_an_answer(text: str) -> None:
    result = compile_entries([SHARED, ACCOUNT, FORBIDDEN], NOISE).match(text_of(text))
    assert result.verdict in {"known", "unknown", "noise"}


def test_a_winning_rule_that_captures_nothing_takes_what_the_other_rules_say() -> None:
    rules: tuple[dict[str, object], ...] = (
        {"message": "Use --debug flag to render out invalid YAML"},
        {"message": r"error at \((?P<template>\S+):\d+\)"},
        {"message": r"(?P<detail>\S+ is required)"},
    )
    found = compile_entries([entry("helm", *rules)]).match(
        text_of(message="execution error at (a.yaml:3): tag is required\nUse --debug flag to render out invalid YAML")
    )
    assert found.best is not None
    assert found.best.rule == "any[0]"
    assert found.best.captures == {"detail": "tag is required"}


@pytest.mark.parametrize(
    ("captured", "kept"),
    [
        pytest.param(
            'no endpoints for service "kyverno-svc"', 'no endpoints for service "kyverno-svc"', id="whole pair"
        ),
        pytest.param('kyverno-svc".', "kyverno-svc", id="half a pair and a full stop"),
        pytest.param('"web"', "web", id="quoted as a whole"),
        pytest.param('"a" and "b"', '"a" and "b"', id="two pairs at the ends"),
        pytest.param("couldn't find key 'x'.", "couldn't find key 'x'", id="an apostrophe is no quote"),
        pytest.param("refused (exit 1))", "refused (exit 1)", id="a bracket of the sentence around"),
        pytest.param(".Values.image.tag, ", ".Values.image.tag", id="a leading dot stays"),
        pytest.param(":::3000", ":::3000", id="an address stays"),
        pytest.param("shop/web:", "shop/web:", id="a colon stays: it may be what is wrong"),
        pytest.param("web-prod-...", "web-prod-...", id="three dots say that it was cut"),
        pytest.param(' "', "", id="nothing is left"),
    ],
)
def test_a_captured_value_loses_only_what_isnt_its_own(captured: str, kept: str) -> None:
    assert tidied(captured) == kept


@given(st.text(alphabet="a '\"`([{}]).,:", max_size=30))
def test_tidying_is_done_once(text: str) -> None:
    assert tidied(tidied(text)) == tidied(text)
