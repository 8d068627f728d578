"""Reading a Web API call: who calls, and with which arguments."""

import hmac
import json
from typing import Final

from aiohttp import web

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.values import Json

_JSON_ARGUMENTS: Final = ("blocks", "attachments", "metadata", "view", "files")
_DEEPEST = 60


async def read_arguments(request: web.Request) -> Json:
    """Return a call's arguments from the query, a form or a JSON object. Raises SlackError."""
    arguments: Json = dict(request.query)
    if request.method == "GET":
        pass
    elif request.content_type == "application/json":
        arguments |= await _json_body(request)
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    elif request.can_read_body:
        raise SlackError("invalid_post_type")
    for name in _JSON_ARGUMENTS:
        if isinstance(arguments.get(name), str):
            arguments[name] = _json_argument(name, arguments[name])
    if _too_deep(arguments):
        raise SlackError("invalid_arguments")
    return arguments


async def _json_body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def _json_argument(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise SlackError("invalid_blocks_format" if name == "blocks" else "invalid_arguments") from None


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
        if not level:
            return False
    return True


def check_token(request: web.Request, arguments: Json, *, expected: str, other: str) -> None:
    """Check a call's token. `other` is the app's token of the other kind. Raises SlackError."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else str(arguments.get("token", ""))
    if not given:
        raise SlackError("not_authed")
    if hmac.compare_digest(given.encode(), expected.encode()):
        return
    if hmac.compare_digest(given.encode(), other.encode()):
        raise SlackError("not_allowed_token_type")
    raise SlackError("invalid_auth")


def number(arguments: Json, name: str, default: int) -> int:
    """Return an integer argument. Raises SlackError `invalid_arguments`."""
    value = arguments.get(name, default)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise SlackError("invalid_arguments") from None
