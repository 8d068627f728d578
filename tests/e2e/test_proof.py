"""Each recorded failure gets its verdict with its proof, in the message that is there; nothing waits for ever."""

import re
import time
from pathlib import Path

import pytest

from bot.sandbox.faults import Fault, Target
from tests.e2e.stage import Json, Stage, shown

pytestmark = pytest.mark.timeout(150)
FOR_EVER = 1_000_000


async def proven(stage: Stage, title: str, proof: str) -> Json:
    """The details of the incident with this title, once they quote this proof."""
    root = await stage.root_about(title)
    return await stage.in_thread(root, proof)


@pytest.mark.parametrize(
    ("story", "title", "proof"),
    [
        pytest.param(
            "shared-resource",
            "defined by two Applications",
            "monitoring-secrets-prod declares ConfigMap monitoring/grafana-prod; argocd/grafana-prod declares",
            id="a ConfigMap in two Applications",
        ),
        pytest.param(
            "first-install",
            "PrometheusRule (monitoring.coreos.com) isn't installed",
            "no CustomResourceDefinition defines PrometheusRule",
            id="a CRD that is missing",
        ),
        pytest.param(
            "serviceaccount-missing",
            "ServiceAccount prometheus-prod-kube-prome-prometheus is missing",
            "there is no ServiceAccount monitoring/prometheus-prod-kube-prome-prometheus",
            id="a ServiceAccount that is switched off",
        ),
        pytest.param(
            "image-platform",
            "no variant for the nodes' platform",
            "history id 2 (87047f6) had windrunner101/k8s-web-app:v1.0.0",
            id="an image without the nodes' platform",
        ),
    ],
)
async def test_a_failure_is_confirmed_by_what_the_systems_say(
    tmp_path: Path, story: str, title: str, proof: str
) -> None:
    async with Stage(tmp_path, speed=2) as stage:
        await stage.start_bot()
        await stage.world.play(story)
        details = await proven(stage, title, proof)
        assert "Cause, confirmed" in shown(details)
        root = await stage.root_about(title)
        assert "Cause, confirmed" in root["text"]
        assert len(await stage.roots()) == 1
        assert len([item for item in await stage.thread(root) if item["text"].startswith("Details")]) == 1


async def test_pod_security_is_named_with_what_the_event_said(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=2) as stage:
        await stage.start_bot()
        await stage.world.play("pod-security")
        details = await proven(stage, "Pod Security refuses", "Kubernetes, events")
        assert "violates PodSecurity" in shown(details)


@pytest.mark.parametrize(
    ("target", "paths", "story", "title", "unasked"),
    [
        pytest.param("argocd", "managed-resources", "image-platform", "no variant", "Argo CD (", id="Argo CD"),
        pytest.param("registry", "", "image-platform", "no variant", "registry (", id="registry"),
        pytest.param("kubernetes", "", "first-install", "isn't installed", "Kubernetes (", id="Kubernetes"),
    ],
)
async def test_a_system_that_is_away_is_named_and_keeps_nothing_waiting(
    tmp_path: Path, target: Target, paths: str, story: str, title: str, unasked: str
) -> None:
    async with Stage(tmp_path, speed=2) as stage:
        stage.world.faults.add(Fault(target=target, kind="drop", times=FOR_EVER, path=re.compile(paths)))
        await stage.start_bot()
        await stage.world.play(story)
        root = await stage.root_about(title)
        posted = time.monotonic()
        details = await stage.in_thread(root, "Could not be asked")
        assert unasked in shown(details)
        assert time.monotonic() - posted < 10


async def test_why_asks_anew_and_quotes_the_answer(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=4) as stage:
        await stage.start_bot()
        await stage.world.play("shared-resource")
        await stage.root_about("defined by two Applications")
        await stage.control("command", text="why grafana-prod")

        async def answered() -> str | None:
            return next((shown(item) for item in await stage.ephemerals() if "declares ConfigMap" in shown(item)), None)

        assert "Cause, confirmed" in await stage.eventually(answered, "the answer")
