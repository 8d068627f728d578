"""The fake answers as the recorded Argo CD did, exchange by exchange."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.argocd import TOGGLE_AUTO_SYNC, Account, FakeArgoCD, Outcome, Owner
from tests.sandbox.argocd.recorded_exchanges import TOKEN, Json, Story, exchanges_of, play

VIEWER = "header.viewer.signature"
GRAFANA = "8d8f54e43d6ad33532318d81066e08bfbc75d629"


def bodies(exchanges: list[Json], path_end: str) -> list[Any]:
    return [e["response"].get("body") for e in exchanges if "request" in e and e["request"]["path"].endswith(path_end)]


def first_application(exchanges: list[Json], name: str) -> Json:
    """Return the first state of an Application a file shows, before any operation it carries."""
    for exchange in exchanges:
        body = exchange.get("response", {}).get("body")
        if isinstance(body, dict) and body.get("metadata", {}).get("name") == name and "sync" in body.get("status", {}):
            app = copy.deepcopy(body)
            app.pop("operation", None)
            return app
    raise AssertionError(f"no state of {name}")


def prod_root(*children: str) -> Json:
    """The self-healing parent of the prod applications, as far as these stories need it."""
    return {
        "metadata": {"name": "prod-root", "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {"repoURL": "http://git.example.com/platform-gitops.git", "path": "environments/prod/apps"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "argocd"},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
        "status": {
            "sync": {"status": "Synced"},
            "health": {"status": "Healthy"},
            "resources": [
                {
                    "group": "argoproj.io",
                    "version": "v1alpha1",
                    "kind": "Application",
                    "namespace": "argocd",
                    "name": child,
                    "status": "Synced",
                }
                for child in children
            ],
        },
    }


def viewer(**rights: tuple[str, ...]) -> Account:
    return Account(name="viewer", token=VIEWER, rights=rights, issued_at=datetime(2026, 11, 23, 8, 17, 50, tzinfo=UTC))


def prepare_rollback(fake: FakeArgoCD, exchanges: list[Json]) -> None:
    app = "k8s-web-app-prod"
    fake.put_application(prod_root(app))
    fake.put_application(first_application(exchanges, app))
    for exchange in exchanges:
        path = exchange["request"]["path"]
        body = exchange["response"].get("body")
        if path.endswith("/metadata"):
            fake.set_revision(path.split("/")[-2], **body)
        elif path.endswith("/managed-resources"):
            fake.set_managed_resources(app, body)
        elif "/manifests?revision=" in path:
            fake.set_manifests(app, path.split("=")[1], body)
    # In Argo CD's own words: the pods of the bad commit never became ready.
    fake.set_outcome(app, "19fa893be80d95ed1a91138e21f13d91e22350f8", Outcome(kind="progressing"))


def prepare_window(fake: FakeArgoCD, exchanges: list[Json]) -> None:
    fake.put_application(first_application(exchanges, "windowed"))
    fake.set_windows("frozen", bodies(exchanges, "/syncwindows")[0]["assignedWindows"])


def prepare_sync_variants(fake: FakeArgoCD, exchanges: list[Json]) -> None:
    fake.put_application(prod_root("grafana-prod"))
    fake.put_application(first_application(exchanges, "grafana-prod"))
    lines = next(e["response"]["text"] for e in exchanges if "/logs?" in e["request"]["path"]).splitlines()
    fake.set_logs("grafana-prod", [json.loads(line)["result"] for line in lines[:-1]])


def prepare_terminate(fake: FakeArgoCD, exchanges: list[Json]) -> None:
    fake.put_application(first_application(exchanges, "slow-hook"))
    waiting = exchanges[1]["response"]["body"]["status"]["operationState"]
    outcome = Outcome(kind="hanging", message=waiting["message"], resources=waiting["syncResult"]["resources"])
    fake.set_outcome("slow-hook", "*", outcome)


def prepare_errors(fake: FakeArgoCD, exchanges: list[Json]) -> None:
    grafana = first_application(exchanges, "grafana-prod")
    fake.put_application(grafana)
    listed = next(e["response"]["body"]["items"] for e in exchanges if "?fields=" in e["request"]["path"])
    others = {item["metadata"]["name"]: item["status"]["health"] for item in listed} | {"k8s-web-app-prod": {}}
    for name in sorted(set(others) - {"grafana-prod"}):
        app = copy.deepcopy(grafana)
        app["metadata"]["name"] = name
        app["spec"]["project"] = "web" if name == "k8s-web-app-prod" else "monitoring"
        app["status"]["health"] = others[name]
        fake.put_application(app)
    fake.add_account(viewer(get=("monitoring/*",)))


def prepare_pause_owners(fake: FakeArgoCD, exchanges: list[Json]) -> None:
    for name in ("tenant-t00", "tenant-t01", "grafana-prod"):
        fake.put_application(first_application(exchanges, name))
    application_set = copy.deepcopy(bodies(exchanges, "/applicationsets/tenants")[0])
    del application_set["spec"]["ignoreApplicationDifferences"]
    fake.put_application_set(application_set)
    fake.pause_undone_by("grafana-prod", Owner.PARENT)


def ignore_sync_policy(fake: FakeArgoCD) -> None:
    fake.put_application_set(bodies(exchanges_of("pause-owners"), "/applicationsets/tenants")[0])


def prepare_toggle(fake: FakeArgoCD, exchanges: list[Json]) -> None:
    grafana = first_application(exchanges, "grafana-prod")  # its first state is already paused
    del grafana["spec"]["syncPolicy"]["automated"]["enabled"]
    fake.put_application(prod_root("grafana-prod"))
    fake.put_application(grafana)


def prepare_lean_rights(fake: FakeArgoCD, exchanges: list[Json]) -> None:
    prepare_toggle(fake, exchanges)
    rights = {"get": ("monitoring/*",), "sync": ("monitoring/*",), TOGGLE_AUTO_SYNC: ("default/prod-root",)}
    fake.add_account(viewer(**rights))
    # Grafana's manifests are the same in both revisions.
    fake.set_outcome("grafana-prod", "91ec5824f4efb856e73feb98a1eef19049562236", Outcome(sync="Synced"))


STORIES = (
    Story(name="rollback", prepare=prepare_rollback),
    Story(
        name="rollback-in-window",
        prepare=prepare_window,
        acts={10: lambda fake: fake.set_windows("frozen", [])},
    ),
    Story(name="sync-variants", prepare=prepare_sync_variants),
    Story(name="terminate", prepare=prepare_terminate),
    Story(
        name="errors",
        prepare=prepare_errors,
        acts={24: lambda fake: fake.revoke(VIEWER)},
        tokens={0: None, 1: "nonsense", 2: "header.forged.signature", 4: None}
        | dict.fromkeys((8, 9, 10, 12, 13, 14, 24), VIEWER),
    ),
    Story(name="pause-owners", prepare=prepare_pause_owners, acts={9: ignore_sync_policy}),
    Story(name="toggle-auto-sync", prepare=prepare_toggle),
    Story(name="rollback-lean-rights", prepare=prepare_lean_rights, tokens=dict.fromkeys(range(1, 14), VIEWER)),
)


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
async def test_the_fake_answers_as_recorded(story: Story) -> None:
    assert await play(story) == []


def test_no_exchange_is_left_out_without_a_reason() -> None:
    assert {story.name: story.excluded for story in STORIES if story.excluded} == {}


async def test_a_wrong_fake_is_noticed() -> None:
    """The driver can fail: the same story with the window open from the start doesn't match."""

    def prepare(fake: FakeArgoCD, exchanges: list[Json]) -> None:
        fake.put_application(first_application(exchanges, "windowed"))

    differences = await play(Story(name="rollback-in-window", prepare=prepare))
    assert any("blocked by sync window" in difference for difference in differences)
    assert TOKEN not in str(differences)
