"""Calls of Slack's Web API, with every way they fail said in a sentence for the person who can mend it."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.service.ports import NotFound, PortError, Refused, Unreachable

DEADLINE = 45.0
"""Seconds for a call, waiting out two short rate limits included."""

LONGEST_WAIT = 10
"""Seconds of Retry-After that a call waits out itself; longer ones go back to the caller, who has a queue."""

LATER = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable",
                   "request_timeout", "team_added_to_org"})  # fmt: skip
ABSENT = {
    "message_not_found": "that message isn't there any more.",
    "thread_not_found": "that thread isn't there any more.",
    "not_found": "that window was closed.",
    "view_not_found": "that window was closed.",
}
CREDENTIALS = (
    "the token is not accepted. Set GITOPS_BOT_SLACK__BOT_TOKEN (xoxb-…) and, in socket mode, "
    "GITOPS_BOT_SLACK__APP_TOKEN (xapp-…) to the present tokens of the app."
)
REMEDIES = {
    "channel_not_found": "there is no such channel, or the bot may not see it. Check GITOPS_BOT_SLACK__CHANNEL (an id "
    "such as C0123456789), and invite the bot to the channel: `/invite @{bot}`.",
    "not_in_channel": "the bot is not in the channel. Invite the bot: `/invite @{bot}`.",
    "is_archived": "the channel is archived. Unarchive it, or set GITOPS_BOT_SLACK__CHANNEL to another one.",
    "restricted_action": "the workspace or the channel doesn't let the bot post. Ask an admin to allow it.",
    "user_not_in_channel": "this person is not in the channel.",
    "missing_scope": "the bot lacks the scope `{needed}`. Add it in the app's settings (deploy/slack/manifest.yaml "
    "lists all that are needed) and install the app again.",
    "invalid_auth": CREDENTIALS,
    "not_authed": CREDENTIALS,
    "account_inactive": CREDENTIALS,
    "token_revoked": CREDENTIALS,
    "token_expired": CREDENTIALS,
    "not_allowed_token_type": CREDENTIALS,
    "cant_update_message": "the message isn't this bot's; another app or another installation posted it.",
    "edit_window_closed": "the workspace doesn't let messages be edited that late. Ask an admin to allow it.",
}


class ShortWaits(AsyncRateLimitErrorRetryHandler):
    """Waits out a rate limit, but only a short one: a person or a queue is behind every call."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or (retry_after(response.headers) or 0) > LONGEST_WAIT:
            return False
        return await super()._can_retry_async(state=state, request=request, response=response, error=error)


def web_client(*, token: str | None, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client on the shared session. It repeats nothing but rate limited calls: Slack has no idempotency key."""
    client = AsyncWebClient(
        token=token, base_url=base_url, session=session, retry_handlers=[ShortWaits(max_retry_count=2)]
    )
    # the SDK would take a proxy from the environment and ignore NO_PROXY; the session knows both
    client.proxy = None
    return client


async def call(what: str, request: Awaitable[AsyncSlackResponse], *, bot: str = "gitops") -> Mapping[str, Any]:
    """Await a Web API call; `what` says in an error what was being done, `bot` whom to invite.

    Raises Unreachable, Refused (its `reason` is Slack's error word) or NotFound.
    """
    try:
        async with asyncio.timeout(DEADLINE):
            response = await request
    except SlackApiError as error:
        raise refusal(what, error, bot=bot) from error
    except TimeoutError as error:
        raise Unreachable(f"Slack did not answer in time ({what}).") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(f"Slack can't be reached ({what}): {str(error) or type(error).__name__}.") from error
    except (SlackClientError, ValueError, AttributeError) as error:
        # the SDK stumbles in these ways over answers that aren't Slack's: a proxy's page, an odd Retry-After
        raise Unreachable(f"Something answered in Slack's place ({what}): {str(error)[:200]}.") from error
    return response.data if isinstance(response.data, dict) else {}


def refusal(what: str, error: SlackApiError, *, bot: str) -> PortError:
    """What a call's `{"ok": false}` (or no JSON at all) means to us."""
    response = error.response
    data = getattr(response, "data", None)
    body = data if isinstance(data, dict) else {}
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    word = str(body.get("error") or "")
    if status == 429 or word in LATER or status >= 500:
        wait = retry_after(getattr(response, "headers", None) or {})
        pause = f"; asked again in {wait:g} s" if wait else ""
        return Unreachable(f"Slack asks for patience ({what}: {word or f'HTTP {status}'}{pause}).", retry_after=wait)
    if not word:
        return Unreachable(f"Slack gave no usable answer ({what}: HTTP {status}).")
    return explained(what, word, bot=bot, needed=str(body.get("needed") or "?"), details=_details(body))


def explained(what: str, word: str, *, bot: str = "gitops", needed: str = "?", details: str = "") -> Refused:
    """A refusal in a sentence: what was refused, why, and what to do."""
    if word in ABSENT:
        return NotFound(f"Slack can't {what}: {ABSENT[word]}", reason=word)
    remedy = REMEDIES.get(word, f"{word}{details}.").format(bot=bot, needed=needed)
    return Refused(f"Slack refuses to {what}: {remedy}", reason=word)


def _details(body: Mapping[str, Any]) -> str:
    said = body.get("response_metadata")
    messages = said.get("messages") if isinstance(said, dict) else None
    if not isinstance(messages, list) or not messages:
        return ""
    return f" ({'; '.join(str(message) for message in messages[:3])[:300]})"


def retry_after(headers: Mapping[str, Any]) -> float | None:
    """Seconds of a Retry-After header, if it has a number in it."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            text = str(value[0] if isinstance(value, list) else value).strip()
            return float(text) if text.isascii() and text.isdigit() else None
    return None
