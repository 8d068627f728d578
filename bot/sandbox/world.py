"""The sandbox as a whole: fake Slack with its page, Argo CD, Kubernetes and an image registry on local ports."""

import json
import shlex
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.argocd import FakeArgoCD
from bot.sandbox.faults import BadFault, Faults, parse_fault
from bot.sandbox.kubernetes import FakeKubernetes
from bot.sandbox.registry import FakeRegistry
from bot.sandbox.scenarios import Player, Recording, Webhook, scenarios
from bot.sandbox.slack import INCIDENTS, ON_CALL, FakeSlack

HOST = "127.0.0.1"
PARTS = ("slack", "argocd", "kubernetes", "registry")
PORTS = {"page": 8090, "slack": 8091, "argocd": 8092, "kubernetes": 8093, "registry": 8094}
WEBHOOK_SECRET = "sandbox-webhook-secret"  # noqa: S105 - the sandbox's own, guards nothing
IMAGES = {
    ("windrunner101/k8s-web-app", "latest"): ("linux/arm64",),
    ("windrunner101/k8s-web-app", "v1.0.0"): ("linux/amd64",),
}
"""The images of the stories, as the registry has them: repository and tag → platforms."""

STOP_WITHIN = 2.0


class UnknownScenario(LookupError):
    """There is no such scenario; the text lists those there are."""


def utc_now() -> datetime:
    """Return the machine's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Addresses:
    """Where the parts are reached, by part; only those that run."""

    urls: dict[str, str] = field(default_factory=dict)
    kubeconfig: Path | None = None
    environment: Path | None = None


class World:
    """Starts and stops the parts, and tells them stories.

    `directory` takes the kubeconfig and the env file. `ports` replaces the usual ones (0: any free one); a usual port
    that is taken is replaced by a free one. `signing` makes Slack deliver by signed HTTP to the bot's address.
    """

    def __init__(
        self,
        *,
        directory: Path,
        only: Collection[str] = PARTS,
        ports: Mapping[str, int] | None = None,
        speed: float = 1.0,
        clock: Callable[[], datetime] = utc_now,
        extra: Mapping[str, Recording] | None = None,
    ) -> None:
        self.addresses = Addresses()
        self.faults = Faults()
        self.argocd = FakeArgoCD(clock=clock)
        self.kubernetes = FakeKubernetes(clock=clock)
        self.slack = FakeSlack(clock=clock, fault=self.faults.of_slack)
        self.registry = FakeRegistry()
        for (repository, tag), platforms in IMAGES.items():
            self.registry.push(repository, tag, platforms)
        self.player = Player(argocd=self.argocd, kubernetes=self.kubernetes, clock=clock)
        self._directory = directory
        self._only = frozenset(only)
        self._ports = PORTS if ports is None else ports
        self._speed = speed
        self._extra = dict(extra or {})
        self._runners: list[web.AppRunner] = []

    async def start(self) -> Addresses:
        """Start the parts, write the files, and say where everything is."""
        urls = self.addresses.urls
        if "slack" in self._only:
            urls["slack"] = await self._serve(
                "slack", self.slack.application(middlewares=[self.faults.middleware("slack")])
            )
            self.slack.set_address(urls["slack"])
            page = self.slack.page()
            urls["page"] = await self._serve("page", page)
            self.slack.set_page_address(urls["page"])
        if "argocd" in self._only:
            urls["argocd"] = await self._serve(
                "argocd", self.argocd.application(middlewares=[self.faults.middleware("argocd")])
            )
        if "kubernetes" in self._only:
            urls["kubernetes"] = await self._serve(
                "kubernetes", self.kubernetes.application(middlewares=[self.faults.middleware("kubernetes")])
            )
        if "registry" in self._only:
            urls["registry"] = await self._serve(
                "registry", self.registry.application(middlewares=[self.faults.middleware("registry")])
            )
        if {"argocd", "kubernetes"} <= self._only:
            self.slack.set_scenarios([(item.name, item.title) for item in scenarios().values()], self.play)
        self._write_files()
        return self.addresses

    async def stop(self) -> None:
        """End the story and the servers."""
        await self.player.stop()
        for part in (self.slack, self.argocd, self.kubernetes):
            await part.close()
        for runner in reversed(self._runners):
            await runner.cleanup()
        self._runners.clear()

    async def play(self, name: str) -> None:
        """Begin a scenario; raises `UnknownScenario`."""
        recording = self._extra.get(name)
        if recording is None:
            known = scenarios()
            if name not in known:
                raise UnknownScenario(f"there is no scenario {name!r}; there are: {', '.join([*known, *self._extra])}")
            recording = known[name].read()
        await self.player.start(recording, speed=self._speed)

    def deliver_notifications(self, bot: str) -> None:
        """Send the story's Argo CD notifications to the bot at this address."""
        self.player.webhook = Webhook(url=f"{bot.rstrip('/')}/webhooks/argocd", secret=WEBHOOK_SECRET)

    def environment(self) -> dict[str, str]:
        """The bot's settings by which it talks to the parts that run."""
        urls = self.addresses.urls
        found: dict[str, str] = {}
        if "slack" in urls:
            found |= {
                "GITOPS_BOT_SLACK__BASE_URL": f"{urls['slack']}/api/",
                "GITOPS_BOT_SLACK__BOT_TOKEN": self.slack.bot_token,
                "GITOPS_BOT_SLACK__APP_TOKEN": self.slack.app_token,
                "GITOPS_BOT_SLACK__SIGNING_SECRET": self.slack.signing_secret,
                "GITOPS_BOT_SLACK__CHANNEL": INCIDENTS,
                "GITOPS_BOT_POLICY__ACTORS": ON_CALL,
            }
        if "argocd" in urls:
            found |= {
                "GITOPS_BOT_ARGOCD__URL": urls["argocd"],
                "GITOPS_BOT_ARGOCD__TOKEN": self.argocd.token,
                "GITOPS_BOT_ARGOCD__WEBHOOK_SECRET": WEBHOOK_SECRET,
            }
        if self.addresses.kubeconfig is not None:
            found["GITOPS_BOT_KUBERNETES__KUBECONFIG"] = str(self.addresses.kubeconfig)
        if "registry" in urls:
            found["GITOPS_BOT_REGISTRY__MIRRORS"] = json.dumps({"docker.io": urls["registry"]})
        return found

    def _write_files(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        if "kubernetes" in self.addresses.urls:
            self.addresses.kubeconfig = self._directory / "kubeconfig.json"
            config = self.kubernetes.kubeconfig(self.addresses.urls["kubernetes"])
            self.addresses.kubeconfig.write_text(json.dumps(config, indent=2), encoding="utf-8")
        self.addresses.environment = self._directory / "sandbox.env"
        lines = [f"{name}={shlex.quote(value)}" for name, value in self.environment().items()]
        self.addresses.environment.write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def _serve(self, part: str, application: web.Application) -> str:
        application.router.add_post("/control/scenario", self._scenario)
        application.router.add_post("/control/fault", self._fault)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_WITHIN)
        await runner.setup()
        self._runners.append(runner)
        listening = _listen(self._ports.get(part, 0))
        await web.SockSite(runner, listening).start()
        return f"http://{HOST}:{listening.getsockname()[1]}"

    async def _scenario(self, request: web.Request) -> web.Response:
        body = await _object(request)
        try:
            await self.play(str(body.get("name", "")))
        except UnknownScenario as error:
            return _refused(404, str(error))
        return web.json_response({"ok": True})

    async def _fault(self, request: web.Request) -> web.Response:
        body = await _object(request)
        if body.get("clear") is True:
            self.faults.clear()
            return web.json_response({"ok": True})
        if body.get("target") == "kubernetes" and str(body.get("kind")) == "410":
            # What was seen is compacted away: running watches are cut, and resuming them answers 410.
            self.kubernetes.compact()
            self.kubernetes.drop_watches()
            return web.json_response({"ok": True})
        try:
            self.faults.add(parse_fault(body))
        except BadFault as error:
            return _refused(400, str(error))
        return web.json_response({"ok": True})


def _listen(port: int) -> socket.socket:
    """A listening socket on the port, or on a free one where that is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.bind((HOST, 0))
    return listening


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text='{"ok": false, "error": "not a JSON object"}', content_type="application/json")
    return body


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"ok": False, "error": why}, status=status)
