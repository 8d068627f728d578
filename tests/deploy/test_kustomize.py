"""The kustomize base holds together, and its Deployment asks for no more than it needs."""

import re
from pathlib import Path

import pytest
import yaml

from bot import __version__
from bot.settings import load, setting_names
from tests.deploy.manifests import BASE, DEPLOY, Json, document, named

FOLDERS = [pytest.param(path, id=path.parent.name) for path in sorted(DEPLOY.glob("kustomize/*/kustomization.yaml"))]


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yaml")), ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_file_is_one_object(path: Path) -> None:
    assert document(path)


@pytest.mark.parametrize("path", FOLDERS)
def test_a_kustomization_names_exactly_the_files_beside_it(path: Path) -> None:
    listed = {item for item in document(path)["resources"] if item.endswith(".yaml")}
    assert listed == {item.name for item in path.parent.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize("path", FOLDERS)
def test_what_a_kustomization_takes_from_elsewhere_is_there(path: Path) -> None:
    kustomization = document(path)
    for other in [*kustomization["resources"], *kustomization.get("components", [])]:
        assert (path.parent / other).exists(), other


def test_the_example_changes_the_image_of_the_deployment() -> None:
    example = document(DEPLOY / "kustomize" / "example" / "kustomization.yaml")
    assert [image["name"] for image in example["images"]] == [container()["image"].partition(":")[0]]


def test_names_refer_to_each_other() -> None:
    deployment, service, binding = named("deployment"), named("service"), named("cluster-role-binding")
    account = named("service-account")["metadata"]["name"]
    namespace = named("namespace")["metadata"]["name"]
    labels = pod()["metadata"]["labels"]
    volumes = spec()["volumes"]
    claims = [item["persistentVolumeClaim"]["claimName"] for item in volumes if "persistentVolumeClaim" in item]
    assert spec()["serviceAccountName"] == account
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": namespace}]
    assert binding["roleRef"]["name"] == named("cluster-role")["metadata"]["name"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert service["spec"]["selector"].items() <= labels.items()
    assert claims == [named("volume-claim")["metadata"]["name"]]
    policy = document(DEPLOY / "kustomize" / "network-policy" / "network-policy.yaml")
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert document(BASE / "kustomization.yaml")["namespace"] == namespace == policy["metadata"]["namespace"]


def test_ports_meet() -> None:
    (port,) = container()["ports"]
    assert named("service")["spec"]["ports"][0]["targetPort"] == port["name"]
    assert port["containerPort"] == load({}, env_file=None).web.port
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        assert container()[probe]["httpGet"] == {"path": "/healthz", "port": port["name"]}


def test_the_pod_is_restricted() -> None:
    """The restricted Pod Security Standard, which the namespace enforces, and a read-only root besides."""
    assert named("namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    of_pod, of_container = spec()["securityContext"], container()["securityContext"]
    assert of_pod["runAsNonRoot"] is True
    assert of_pod["runAsUser"] > 0
    assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert of_container == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec())
    assert all(set(volume) - {"name"} <= {"persistentVolumeClaim", "emptyDir"} for volume in spec()["volumes"])


def test_sqlite_is_never_opened_by_two() -> None:
    assert (named("deployment")["spec"]["replicas"], named("deployment")["spec"]["strategy"]) == (
        1,
        {"type": "Recreate"},
    )
    assert named("volume-claim")["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_memory_is_bounded_and_the_service_s_variables_are_left_out() -> None:
    assert container()["resources"]["limits"]["memory"]
    assert {"cpu", "memory"} <= set(container()["resources"]["requests"])
    assert spec()["enableServiceLinks"] is False


def test_the_image_is_of_this_version_never_latest() -> None:
    assert container()["image"] == f"gitops-bot:{__version__}"


def test_the_example_secret_is_for_the_deployment_and_holds_settings_that_exist() -> None:
    secret = document(DEPLOY / "kustomize" / "secret.example.yaml")
    assert container()["envFrom"] == [{"secretRef": {"name": secret["metadata"]["name"]}}]
    missing = load({}, env_file=None).missing_for_run()
    needed = {name for sentence in missing for name in re.findall(r"GITOPS_BOT_\w+", sentence)}
    assert needed <= set(secret["stringData"]) <= set(setting_names())


def test_the_example_secret_is_applied_by_nothing() -> None:
    for path in DEPLOY.rglob("kustomization.yaml"):
        assert "secret" not in yaml.safe_dump(document(path)["resources"])


def pod() -> Json:
    template: Json = named("deployment")["spec"]["template"]
    return template


def spec() -> Json:
    found: Json = pod()["spec"]
    return found


def container() -> Json:
    (only,) = spec()["containers"]
    assert isinstance(only, dict)
    return only
