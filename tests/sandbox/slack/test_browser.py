"""The page in a real browser, at a desk and on a phone: live, by mouse and keyboard, in light and dark."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.sandbox.slack.directory import INCIDENTS
from tests.sandbox.slack.app import App, Json
from tests.sandbox.slack.conftest import Served

pytestmark = pytest.mark.browser

DESK, PHONE = (1280, 860), (390, 844)
ARTIFACTS = Path(__file__).parents[3] / "artifacts"
Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    # a sandboxed Chromium doesn't start as root, as in a container; nothing foreign is loaded here
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def look(served: Served, browser: Browser) -> AsyncIterator[Open]:
    """Open the page; what the browser complains of fails the test, but for acts the sandbox refused as too late."""
    complaints: list[str] = []
    async with AsyncExitStack() as stack:

        async def look(
            path: str = "/", *, size: tuple[int, int] = DESK, scheme: str = "light", script: bool = True
        ) -> Page:
            context = await browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if scheme == "dark" else "light",
                java_script_enabled=script,
                reduced_motion="reduce",
            )
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.set_default_timeout(10_000)
            await page.goto(f"{served.page}{path}")
            return page

        yield look
    assert [text for text in complaints if "409 (Conflict)" not in text] == []


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(action: str, label: str, **more: object) -> Json:
    return {"type": "button", "action_id": action, "text": plain(label), **more}


CONFIRM = {
    "title": plain("Roll back?"),
    "text": plain("Auto-sync stays paused."),
    "confirm": plain("Yes, do it"),
    "deny": plain("No"),
}
INCIDENT: list[Json] = [
    {"type": "header", "text": plain(":red_circle: CRITICAL · CRD PrometheusRule isn't installed")},
    {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": "*Open* · `argocd/prometheus-prod` · cluster `prod-eu`"}],
    },
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Cause, confirmed:* the cluster knows no such kind."}},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_preformatted",
                "elements": [
                    {
                        "type": "text",
                        "text": "The Kubernetes API could not find monitoring.coreos.com/PrometheusRule for requested "
                        "resource monitoring/kube-prometheus-alerts. Make sure the CRD is installed.",
                    }
                ],
            }
        ],
    },
    {
        "type": "actions",
        "block_id": "buttons",
        "elements": [
            button("plan", "Sync", style="primary"),
            button("rollback", "Roll back", style="danger", confirm=CONFIRM),
        ],
    },
]
READING: Json = {"type": "modal", "title": plain("Plan"), "blocks": [{"type": "section", "text": plain("Reading…")}]}


def plan(text: str) -> Json:
    options = [{"text": plain(name), "value": name} for name in ("#41", "#40")]
    blocks = [
        {
            "type": "input",
            "block_id": "target",
            "dispatch_action": True,
            "label": plain("Target"),
            "element": {"type": "static_select", "action_id": "pick", "options": options},
        },
        {"type": "section", "block_id": "told", "text": plain(text)},
        {
            "type": "input",
            "block_id": "why",
            "label": plain("Reason"),
            "element": {"type": "plain_text_input", "action_id": "why"},
        },
    ]
    return {"type": "modal", "title": plain("Plan"), "submit": plain("Do it"), "blocks": blocks}


def opens_a_plan(app: App) -> list[asyncio.Task[Json]]:
    """Let the app open a modal when its button is pressed, and follow what is chosen in it."""
    tasks: list[asyncio.Task[Json]] = []

    def answer(envelope: Json) -> None:
        payload = envelope["payload"]
        if payload["type"] != "block_actions":
            return
        if payload["container"]["type"] == "message":
            tasks.append(asyncio.create_task(app.call("views.open", trigger_id=payload["trigger_id"], view=READING)))
        else:
            chosen = payload["actions"][0]["selected_option"]["value"]
            view_id = payload["view"]["id"]
            tasks.append(asyncio.create_task(app.call("views.update", view_id=view_id, view=plan(f"To {chosen}"))))

    app.answer = answer
    return tasks


async def picture(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    await page.screenshot(path=ARTIFACTS / f"slack-{name}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_it_fits_without_scrolling_sideways(
    served: Served, look: Open, size: tuple[int, int], scheme: str
) -> None:
    root = await served.app.post("x", blocks=INCIDENT)
    await served.app.post("x" * 300, thread_ts=root)
    name = "desk" if size == DESK else "phone"
    for path, what in (("/", "channel"), (f"/archives/{INCIDENTS}/p{root.replace('.', '')}", "thread")):
        page = await look(path, size=size, scheme=scheme)
        assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
        await picture(page, f"{what}-{name}-{scheme}")


async def test_what_happens_is_seen_without_reloading(served: Served, look: Open) -> None:
    page = await look()
    await expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    ts = await served.app.post("it broke")
    await expect(page.get_by_role("log").get_by_text("it broke")).to_be_visible()
    await served.app.call("chat.update", channel=INCIDENTS, ts=ts, text="it is well")
    await expect(page.get_by_role("log").get_by_text("it is well")).to_be_visible()
    await expect(page.get_by_text("it broke")).to_have_count(0)
    await served.app.connect()
    await expect(page.get_by_text("connected: Socket Mode")).to_be_visible()


async def test_what_is_being_typed_survives_what_happens(served: Served, look: Open) -> None:
    page = await look()
    line = page.get_by_label("Message #incidents")
    await line.fill("half a sen")
    await served.app.post("it broke")
    await expect(page.get_by_text("it broke")).to_be_visible()
    await expect(line).to_have_value("half a sen")
    await expect(line).to_be_focused()


async def test_a_command_is_typed_and_answered_for_me_only(served: Served, look: Open) -> None:
    await served.app.connect()
    served.app.answer = lambda envelope: {"text": f"all is well with {envelope['payload']['text']}"}
    page = await look()
    await page.get_by_label("Message #incidents").fill("/gitops why shop")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Only visible to you")).to_be_visible()
    await expect(page.get_by_text("all is well with why shop")).to_be_visible()
    await expect(page.get_by_label("Message #incidents")).to_have_value("")
    await page.get_by_role("button", name="Dismiss message").click()
    await expect(page.get_by_text("all is well")).to_have_count(0)


async def test_a_confirmation_asks_first(served: Served, look: Open) -> None:
    await served.app.connect()
    await served.app.post("x", blocks=INCIDENT)
    page = await look()
    opener = page.get_by_role("button", name="Roll back")
    await opener.click()
    dialog = page.get_by_role("dialog", name="Roll back?")
    await expect(dialog).to_contain_text("Auto-sync stays paused.")
    await dialog.get_by_role("button", name="No").click()
    await expect(dialog).to_have_count(0)
    assert served.app.envelopes == []
    await opener.click()
    await page.get_by_role("button", name="Yes, do it").click()
    async with asyncio.timeout(5):
        await served.app.told.wait()
    assert [each["payload"]["actions"][0]["action_id"] for each in served.app.envelopes] == ["rollback"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_plan_opens_fills_follows_a_choice_and_is_submitted(
    served: Served, look: Open, size: tuple[int, int]
) -> None:
    app = served.app
    await app.connect()
    tasks = opens_a_plan(app)
    await app.post("x", blocks=INCIDENT)
    page = await look(size=size)
    await page.get_by_role("button", name="Sync", exact=True).click()
    modal = page.get_by_role("dialog", name="Plan")
    await expect(modal).to_contain_text("Reading…")
    assert await page.evaluate("document.activeElement.closest('dialog:modal') !== null")
    await app.call("views.update", view_id=(await tasks[0])["view"]["id"], view=plan("Choose"))
    await modal.get_by_label("Reason").fill("image is broken")
    await modal.get_by_label("Target").select_option("#40")
    await expect(modal).to_contain_text("To #40")
    await expect(modal.get_by_label("Reason")).to_have_value("image is broken")
    await expect(modal.get_by_label("Target")).to_have_value("#40")
    await picture(page, f"plan-{'desk' if size == DESK else 'phone'}")
    await modal.get_by_role("button", name="Do it").click()
    await expect(modal).to_have_count(0)
    state = app.envelopes[-1]["payload"]["view"]["state"]["values"]
    assert state["target"]["pick"]["selected_option"]["value"] == "#40"
    assert state["why"]["why"]["value"] == "image is broken"


async def test_a_missing_field_is_named_and_the_modal_stays(served: Served, look: Open) -> None:
    app = served.app
    await app.connect()
    trigger = (await app.control("command", command="/gitops"))["trigger_id"]
    await app.call("views.open", trigger_id=trigger, view=plan("Choose"))
    page = await look()
    modal = page.get_by_role("dialog", name="Plan")
    await modal.get_by_role("button", name="Do it").click()
    await expect(modal.get_by_role("alert").first).to_have_text("Please complete this required field.")
    await expect(modal.get_by_label("Target")).to_have_attribute("aria-invalid", "true")


async def test_escape_closes_a_modal_and_gives_the_focus_back(served: Served, look: Open) -> None:
    app = served.app
    await app.connect()
    opens_a_plan(app)
    await app.post("x", blocks=INCIDENT)
    page = await look()
    opener = page.get_by_role("button", name="Sync", exact=True)
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Plan")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    assert await page.evaluate(
        "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
    )
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Plan")).to_have_count(0)
    await expect(opener).to_be_focused()
    assert await app.look("views") == []


def choosing() -> list[Json]:
    options = [{"text": plain(name), "value": name} for name in ("grafana", "shop")]
    menus = [
        {"type": "overflow", "action_id": "more", "options": options},
        {"type": "static_select", "action_id": "app", "placeholder": plain("Which app?"), "options": options},
        {"type": "static_select", "action_id": "sure", "options": options, "confirm": CONFIRM},
    ]
    return [{"type": "actions", "block_id": "menus", "elements": menus}]


async def test_menus_of_a_message_tell_what_was_chosen(served: Served, look: Open) -> None:
    app = served.app
    await app.connect()
    await app.post("x", blocks=choosing())
    page = await look()
    await page.get_by_label("More actions").click()
    await page.get_by_role("button", name="shop").click()
    await expect(page.get_by_role("button", name="shop")).to_be_hidden()
    first, second = await page.get_by_role("combobox").all()
    await first.select_option("grafana")
    await second.select_option("shop")
    await page.get_by_role("button", name="No").click()
    await expect(second).to_have_value("")
    await second.select_option("shop")
    await page.get_by_role("button", name="Yes, do it").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    async with asyncio.timeout(5):
        while len(app.envelopes) < 3:
            app.told.clear()
            await app.told.wait()
    acted = [each["payload"]["actions"][0] for each in app.envelopes]
    assert [(each["action_id"], each["selected_option"]["value"]) for each in acted] == [
        ("more", "shop"),
        ("app", "grafana"),
        ("sure", "shop"),
    ]


async def test_a_press_that_comes_too_late_says_so(served: Served, look: Open) -> None:
    ts = await served.app.post("x", blocks=INCIDENT)
    page = await look()
    served.fake.workspace.messages.get(INCIDENTS, ts)["blocks"] = []  # without a word to the page
    await page.get_by_role("button", name="Sync", exact=True).click()
    await expect(page.locator("#toast")).to_contain_text("not possible any more")
    await expect(page.get_by_role("button", name="Sync", exact=True)).to_have_count(0)


async def test_a_sandbox_that_went_away_is_said(served: Served, look: Open) -> None:
    page = await look()
    await served.fake.close()
    await expect(page.get_by_role("alert")).to_contain_text("doesn’t answer")


async def test_one_becomes_another_person(served: Served, look: Open) -> None:
    await served.app.connect()
    await served.app.post("x", blocks=INCIDENT)
    page = await look()
    await page.get_by_role("button", name="Bob Lindqvist").click()
    await expect(page.get_by_role("button", name="Bob Lindqvist")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Sync", exact=True).click()
    async with asyncio.timeout(5):
        await served.app.told.wait()
    assert served.app.envelopes[0]["payload"]["user"]["name"] == "bob"


async def test_on_a_phone_the_menu_starts_a_scenario_and_a_thread_is_a_page(served: Served, look: Open) -> None:
    async def start(name: str) -> None:
        root = await served.app.post(f"{name} happened")
        await served.app.post("the details", thread_ts=root)

    served.fake.set_scenarios([("crd", "A CRD is missing")], start)
    page = await look(size=PHONE)
    await page.get_by_role("button", name="Workspace menu").click()
    await page.get_by_role("button", name="A CRD is missing").click()
    await expect(page.get_by_text("crd happened")).to_be_visible()
    await page.get_by_role("link", name="1 reply").click()
    await expect(page.get_by_text("the details")).to_be_visible()
    await expect(page.get_by_label("Message #incidents")).to_be_hidden()
    await page.get_by_role("link", name="Back to #incidents").click()
    await expect(page.get_by_label("Message #incidents")).to_be_visible()


async def test_hostile_words_run_nothing(served: Served, look: Open) -> None:
    await served.app.post("<img src=x onerror=alert(1)><script>document.title='owned'</script>")
    page = await look()
    await expect(page).to_have_title("#incidents · Sandbox")
    await expect(page.get_by_text("<script>")).to_be_visible()


async def test_it_can_be_read_without_script(served: Served, look: Open) -> None:
    root = await served.app.post("x", blocks=INCIDENT)
    await served.app.post("the details", thread_ts=root)
    page = await look(script=False)
    await expect(page.get_by_role("log")).to_contain_text("the cluster knows no such kind")
    await page.get_by_role("link", name="1 reply").click()
    await expect(page.get_by_text("the details")).to_be_visible()
