"""Addresses Slack gives out: response URLs and uploads."""

import json

from aiohttp import web

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.responding import Answers
from bot.sandbox.slack.responses import UnusableResponseUrl
from bot.sandbox.slack.workspace import Workspace


class WebHooks:
    """Routes that need no token: knowing the address is the right to use it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._answers = Answers(workspace)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/response/{token}", self._respond),
            web.post("/upload/{ticket}", self._upload),
            web.put("/upload/{ticket}", self._upload),
        ]

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            target = self._workspace.responses.target(request.match_info["token"])
        except UnusableResponseUrl as error:
            return web.json_response({"ok": False, "error": error.error}, status=404)
        target.uses += 1
        try:
            body = json.loads(await request.read())
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        try:
            self._answers.place(target, body)
        except SlackError as error:
            return web.json_response(error.to_json(), status=400)
        return web.json_response({"ok": True})

    async def _upload(self, request: web.Request) -> web.Response:
        if request.content_type == "multipart/form-data":
            fields = [value for value in (await request.post()).values() if isinstance(value, web.FileField)]
            content = fields[0].file.read() if fields else b""
        else:
            content = await request.read()
        if not self._workspace.files.receive(request.match_info["ticket"], content):
            return web.Response(status=400, text="ERROR - not the file that was announced\n")
        return web.Response(text=f"OK - {len(content)}")
