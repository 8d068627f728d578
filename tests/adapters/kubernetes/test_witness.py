"""Every question of the catalogue, asked over the wire of a cluster with something wrong everywhere."""

from pathlib import Path

import pytest
import yaml

from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.kubernetes.rights import RIGHTS, Right
from bot.adapters.kubernetes.witness import ANSWERS, KubernetesWitness
from bot.core.evidence import CATALOGUE
from bot.core.inquiry import Arguments
from bot.sandbox.kubernetes import FakeKubernetes
from bot.service.investigate import Witness
from bot.service.ports import Refused, Unreachable
from tests.adapters.kubernetes.cluster import fill
from tests.adapters.kubernetes.conftest import Connect

POD = {"kind": "Pod", "name": "web-1-a", "namespace": "web"}
WEB = {"kind": "Deployment", "name": "web", "namespace": "web"}
NONE = {"kind": "Deployment", "name": "none", "namespace": "web"}
METRICS = (
    "v1beta1.metrics.k8s.io: Available=False (MissingEndpoints): endpoints for service/metrics-server have no addresses"
)
CASES: list[tuple[str, dict[str, str], object, str]] = [
    ("object_exists", WEB, True, "Deployment web/web is there"),
    ("object_exists", {"kind": "ServiceAccount", "name": "x", "namespace": "web"}, False, "there is no ServiceAccount"),
    ("object_exists", {"kind": "Widget", "name": "x", "namespace": "web"}, False, "there is no Widget web/x"),
    ("object_exists", {"kind": "PrometheusRule", "name": "x", "namespace": "web"}, False, "can't exist"),
    ("owner", POD, "Deployment.apps/web/web", "Pod web/web-1-a ← ReplicaSet web/web-1 ← Deployment web/web"),
    ("owner", {**POD, "name": "gone"}, None, "there is no Pod web/gone"),
    ("events", POD, ("Back-off restarting failed container web in pod web-1-a",), "BackOff (7×)"),
    ("events", {**POD, "contains": "BACK-OFF"}, ("Back-off restarting failed container web in pod web-1-a",), "7×"),
    ("events", {**POD, "contains": "quota"}, None, "no warning that contains"),
    ("pod_template", {**WEB, "path": "securityContext.runAsNonRoot"}, ("true",), "pod: true"),
    ("pod_template", {**WEB, "path": "resources.limits.memory"}, ("1Gi",), "container sidecar: not set"),
    ("pod_template", {**POD, "path": "spec.containers.image"}, ("migrate:1", "web:1", "sidecar:1"), "init container"),
    ("pod_template", {**NONE, "path": "image"}, None, "there is no Deployment web/none"),
    ("pod_template_unset", {**WEB, "path": "securityContext.runAsNonRoot"}, (), "pod: true"),
    ("pod_template_unset", {**WEB, "path": "securityContext.allowPrivilegeEscalation"},
     ("init container migrate", "container sidecar"), "container web: false"),
    ("pull_secrets", WEB, ("registry",), "ServiceAccount web gives registry"),
    ("config_keys", {"name": "flags", "namespace": "web"}, ("color", "logo"), "color, logo"),
    ("ready_replicas", WEB, 1, "1 of 2 pods"),
    ("ready_replicas", POD, 0, "not ready"),
    ("last_exit", WEB, "OOMKilled", "container web of pod web-1-a ended with OOMKilled, exit code 137"),
    ("last_exit", {**POD, "container": "sidecar"}, "Completed", "exit code 0"),
    ("previous_log", WEB, ("started", "DB_PASSWORD=[redacted]", "connection refused"), "previous log of web"),
    ("previous_log", {**POD, "container": "web", "contains": "Refused"}, ("connection refused",), "connection refused"),
    ("previous_log", {**POD, "contains": "in use"}, None, "no 'in use' in it"),
    ("autoscaler", {"name": "web", "namespace": "web"}, "ScalingActive: FailedGetResourceMetric", "unable to fetch"),
    ("node_platforms", {}, ("linux/amd64", "linux/arm64"), "1 node linux/amd64"),
    ("node_platforms", {"node": "two"}, ("linux/arm64",), "linux/arm64"),
    ("node_ready", {"node": "one"}, True, "Ready=True"),
    ("node_ready", {"node": "two"}, False, "kubelet says so"),
    ("node_ready", {"node": "three"}, None, "there is no Node three"),
    ("node_taints", {}, ("one: team=web:NoSchedule", "two: gpu=:NoSchedule"), "two: gpu=:NoSchedule"),
    ("managed_control_plane", {}, "EKS", "v1.36.1-eks-1"),
    ("allocatable", {"resource": "cpu"}, "2", "at most 2 cpu is free on one node (two)"),
    ("allocatable", {"resource": "nvidia.com/gpu"}, "0", "at most 0 nvidia.com/gpu"),
    ("allocatable", {"resource": "room"}, None, "no node has anything that is called room"),
    ("nodes_with_room", WEB, 1, "one: 500m cpu free"),
    ("nodes_selected", WEB, 1, "two: zone is b"),
    ("nodes_tolerated", WEB, 1, "two: gpu=:NoSchedule"),
    ("pod_security_level", {"namespace": "web"}, "restricted", "enforce=restricted"),
    ("namespace_phase", {"namespace": "going"}, "Terminating", "example.com/keep"),
    ("namespace_phase", {"namespace": "none"}, "Absent", "there is no namespace none"),
    ("quota_left", {"namespace": "web"}, ("team: pods 2/2",), "team: pods 2/2"),
    ("limit_ranges", {"namespace": "web"}, ("limits: Container min cpu=100m max memory=512Mi",), "max memory=512Mi"),
    ("claim_status", {"name": "data", "namespace": "web"}, "Pending", "5Gi of class fast"),
    ("claim_status", {"name": "x", "namespace": "web"}, "Absent", "there is no PersistentVolumeClaim"),
    ("storage_class", {"name": "fast"}, False, "there are: slow (default)"),
    ("storage_class", {"name": "slow"}, True, "ebs.csi.aws.com"),
    ("default_storage_class", {}, "slow", "slow (default)"),
    ("volume_status", {"name": "pv-1"}, "Failed", "no plugin to delete it"),
    ("service_endpoints", {"name": "web", "namespace": "web"}, 2, "and 1 that aren't ready; its selector is app=web"),
    ("service_endpoints", {"name": "x", "namespace": "web"}, 0, "there is no Service web/x"),
    ("api_served", {"group": "example.com", "kind": "Widget"}, True, "example.com/v1 serves Widget"),
    ("api_served", {"group": "example.com", "kind": "Gadget"}, False, "without the kind Gadget"),
    ("api_served", {"group": "batch", "version": "v1beta1"}, False, "not in v1beta1"),
    ("api_served", {"group": "nobody.example.com"}, False, "serves no group"),
    ("crd_status", {"group": "example.com", "kind": "Widget"}, "Established", "widgets.example.com is established"),
    ("crd_status", {"group": "example.com", "kind": "Gadget"}, "Absent", "no CustomResourceDefinition"),
    ("api_service", {"name": "v1beta1.metrics.k8s.io"}, "Unavailable", "have no addresses"),
    ("api_services_unavailable", {}, (METRICS,), "MissingEndpoints"),
    ("webhook_ready", {"webhook": "check.policy.example.com"}, False, "Service policy/policy has 0 ready endpoints"),
    ("webhook_ready", {"webhook": "other.example.com"}, None, "no admission configuration"),
]  # fmt: skip


@pytest.fixture
def witness(fake: FakeKubernetes, client: KubernetesClient) -> Witness:
    fill(fake)
    return KubernetesWitness(client)


@pytest.mark.parametrize(
    ("question", "arguments", "value", "saw"),
    CASES,
    ids=[f"{question}-{'-'.join(arguments.values())}" for question, arguments, _, _ in CASES],
)
async def test_answers(witness: Witness, question: str, arguments: Arguments, value: object, saw: str) -> None:
    answered = await witness.answer(f"kubernetes.{question}", arguments)
    assert answered.value == value
    assert saw in answered.saw
    assert set(answered.fields) <= {name for name, _ in CATALOGUE[f"kubernetes.{question}"].fields}


def test_every_question_is_answered_and_tried() -> None:
    questions = {name for name, kind in CATALOGUE.items() if kind.system == "kubernetes"}
    assert set(ANSWERS) == set(RIGHTS) == {f"kubernetes.{case[0]}" for case in CASES} == questions


async def test_a_right_that_is_missing_is_no_answer(fake: FakeKubernetes, witness: Witness) -> None:
    fake.forbid("serviceaccounts")
    with pytest.raises(Refused, match=r"serviceaccounts.*the bot's role must allow it"):
        await witness.answer("kubernetes.object_exists", {"kind": "ServiceAccount", "name": "x", "namespace": "web"})
    fake.forbid("pods/log")
    with pytest.raises(Refused, match="pods/log"):
        await witness.answer("kubernetes.previous_log", POD)
    with pytest.raises(Refused, match="secrets"):
        await witness.answer("kubernetes.object_exists", {"kind": "Secret", "name": "x", "namespace": "web"})


@pytest.mark.parametrize("name", ["../../secrets", "a/b", "x?watch=1", "", "a b"])
async def test_a_name_can_t_lead_elsewhere(fake: FakeKubernetes, witness: Witness, name: str) -> None:
    with pytest.raises(Refused):
        await witness.answer("kubernetes.object_exists", {"kind": "ConfigMap", "name": name, "namespace": "web"})


async def test_a_cluster_that_is_away(connect: Connect) -> None:
    away = KubernetesWitness(await connect("http://127.0.0.1:9"))
    with pytest.raises(Unreachable):
        await away.answer("kubernetes.node_platforms", {})


async def test_only_listed_rights_are_needed(fake: FakeKubernetes, witness: Witness) -> None:
    for name, arguments, _, _ in CASES:
        if arguments.get("kind") in ("Widget", "PrometheusRule"):
            continue
        fake.asked.clear()
        await witness.answer(f"kubernetes.{name}", arguments)
        listed = {
            (item.verb, ".".join(filter(None, (item.resource, item.group)))) for item in RIGHTS[f"kubernetes.{name}"]
        }
        assert fake.asked <= listed, name


def test_the_role_grants_what_questions_need_and_no_secret() -> None:
    role = yaml.safe_load((Path(__file__).parents[3] / "deploy/kustomize/base/cluster-role.yaml").read_text())
    granted = {
        Right(group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    needed = {right for rights in RIGHTS.values() for right in rights}
    assert needed <= granted
    watching = {Right("", "events", "watch"), Right("", "pods", "watch")}
    assert granted - needed == watching
    assert not {right for right in granted if right.resource == "secrets" or right.verb not in ("get", "list", "watch")}
