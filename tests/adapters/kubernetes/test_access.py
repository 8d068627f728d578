"""Configuration and credentials: what can't work is refused with a sentence, plugins are asked again in time."""

import stat
import sys
from pathlib import Path

import pytest
import yaml

from bot.adapters.kubernetes.client import KubernetesClient
from bot.sandbox.kubernetes import FakeKubernetes
from bot.service.ports import Refused, Unreachable
from tests.adapters.kubernetes.conftest import Json

PLUGIN = """#!{python}
import datetime, json, pathlib
calls = pathlib.Path({calls!r})
number = int(calls.read_text()) + 1
calls.write_text(str(number))
expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds={lives})
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {{
    "token": {token!r}, "expirationTimestamp": expiry.strftime("%Y-%m-%dT%H:%M:%SZ")}}}}))
"""


def write(path: Path, config: Json) -> Path:
    path.write_text(yaml.safe_dump(config))
    return path


def plugin(folder: Path, *, token: str, lives: int) -> Path:
    (folder / "calls").write_text("0")
    script = folder / "plugin"
    script.write_text(PLUGIN.format(python=sys.executable, calls=str(folder / "calls"), token=token, lives=lives))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def with_plugin(url: str, script: Path) -> Json:
    config = FakeKubernetes().kubeconfig(url)
    command = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "interactiveMode": "Never"}
    config["users"][0]["user"] = {"exec": command}
    return config


async def test_neither_file_nor_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(Refused, match=r"prod has no kubeconfig.*Set GITOPS_BOT_KUBERNETES__KUBECONFIG"):
        await KubernetesClient.connect(name="prod", kubeconfig=None)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: b: c", "apiVersion: v1\nkind: Config\n", "contexts: []\ncurrent-context: x\n", "\x00"],
    ids=repr,
)
async def test_a_file_that_can_not_be_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(Refused, match=str(path)):
        await KubernetesClient.connect(name="prod", kubeconfig=path)


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nowhere"):
        await KubernetesClient.connect(name="prod", kubeconfig=tmp_path / "nowhere")


async def test_a_context_that_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path / "kubeconfig", FakeKubernetes().kubeconfig("http://127.0.0.1:1"))
    with pytest.raises(Refused, match="no context 'staging'; it has: sandbox"):
        await KubernetesClient.connect(name="prod", kubeconfig=path, context="staging")


async def test_a_cluster_that_is_away_is_no_reason_not_to_connect(tmp_path: Path) -> None:
    path = write(tmp_path / "kubeconfig", FakeKubernetes().kubeconfig("http://127.0.0.1:1"))
    client = await KubernetesClient.connect(name="prod", kubeconfig=path, context="sandbox", timeout=2.0)
    with pytest.raises(Unreachable, match="prod can't be reached"):
        await client.check()
    await client.close()


async def test_the_named_context_is_used(url: str, tmp_path: Path) -> None:
    config = FakeKubernetes().kubeconfig("http://127.0.0.1:1")
    config["clusters"].append({"name": "other", "cluster": {"server": url}})
    config["contexts"].append({"name": "other", "context": {"cluster": "other", "user": "gitops-bot"}})
    client = await KubernetesClient.connect(
        name="prod", kubeconfig=write(tmp_path / "kubeconfig", config), context="other"
    )
    assert await client.check() == "v1.36.2"
    await client.close()


@pytest.mark.parametrize(("lives", "calls"), [(3600, "1"), (30, "3")], ids=["kept while it lives", "renewed in time"])
async def test_an_exec_plugin_hands_out_tokens(
    fake: FakeKubernetes, url: str, tmp_path: Path, lives: int, calls: str
) -> None:
    script = plugin(tmp_path, token=fake.token, lives=lives)
    path = write(tmp_path / "kubeconfig", with_plugin(url, script))
    client = await KubernetesClient.connect(name="prod", kubeconfig=path)
    for _ in range(3):
        assert await client.check() == "v1.36.2"
    assert (tmp_path / "calls").read_text() == calls
    await client.close()


async def test_a_plugin_that_fails_is_told_and_may_work_later(fake: FakeKubernetes, url: str, tmp_path: Path) -> None:
    path = write(tmp_path / "kubeconfig", with_plugin(url, tmp_path / "plugin"))
    client = await KubernetesClient.connect(name="prod", kubeconfig=path)
    with pytest.raises(Unreachable, match=r"No credentials from .*kubeconfig.*plugin"):
        await client.check()
    plugin(tmp_path, token=fake.token, lives=3600)
    assert await client.check() == "v1.36.2"
    await client.close()


async def test_the_pods_own_service_account(
    fake: FakeKubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only up to the connection: the API server's certificate is needed beyond that."""
    (tmp_path / "token").write_text("a-token")
    (tmp_path / "ca.crt").write_text("no certificate")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    loader = "kubernetes_asyncio.config.incluster_config"
    monkeypatch.setattr(f"{loader}.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(f"{loader}.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    client = await KubernetesClient.connect(name="prod", kubeconfig=None)
    with pytest.raises(Unreachable, match="No credentials of the service account for Kubernetes prod"):
        await client.check()
    await client.close()
