"""Argo CD's JSON in our own words: recorded readings, the traps, and whatever else may come."""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.argocd import parse
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import HistoryEntry

RECORDED = Path(__file__).parents[2] / "recorded" / "argocd"
PLACE = parse.Place(argocd="main", clusters={"https://kubernetes.default.svc": "prod"})
Json = dict[str, Any]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
ARGOCD_WORDS = (
    "metadata spec status name namespace uid resourceVersion annotations ownerReferences kind creationTimestamp "
    "destination server source sources sourceHydrator drySource syncPolicy automated enabled sync health operation "
    "operationState syncResult conditions resources history images summary info initiatedBy id revision revisions "
    "retryCount startedAt message type currentOperation nodes items parentRefs targetState activeWindows canSync"
)
FIELDS = ARGOCD_WORDS.split()
argocd_like = st.recursive(
    json_values | st.sampled_from(["0001-01-01T00:00:00+23:59", "2026-11-23T08:00:00Z", "\ud800", 2**70]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=30,
)


def reading(name: str) -> Json:
    value: Json = json.loads((RECORDED / "readings" / f"{name}.json").read_text())
    return value


def app(*, metadata: Json | None = None, spec: Json | None = None, status: Json | None = None, **rest: Json) -> Json:
    return {"metadata": {"name": "web", **(metadata or {})}, "spec": spec or {}, "status": status or {}, **rest}


def test_a_comparison_error_keeps_its_whole_message_and_no_resources() -> None:
    state = parse.application(reading("search-values")["application"], PLACE)
    assert state.ref == AppRef(argocd="main", namespace="argocd", name="search-values")
    assert (state.sync, state.health, state.revision, state.resources) == ("Unknown", "Healthy", "main", ())
    assert [condition.type for condition in state.conditions] == ["ComparisonError"]
    assert state.conditions[0].message.endswith("search-values/values-prd.yaml: no such file or directory")
    assert (state.cluster, state.destination_namespace, state.auto_sync, state.self_heal) == (
        "prod",
        "search-values",
        True,
        True,
    )
    assert state.operation is None
    assert state.reconciled_at == datetime(2026, 11, 23, 8, 20, 41, tzinfo=UTC)


def test_a_failed_sync_has_its_per_resource_result() -> None:
    state = parse.application(reading("kind-forbidden")["application"], PLACE)
    operation = state.operation
    assert operation is not None
    assert (operation.phase, operation.retry_count, operation.automated, operation.partial) == (
        "Failed",
        1,
        True,
        False,
    )
    assert operation.finished_at == datetime(2026, 11, 23, 8, 20, 19, tzinfo=UTC)
    (result,) = operation.results
    assert result.failed
    assert result.object == ObjectRef(
        group="rbac.authorization.k8s.io", kind="ClusterRole", namespace="production", name="reader"
    )
    assert [(item.status, item.health) for item in state.resources] == [("Unknown", "Missing")]


def test_an_absent_cluster_is_named_as_unwatched() -> None:
    state = parse.application(reading("cluster-absent")["application"], PLACE)
    assert state.cluster == "main/https://10.20.30.40"
    assert [condition.type for condition in state.conditions] == ["InvalidSpecError"]
    assert state.reconciled_at is None


def test_hook_phases_of_a_finished_sync_are_no_failures() -> None:
    state = parse.application(reading("job-fails")["application"], PLACE)
    assert state.operation is not None
    assert [result.hook_phase for result in state.operation.results] == ["Running", "Running"]
    assert not any(result.failed for result in state.operation.results)
    assert state.source
    assert state.history == (
        HistoryEntry(
            id=0,
            source=state.source,
            revision="0dcd3eaf6064ba4b9e5031be49921fcb67f56729",
            deployed_at=datetime(2026, 11, 23, 8, 19, 1, tzinfo=UTC),
            automated=True,
        ),
    )
    assert state.images == ("app:job-fail",)


def test_a_tree_tells_parents_and_why_a_pod_fails() -> None:
    nodes = parse.tree(reading("job-fails")["tree"])
    pod = next(node for node in nodes if node.object.kind == "Pod")
    assert pod.parents == (ObjectRef(group="batch", kind="Job", namespace="job-fails", name="report"),)
    assert (pod.health, pod.status_reason, pod.images) == ("Degraded", "Error", ("app:job-fail",))


def test_a_missing_node_has_no_uid() -> None:
    (node,) = parse.tree(reading("kind-forbidden")["tree"])
    assert (node.health, node.uid) == ("Missing", "")


def test_an_absent_live_state_is_none_though_it_is_sent_as_text() -> None:
    (resource,) = parse.managed(reading("kind-forbidden")["managed"])
    assert resource.live is None
    assert resource.target is not None
    assert json.loads(resource.target)["kind"] == "ClusterRole"


@pytest.mark.parametrize("empty", [{}, {"nodes": None}, {"nodes": []}, None], ids=repr)
def test_an_empty_tree_is_one(empty: object) -> None:
    assert parse.tree(empty) == ()


@pytest.mark.parametrize("empty", [{}, {"items": None}, {"items": []}], ids=repr)
def test_no_managed_resources_is_an_answer(empty: object) -> None:
    assert parse.managed(empty) == ()


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        pytest.param({}, False, id="no policy"),
        pytest.param({"syncPolicy": None}, False, id="null policy"),
        pytest.param({"syncPolicy": {"automated": None}}, False, id="null automated"),
        pytest.param({"syncPolicy": {"automated": {}}}, True, id="empty automated is on"),
        pytest.param({"syncPolicy": {"automated": {"enabled": None}}}, True, id="null enabled is on"),
        pytest.param({"syncPolicy": {"automated": {"enabled": False, "selfHeal": True}}}, False, id="switched off"),
    ],
)
def test_whether_auto_sync_is_on(spec: Json, wanted: bool) -> None:
    assert parse.application(app(spec=spec), PLACE).auto_sync is wanted


@pytest.mark.parametrize("absent", [{}, {"operationState": None}, {"operationState": {}}], ids=repr)
def test_an_operation_just_asked_for_has_no_state_yet(absent: Json) -> None:
    state = parse.application(app(status=absent, operation={"sync": {}}), PLACE)
    assert state.operation is None
    assert state.operation_pending


def test_several_sources_join_their_revisions() -> None:
    status = {
        "sync": {"status": "Synced", "revision": "", "revisions": ["aaa", "1.2.3"]},
        "history": [{"id": 3, "revision": "", "revisions": ["aaa", "1.2.3"], "source": {"repoURL": ""}}],
        "operationState": {
            "phase": "Succeeded",
            "operation": {"sync": {}},
            "syncResult": {"revisions": ["aaa", "1.2.3"]},
        },
    }
    sources = [
        {"repoURL": "https://git.example.com/a.git", "path": "web", "targetRevision": "main"},
        {"repoURL": "https://charts.example.com", "chart": "web", "targetRevision": "1.*"},
    ]
    state = parse.application(app(spec={"sources": sources, "source": {"repoURL": ""}}, status=status), PLACE)
    assert state.revision == state.history[0].revision == "aaa,1.2.3"
    assert state.operation is not None
    assert state.operation.revision == "aaa,1.2.3"
    assert state.repositories == ("https://git.example.com/a.git", "https://charts.example.com")
    assert (state.paths, state.target_revision) == (("web", "web"), "main,1.*")


def test_a_hydrator_deploys_from_the_branch_it_writes() -> None:
    spec = {
        "sourceHydrator": {
            "drySource": {"repoURL": "https://git.example.com/a.git", "path": "dry", "targetRevision": "main"},
            "syncSource": {"targetBranch": "env/prod", "path": "wet"},
        }
    }
    status = {"sourceHydrator": {"currentOperation": {"phase": "Failed", "message": "Failed to hydrate: x"}}}
    state = parse.application(app(spec=spec, status=status), PLACE)
    assert (state.repositories, state.paths, state.target_revision) == (
        ("https://git.example.com/a.git",),
        ("wet",),
        "env/prod",
    )
    assert (state.hydrator_phase, state.hydrator_message) == ("Failed", "Failed to hydrate: x")


def test_self_heal_is_partial_though_its_resources_have_no_namespace() -> None:
    operation = {"sync": {"resources": [{"kind": "ConfigMap", "name": "web"}]}, "initiatedBy": {"automated": True}}
    state = parse.application(app(status={"operationState": {"phase": "Running", "operation": operation}}), PLACE)
    assert state.operation is not None
    assert state.operation.partial


def tracked(tracking: str, *, namespace: str = "argocd", home: str = "argocd") -> AppRef | None:
    metadata = {"namespace": namespace, "annotations": {"argocd.argoproj.io/tracking-id": tracking}}
    return parse.application(app(metadata=metadata, status={"controllerNamespace": home}), PLACE).parent


@pytest.mark.parametrize(
    ("tracking", "namespace", "parent"),
    [
        pytest.param("root:argoproj.io/Application:argocd/web", "argocd", ("argocd", "root"), id="same namespace"),
        pytest.param("root:argoproj.io/Application:team/web", "team", ("argocd", "root"), id="child elsewhere"),
        pytest.param("ops_root:argoproj.io/Application:argocd/web", "argocd", ("ops", "root"), id="parent elsewhere"),
        pytest.param("root:argoproj.io/Application:argocd/other", "argocd", None, id="copied from another object"),
        pytest.param("root:/ConfigMap:argocd/web", "argocd", None, id="another kind"),
        pytest.param("root", "argocd", None, id="no object"),
        pytest.param("", "argocd", None, id="empty"),
    ],
)
def test_the_parent_of_a_child(tracking: str, namespace: str, parent: tuple[str, str] | None) -> None:
    found = tracked(tracking, namespace=namespace)
    assert (found and (found.namespace, found.name)) == parent


def test_the_application_set_that_owns_it() -> None:
    owners = [{"kind": "Other", "name": "x"}, {"kind": "ApplicationSet", "name": "tenants"}]
    assert parse.application(app(metadata={"ownerReferences": owners}), PLACE).application_set == "tenants"


def test_recorded_application_set_keeps_a_pause() -> None:
    exchanges = json.loads((RECORDED / "http" / "pause-owners.json").read_text())
    body = next(one["response"]["body"] for one in exchanges if "applicationsets" in one["request"]["path"])
    assert parse.application_set_keeps_sync_policy(body)


@pytest.mark.parametrize(
    ("spec", "keeps"),
    [
        pytest.param({}, False, id="says nothing"),
        pytest.param({"ignoreApplicationDifferences": None}, False, id="null"),
        pytest.param({"ignoreApplicationDifferences": [{"jsonPointers": ["/spec/source"]}]}, False, id="other field"),
        pytest.param({"ignoreApplicationDifferences": [{"jsonPointers": ["/spec/syncPolicy"]}]}, True, id="pointer"),
        pytest.param(
            {"ignoreApplicationDifferences": [{"jqPathExpressions": [".spec.syncPolicy.automated"]}]}, True, id="jq"
        ),
        pytest.param(
            {"ignoreApplicationDifferences": [{"name": "one", "jsonPointers": ["/spec/syncPolicy"]}]},
            False,
            id="for one Application only",
        ),
        pytest.param({"syncPolicy": {"applicationsSync": "create-only"}}, True, id="creates only"),
        pytest.param({"syncPolicy": {"applicationsSync": "sync"}}, False, id="syncs"),
    ],
)
def test_whether_an_application_set_keeps_a_pause(spec: Json, keeps: bool) -> None:
    assert parse.application_set_keeps_sync_policy({"spec": spec}) is keeps


def test_secrets_in_messages_are_hidden() -> None:
    conditions = [{"type": "ComparisonError", "message": "fatal: https://bob:hunter2@git.example.com denied"}]
    (condition,) = parse.application(app(status={"conditions": conditions}), PLACE).conditions
    assert "hunter2" not in condition.message


@pytest.mark.parametrize(
    ("body", "can_sync", "description"),
    [
        pytest.param({"canSync": True}, True, "", id="no windows"),
        pytest.param({}, True, "", id="nothing said"),
        pytest.param(
            {"canSync": False, "activeWindows": [{"kind": "deny", "schedule": "0 22 * * *", "duration": "8h"}]},
            False,
            "deny 0 22 * * * for 8h",
            id="closed",
        ),
    ],
)
def test_sync_windows(body: Json, can_sync: bool, description: str) -> None:
    windows = parse.sync_windows(body)
    assert (windows.can_sync, windows.description) == (can_sync, description)


def test_the_list_tells_versions_only() -> None:
    body = {"items": [app(metadata={"namespace": "team", "uid": "u1", "resourceVersion": "41"}), {"metadata": {}}, {}]}
    (listed,) = parse.listed(json.dumps(body).encode(), PLACE)
    assert (str(listed.ref), listed.uid, listed.resource_version) == ("team/web", "u1", "41")


@pytest.mark.parametrize("body", [b'{"items":null}', b"{}", b'{"items":[]}'], ids=repr)
def test_an_empty_list_is_one(body: bytes) -> None:
    assert parse.listed(body, PLACE) == ()


@pytest.mark.parametrize(
    "body",
    [b"", b'{"items":[', b"[]", b'{"items":7}', b"\xff", b'{"items":' + b"[" * 100_000],
    ids=lambda b: repr(b[:12]),
)
def test_a_list_that_is_none(body: bytes) -> None:
    with pytest.raises(parse.ParseError):
        parse.listed(body, PLACE)


@pytest.mark.parametrize(
    "value", [{}, None, [], {"metadata": {}}, {"metadata": {"name": 5}}, {"metadata": []}], ids=repr
)
def test_what_has_no_name_is_no_application(value: object) -> None:
    with pytest.raises(parse.ParseError, match=r"without metadata\.name"):
        parse.application(value, PLACE)


@given(argocd_like)
def test_whatever_comes_is_a_reading_or_a_parse_error(value: object) -> None:
    for candidate in (value, {"metadata": {"name": "web"}, "spec": value, "status": value, "operation": value}):
        try:
            state = parse.application(candidate, PLACE)
        except parse.ParseError:
            continue
        assert state.ref.name
        json.dumps(asdict(state), ensure_ascii=False, default=str).encode()  # else it can't be stored or posted


@given(argocd_like)
def test_the_other_readings_never_raise(value: object) -> None:
    parse.tree(value)
    parse.tree({"nodes": [value]})
    parse.managed({"items": [value]})
    parse.sync_windows(value)
    parse.revision_info(value, "main")
    parse.application_set_keeps_sync_policy({"spec": value})


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_json_or_a_parse_error(body: bytes) -> None:
    for read in (parse.json_value, lambda told: parse.listed(told, PLACE)):
        with suppress(parse.ParseError):
            read(body)
