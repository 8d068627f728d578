"""Windows, ApplicationSets, connections, projects and Helm values, as Argo CD writes them."""

from typing import Any

import pytest

from bot.adapters.argocd.questions import helm, installation, project
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, Resource

Json = dict[str, Any]
STATE = AppState(
    ref=AppRef(name="web"),
    uid="1",
    resource_version="1",
    auto_sync=True,
    application_set="fleet",
    repositories=("https://git.example.com/acme/web.git",),
    destination_namespace="web",
    project="web",
    resources=(Resource(object=ObjectRef(group="example.com", kind="Fleet", name="all")),),
)
DENY = {"kind": "deny", "schedule": "0 22 * * *", "duration": "8h"}
ALLOW = {"kind": "allow", "schedule": "0 9 * * *", "duration": "1h"}


@pytest.mark.parametrize(
    ("document", "value"),
    [
        pytest.param({"canSync": True}, False, id="no windows"),
        pytest.param({"canSync": False, "activeWindows": [DENY], "assignedWindows": [DENY]}, True, id="denied"),
        pytest.param({"canSync": True, "activeWindows": [DENY]}, True, id="automatic syncs are held"),
        pytest.param({"canSync": True, "assignedWindows": [DENY]}, False, id="a deny window at rest"),
        pytest.param({"canSync": False, "assignedWindows": [ALLOW]}, True, id="an allow window at rest"),
        pytest.param({"canSync": True, "activeWindows": [ALLOW], "assignedWindows": [ALLOW]}, False, id="allowed"),
    ],
)
def test_sync_window(document: Json, value: bool) -> None:
    answered = installation.sync_window(STATE, document)
    assert answered.value is value
    if value:
        assert answered.fields["description"]


def test_an_application_set_and_what_it_ignores() -> None:
    keeping = {"spec": {"ignoreApplicationDifferences": [{"jsonPointers": ["/spec/syncPolicy"]}]}}
    answered = installation.application_set(STATE, keeping)
    assert (answered.value, answered.fields["keeps_pause"]) == ("fleet", "true")
    assert installation.application_set(STATE, {}).fields["keeps_pause"] == "false"
    unread = installation.application_set(STATE, None, "permission denied")
    assert unread.value == "fleet"
    assert "keeps_pause" not in unread.fields
    assert "permission denied" in unread.saw


def connection(status: str, message: str = "") -> Json:
    return {"connectionState": {"status": status, "message": message}}


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        pytest.param([connection("Successful")], True, id="reached"),
        pytest.param([connection("Successful"), connection("Failed", "denied")], False, id="one project fails"),
        pytest.param([connection("Unknown", "no applications")], None, id="not monitored"),
        pytest.param([], None, id="not shown"),
    ],
)
def test_connections(rows: list[Json], value: bool | None) -> None:
    url = "https://git.example.com/acme/web"
    document: Json = {"items": [{"repo": f"{url}.git", **row} for row in rows] or None}
    assert installation.repository_connected(document, url).value is value
    document = {"items": [{"server": "https://k", "info": row} for row in rows] or None}
    assert installation.cluster_connected(document, "prod", destinations=["https://k"]).value is value


@pytest.mark.parametrize(
    ("spec", "group", "kind", "value"),
    [
        pytest.param({}, "", "ConfigMap", True, id="namespaced without lists"),
        pytest.param({}, "", "Namespace", False, id="cluster-scoped without lists"),
        pytest.param({"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}, "", "Namespace", True, id="all"),
        pytest.param(
            {"namespaceResourceBlacklist": [{"group": "", "kind": "Secret"}]}, "", "Secret", False, id="barred"
        ),
        pytest.param(
            {"namespaceResourceWhitelist": [{"group": "apps", "kind": "Deploy*"}]},
            "apps",
            "Deployment",
            True,
            id="glob",
        ),
        pytest.param({}, "example.com", "Fleet", False, id="its scope is seen in the Application"),
        pytest.param({}, "example.com", "Ship", None, id="its scope isn't known"),
    ],
)
def test_kinds(spec: Json, group: str, kind: str, value: bool | None) -> None:
    assert project.permits_kind(spec, STATE, group=group, kind=kind).value is value


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        pytest.param([{"server": "*", "namespace": "*"}], True, id="all"),
        pytest.param([{"server": "https://k", "namespace": "web-*"}], False, id="another namespace"),
        pytest.param([{"name": "prod", "namespace": "web"}], True, id="by name"),
        pytest.param([{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!web"}], False, id="denied"),
        pytest.param(
            [{"server": "!https://k", "namespace": "*"}, {"server": "*", "namespace": "*"}], False, id="not there"
        ),
        pytest.param([], False, id="none"),
    ],
)
def test_destinations(rows: list[Json], value: bool) -> None:
    answered = project.permits_destination({"destinations": rows}, STATE, server="https://k", bare="prod")
    assert answered.value is value


@pytest.mark.parametrize(
    ("patterns", "value"),
    [
        pytest.param(["*"], True, id="all"),
        pytest.param(["https://git.example.com/acme/*"], True, id="a folder"),
        pytest.param(["https://git.example.com/*"], False, id="one star stops at a slash"),
        pytest.param(["https://git.example.com/**"], True, id="two don't"),
        pytest.param(["*", "!https://git.example.com/acme/web.git"], False, id="denied"),
        pytest.param([], False, id="none"),
    ],
)
def test_sources(patterns: list[str], value: bool) -> None:
    assert project.permits_source({"sourceRepos": patterns}, STATE).value is value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param({"parameters": [{"name": "kubeScheduler.enabled", "value": "false"}]}, "false", id="parameter"),
        pytest.param({"valuesObject": {"kubeScheduler": {"enabled": False}}}, "false", id="object"),
        pytest.param({"values": "kubeScheduler:\n  enabled: true\n"}, "true", id="text"),
        pytest.param({"valuesObject": {"kubeScheduler.enabled": "x"}}, "x", id="a key with a dot"),
        pytest.param({"values": "kubeScheduler: [", "valueFiles": ["prod.yaml"]}, None, id="broken text"),
        pytest.param({}, None, id="only the chart knows"),
    ],
)
def test_helm_values(source: Json, value: str | None) -> None:
    assert helm.values_flag({"spec": {"source": {"helm": source}}}, "kubeScheduler.enabled").value == value
