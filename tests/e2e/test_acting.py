"""From a click or a word to what runs in Argo CD, over the wire: once, with permission, followed, owed and told."""

import json
import sqlite3
from pathlib import Path

import pytest

from bot.sandbox.slack import DEVELOPER, ON_CALL
from tests.e2e.stage import Json, Stage, buttons, shown

pytestmark = pytest.mark.timeout(240)
WEB = ("argocd", "k8s-web-app-prod")
QUICK = {"GITOPS_BOT_TIMING__RECONCILE_WAIT": "5s"}


async def broken_image(stage: Stage, **settings: str) -> Json:
    """Play the story of the image that has no variant for the nodes, to its end; its root message."""
    await stage.start_bot(**settings)
    await stage.world.play("image-platform")
    root = await stage.root_about("no variant for the nodes' platform")
    await stage.world.player.finished()
    return root


async def whispered(stage: Stage, words: str) -> str:
    async def found() -> str | None:
        return next((shown(item) for item in await stage.ephemerals() if words in shown(item)), None)

    return await stage.eventually(found, f"«{words}» in private")


def audited(folder: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(folder / "state.db") as database:
        rows = database.execute("SELECT actor, action, result FROM audit ORDER BY sequence").fetchall()
    return [(str(actor), str(action), str(result)) for actor, action, result in rows]


async def test_one_click_and_one_confirmation_roll_back_and_leave_a_debt_that_one_click_settles(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=10, settings=QUICK) as stage:
        root = await broken_image(stage)
        before = len(stage.world.argocd.applications[WEB]["status"]["history"])
        await stage.click(root, "Roll back")
        plan = await stage.plan()
        told = shown(plan)
        for words in (
            "What changes",
            "image windrunner101/k8s-web-app:latest",
            "git revert",
            "To undo",
            "Risk: medium",
        ):
            assert words in told, told
        await stage.control("submit", view_id=plan["id"])
        note = await stage.in_thread(root, "Argo CD succeeded")
        app = stage.world.argocd.applications[WEB]
        assert len(app["status"]["history"]) == before + 1
        assert app["spec"]["syncPolicy"]["automated"]["enabled"] is False
        await stage.control("command", text="debts")
        assert "k8s-web-app-prod" in await whispered(stage, "paused by this bot")
        await stage.click(note, "Restore auto-sync")

        async def warned() -> bool:
            return any("deployed again at once" in shown(view) for view in await stage.views())

        await stage.eventually(warned, "the warning that Git still holds the bad revision")
        assert audited(tmp_path) == [
            (ON_CALL, "argocd.rollback", "begun"),
            (ON_CALL, "argocd.rollback", "succeeded"),
        ]


async def test_a_word_opens_the_plan_and_without_an_incident_it_is_told_on_its_own(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=20, settings=QUICK) as stage:
        await stage.start_bot()
        await stage.world.play("healthy")
        await stage.world.player.finished()
        await stage.control("command", text="sync grafana-prod")
        plan = await stage.plan()
        assert "Sync everything of" in shown(plan)
        await stage.control("submit", view_id=plan["id"])
        root = await stage.root_about("Syncing")
        assert root.get("thread_ts") in (None, root["ts"])

        async def ended() -> bool:
            return any("Argo CD succeeded" in shown(item) for item in await stage.roots())

        await stage.eventually(ended, "the end of the sync")
        operation = stage.world.argocd.applications["argocd", "grafana-prod"]["status"]["operationState"]["operation"]
        assert {"name": "slack-user", "value": f"alice ({ON_CALL})"} in operation["info"]
        for text, words in (
            ("history grafana-prod", "newest first"),
            ("diff grafana-prod", "against what runs"),
            ("debts", "No debts"),
        ):
            await stage.control("command", text=text)
            await whispered(stage, words)


async def test_an_acknowledgement_is_told_in_the_thread(tmp_path: Path) -> None:
    async with Stage(tmp_path, speed=10) as stage:
        root = await broken_image(stage)
        await stage.control("command", text="ack k8s-web-app-prod", user=DEVELOPER)
        assert "bob" in shown(await stage.in_thread(root, "Acknowledged"))


async def test_a_second_person_approves_what_the_policy_wants_approved(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    rules = [
        {"name": "on call", "groups": ["S0ONCALL"], "actions": ["*"], "environments": ["production"]},
        {"name": "developers", "emails": ["bob@sandbox.example"], "actions": ["rollback"], "projects": ["web"]},
    ]
    environments = {"production": {"namespaces": ["prod*"]}}
    second = [{"actions": ["rollback"], "environments": ["production"]}]
    policy.write_text(json.dumps({"environments": environments, "rules": rules, "second_person": second}))
    settings = {"GITOPS_BOT_POLICY__FILE": str(policy), "GITOPS_BOT_POLICY__ACTORS": "", **QUICK}
    async with Stage(tmp_path, speed=10) as stage:
        root = await broken_image(stage, **settings)
        await stage.click(root, "Roll back")
        plan = await stage.plan()
        assert "A second person has to approve this" in shown(plan)
        await stage.control("submit", view_id=plan["id"])
        asked = await stage.in_thread(root, "asks for a second person")
        assert "on call" in shown(asked)
        await stage.click(asked, "Approve")
        await whispered(stage, "somebody else has to approve it")
        await stage.click(asked, "Approve", user=DEVELOPER)
        await stage.in_thread(root, "Argo CD succeeded")
        now = next(item for item in await stage.thread(root) if item["ts"] == asked["ts"])
        assert buttons(now) == []
        assert "Approved by bob" in shown(now)
        expected = [
            (ON_CALL, "approval asked"),
            (ON_CALL, "refused"),
            (DEVELOPER, "approved"),
            (ON_CALL, "begun"),
            (ON_CALL, "succeeded"),
        ]

        async def written() -> bool:
            return [(actor, result) for actor, _, result in audited(tmp_path)] == expected

        await stage.eventually(written, f"an audit of {expected}")
