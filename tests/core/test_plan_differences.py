"""What a rollback would change: only what manifests state, nothing of Secrets, whatever anybody wrote in them."""

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.plans.diff import difference, told
from bot.core.plans.manifests import manifest
from bot.core.signals import ObjectRef
from bot.core.states import ManagedResource
from bot.core.text import fill

SHOP = "shop"


def written(kind: str, name: str, *, namespace: str = SHOP, **body: object) -> str:
    more = cast("dict[str, Any]", body.pop("metadata", {}))
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **more}
    api = "apps/v1" if kind == "Deployment" else "batch/v1" if kind == "Job" else "v1"
    return json.dumps({"apiVersion": api, "kind": kind, "metadata": metadata, **body})


def live(text: str) -> ManagedResource:
    found = manifest(text)
    assert found is not None
    return ManagedResource(object=found.object, target=text, live=text)


def lines(manifests: list[str], managed: list[ManagedResource]) -> str:
    found = difference(manifests, managed, namespace=SHOP)
    return "\n".join(fill(item.template, dict(item.values)) for item in told(found))


def pod(image: str, **more: object) -> dict[str, Any]:
    return {"template": {"spec": {"containers": [{"name": "web", "image": image, **more}]}}}


@pytest.mark.parametrize(
    ("wanted", "runs", "said"),
    [
        pytest.param(
            written("Deployment", "web", spec=pod("web:1")),
            written("Deployment", "web", spec={**pod("web:2"), "revisionHistoryLimit": 10}),
            "changed** Deployment shop/web: image web:2 → web:1",
            id="image",
        ),
        pytest.param(
            written("Deployment", "web", namespace="", spec={"replicas": 1}),
            written("Deployment", "web", spec={"replicas": 4}),
            "replicas 4 → 1",
            id="replicas, namespace left out",
        ),
        pytest.param(
            written("ConfigMap", "flags", data={"a": "1"}),
            written("ConfigMap", "flags", data={"a": "2", "b": "default"}),
            "changed** ConfigMap shop/flags: data.a",
            id="a stated field",
        ),
        pytest.param(
            written("Deployment", "web", spec=pod("web:1", resources={"limits": {"cpu": "1000m", "memory": "1Gi"}})),
            written("Deployment", "web", spec=pod("web:1", resources={"limits": {"cpu": "1", "memory": "1024Mi"}})),
            "No object differs",
            id="equal quantities",
        ),
        pytest.param(
            written("Deployment", "web", metadata={"labels": {}}),
            written("Deployment", "web"),
            "No object differs",
            id="empty is absent",
        ),
        pytest.param(
            written("Secret", "db", data={"password": "++++"}),
            written("Secret", "db", data={"password": "++++++++"}),
            "No object differs",
            id="masked values",
        ),
    ],
)
def test_what_differs(wanted: str, runs: str, said: str) -> None:
    assert said in lines([wanted], [live(runs)])


def test_nothing_of_a_secret_is_shown() -> None:
    shown = lines(
        [written("Secret", "db", data={"stripe-live-key": "c2VjcmV0"})],
        [live(written("Secret", "db", data={"stripe-live-key": "b3RoZXI="}))],
    )
    assert "Secret shop/db: its contents, not shown" in shown
    for word in ("stripe", "c2VjcmV0", "b3RoZXI"):
        assert word not in shown


def test_objects_that_come_stay_or_run_as_hooks() -> None:
    hook = written("Job", "migrate", metadata={"annotations": {"argocd.argoproj.io/hook": "PreSync"}})
    found = difference([written("ConfigMap", "new"), hook], [live(written("ConfigMap", "leftover"))], namespace=SHOP)
    assert [ref.name for ref in found.added] == ["new"]
    assert [ref.name for ref in found.leftover] == ["leftover"]
    assert found.hooks == ((ObjectRef(group="batch", kind="Job", namespace=SHOP, name="migrate"), "PreSync"),)


def test_many_objects_are_counted() -> None:
    shown = lines([written("ConfigMap", f"c{number}") for number in range(30)], [])
    assert "and 22 more added" in shown


def test_images_of_a_cron_job_and_of_init_containers_are_found() -> None:
    spec = {
        "jobTemplate": {
            "spec": {"template": {"spec": {"initContainers": [{"image": "a:1"}], "containers": [{"image": "b:1"}]}}}
        }
    }
    assert difference([written("CronJob", "n", spec=spec)], [], namespace=SHOP).images == ("a:1", "b:1")


NAMES = st.sampled_from(["name", "spec", "containers", "image", "kind", "metadata", "apiVersion"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_whatever_is_written_a_difference_is_told(one: object, other: object) -> None:
    reference = ObjectRef(kind="ConfigMap", namespace=SHOP, name="x")
    managed = [ManagedResource(object=reference, target=None, live=json.dumps(other))]
    list(told(difference([json.dumps(one), "not json", "[" * 5000], managed, namespace=SHOP)))


@given(JSON)
def test_nothing_differs_from_itself(body: object) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x", "namespace": SHOP}, "spec": body})
    found = difference([text], [live(text)], namespace=SHOP)
    assert found.nothing
