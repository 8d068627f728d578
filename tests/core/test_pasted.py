"""Whole outputs people paste: which entry, which app, which object."""
# ruff: noqa: E501  tables are as wide as the tools print them

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.entries import Entry, Noise
from bot.core.haystack import text_of
from bot.core.matching import Matcher, compile_entries
from bot.core.pasted import Paste, read_paste, recognise

POD = """\
$ kubectl describe pod web-7d9c5b8f6-x2lqp -n shop
Name:             web-7d9c5b8f6-x2lqp
Namespace:        shop
Priority:         0
Service Account:  default
Node:             ip-10-0-1-23.ec2.internal/10.0.1.23
Start Time:       Mon, 23 Nov 2026 09:14:11 +0000
Labels:           app.kubernetes.io/instance=shop-prod
                  pod-template-hash=7d9c5b8f6
Annotations:      <none>
Status:           Pending
IP:               10.0.1.77
Controlled By:    ReplicaSet/web-7d9c5b8f6
Init Containers:
  migrate:
    Image:          example/migrate:1
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
    Ready:          True
Containers:
  web:
    Container ID:   containerd://abc
    Image:          example/web:latest
    Port:           8080/TCP
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Started:      Mon, 23 Nov 2026 09:14:12 +0000
      Finished:     Mon, 23 Nov 2026 09:14:13 +0000
    Ready:          False
    Restart Count:  4
    Environment:    <none>
Conditions:
  Type              Status
  Ready             False
Tolerations:                 node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
Events:
  Type     Reason     Age                  From               Message
  ----     ------     ----                 ----               -------
  Normal   Scheduled  10m                  default-scheduler  Successfully assigned shop/web-7d9c5b8f6-x2lqp to node
  Warning  Failed     8m (x4 over 10m)     kubelet            Failed to pull image "example/web:latest": no match for platform in manifest
  Warning  BackOff    14s (x22 over 10m)   kubelet            Back-off restarting failed container web in pod
"""

DEPLOYMENT = """\
Name:                   web
Namespace:              shop
CreationTimestamp:      Mon, 23 Nov 2026 09:00:00 +0000
Labels:                 <none>
Annotations:            argocd.argoproj.io/tracking-id: team_shop-prod:apps/Deployment:shop/web
                        deployment.kubernetes.io/revision: 3
Selector:               app=web
Replicas:               2 desired | 1 updated | 2 total | 1 available | 1 unavailable
StrategyType:           RollingUpdate
Events:                 <none>
"""

APPLICATION = """\
Name:               argocd/prometheus-prod
Project:            default
Server:             https://kubernetes.default.svc
Namespace:          monitoring
URL:                https://argocd.example.com/applications/prometheus-prod
SyncWindow:         Sync Allowed
Sync Policy:        Automated
Sync Status:        OutOfSync from main (1a2b3c4)
Health Status:      Missing

CONDITION              MESSAGE                                                       LAST TRANSITION
SharedResourceWarning  ConfigMap/flags is part of applications argocd/shop and billing  2026-11-23 09:14:11 +0000 UTC

Operation:          Sync
Sync Revision:      1a2b3c4
Phase:              Failed
Start:              2026-11-23 09:14:11 +0000 UTC
Finished:           2026-11-23 09:14:12 +0000 UTC
Duration:           1s
Message:            one or more synchronization tasks are not valid (retried 5 times).

GROUP                  KIND            NAMESPACE   NAME           STATUS      HEALTH   HOOK  MESSAGE
                       ServiceAccount  monitoring  prometheus     OutOfSync   Missing        serviceaccount/prometheus created
monitoring.coreos.com  PrometheusRule  monitoring  alert.rules    SyncFailed  Missing        no matches for kind "PrometheusRule" in version "monitoring.coreos.com/v1"
                       ConfigMap       monitoring  flags          Synced                     configmap/flags configured
"""

EVENTS = """\
NAMESPACE   LAST SEEN   TYPE      REASON         OBJECT                       MESSAGE
shop        2m          Normal    Pulling        pod/web-7d9c5b8f6-x2lqp      Pulling image "example/web:latest"
shop        90s         Warning   FailedCreate   replicaset/web-7d9c5b8f6     pods "web-7d9c5b8f6-" is forbidden: exceeded quota: compute
"""


def entry(id_: str, **rule: object) -> Entry:
    return Entry.model_validate(
        {
            "id": id_,
            "title": id_,
            "status": "stable",
            "severity": "low",
            "scope": "app",
            "diagnosis": id_,
            "match": {"any": [rule]},
            "captures": {
                "app": "signal.app",
                "kind": "signal.kind",
                "name": "signal.name",
                "namespace": "signal.namespace",
            },
        }
    )


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    noise = {
        "source": "k8s-event",
        "reason": ["Scheduled", "Pulling"],
        "id": "progress",
        "examples": [{"source": "cli"}],
    }
    return compile_entries(
        [
            entry(
                "image-platform-mismatch",
                source="k8s-event",
                reason="Failed",
                message="no match for platform in manifest",
            ),
            entry("oom-killed", source="pod-status", reason="OOMKilled"),
            entry("crash-loop", message="Back-off restarting failed container|CrashLoopBackOff"),
            entry("node-not-ready", message="node.kubernetes.io/not-ready"),
            entry("shared-resource", source="argocd-condition", message="is part of applications .+ and billing"),
            entry("crd-missing", source="argocd-resource", message='no matches for kind "PrometheusRule"'),
            entry("quota-exceeded", reason="FailedCreate", message="exceeded quota: compute"),
        ],
        Noise.model_validate({"noise": [noise]}),
    )


def ids(matcher: Matcher, text: str) -> tuple[list[str], Paste | None]:
    result, paste = recognise(matcher, text_of(text))
    return [match.entry.id for match in result.matches], paste


def test_a_described_pod(matcher: Matcher) -> None:
    found, paste = ids(matcher, POD)
    assert found == ["image-platform-mismatch", "oom-killed", "crash-loop"]
    assert paste is not None
    assert (paste.kind, paste.namespace, paste.name) == ("Pod", "shop", "web-7d9c5b8f6-x2lqp")
    assert (paste.app, paste.node) == ("shop-prod", "ip-10-0-1-23.ec2.internal")


def test_captures_fall_back_to_what_the_paste_is_about(matcher: Matcher) -> None:
    best = recognise(matcher, text_of(POD))[0].best
    assert best is not None
    assert dict(best.captures) == {
        "app": "shop-prod",
        "kind": "Pod",
        "name": "web-7d9c5b8f6-x2lqp",
        "namespace": "shop",
    }


def test_an_evicted_pod_says_so_itself() -> None:
    text = "Name: web-1\nNamespace: shop\nNode: node-1/10.0.0.1\nStatus: Failed\nReason: Evicted\n"
    text += "Message: The node was low on resource: memory.\nContainers:\n  web:\n    Image: x\n"
    paste = read_paste(text)
    assert paste is not None
    assert [(part.reason, part.message) for part in paste.parts] == [
        ("Evicted", "The node was low on resource: memory.")
    ]


def test_a_described_deployment_names_its_app() -> None:
    paste = read_paste(DEPLOYMENT)
    assert paste is not None
    assert (paste.kind, paste.name, paste.app, paste.parts) == ("Deployment", "web", "team/shop-prod", ())


def test_an_application(matcher: Matcher) -> None:
    found, paste = ids(matcher, APPLICATION)
    assert set(found) == {"shared-resource", "crd-missing"}
    assert paste is not None
    assert paste.app == "argocd/prometheus-prod"
    assert [(part.source, part.reason, part.kind, part.name) for part in paste.parts] == [
        ("argocd-operation", "Failed", "", ""),
        ("argocd-condition", "SharedResourceWarning", "", ""),
        ("argocd-resource", "", "ServiceAccount", "prometheus"),
        ("argocd-resource", "SyncFailed", "PrometheusRule", "alert.rules"),
    ]
    assert "UTC" not in paste.parts[1].message


def test_a_list_of_events_names_each_object(matcher: Matcher) -> None:
    result, _ = recognise(matcher, text_of(EVENTS))
    assert result.best is not None
    assert result.best.entry.id == "quota-exceeded"
    assert (result.best.captures["kind"], result.best.captures["name"]) == ("ReplicaSet", "web-7d9c5b8f6")
    assert result.best.captures["namespace"] == "shop"


def test_only_normal_events_are_noise(matcher: Matcher) -> None:
    calm = "\n".join(line for line in EVENTS.split("\n") if "Warning" not in line)
    assert recognise(matcher, text_of(calm))[0].verdict == "noise"


@pytest.mark.parametrize("margin", ["", "    ", "> "])
@pytest.mark.parametrize("whole", [POD, APPLICATION, EVENTS], ids=["pod", "application", "events"])
def test_margins_and_broken_ends_still_find_an_entry(matcher: Matcher, whole: str, margin: str) -> None:
    text = "\n".join(margin + line for line in whole.split("\n"))
    expected = ids(matcher, whole)[0][0]
    assert expected in ids(matcher, text)[0]


def test_text_that_breaks_at_the_terminal_s_edge_finds_its_entry(matcher: Matcher) -> None:
    broken = "\n".join(line[start : start + 80] for line in POD.split("\n") for start in range(0, len(line) or 1, 80))
    assert "image-platform-mismatch" in ids(matcher, broken)[0]


def test_other_text_is_no_paste() -> None:
    assert read_paste("Name: x") is None
    assert read_paste("Name: x\nsomething else\n") is None
    assert read_paste("a log line\nanother: line\n\tat com.example.Main") is None


@given(st.text(alphabet=st.sampled_from(list("Name:Events Warning\n \t()x-<>4/")), max_size=300))
def test_any_text_is_taken_apart_or_left(text: str) -> None:
    for prefix in ("", "Name: x\nLabels: y\n", "Name: x\nSync Status: z\n", "TYPE  REASON  OBJECT  MESSAGE\n"):
        paste = read_paste(prefix + text)
        assert paste is None or all(part.source for part in paste.parts)
