"""Answers to a response URL: an address Slack gives with what a person did, for five uses within thirty minutes."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.adapters.slack.calls import DEADLINE, ShortWaits, explained, retry_after
from bot.service.ports import Refused, Unreachable

SPENT = frozenset({"used_url", "expired_url", "invalid_url"})
WORDS = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_too_long",
        "msg_blocks_too_long",
        "message_not_found",
        "channel_not_found",
        "is_archived",
        "restricted_action",
    }
)
"""Slack's error words that stand, alone or in JSON, in the answer's body."""


async def respond(client: AsyncWebClient, url: str, content: Mapping[str, Any], *, public: bool) -> None:
    """Send one answer: to the channel (`public`) or to the person alone. Nothing is replaced."""
    hook = AsyncWebhookClient(url, session=client.session, retry_handlers=[ShortWaits(max_retry_count=2)])
    hook.proxy = None
    kind = {"response_type": "in_channel" if public else "ephemeral", "replace_original": False}
    try:
        async with asyncio.timeout(DEADLINE):
            response = await hook.send_dict({**kind, "unfurl_links": False, "unfurl_media": False, **content})
    except TimeoutError as error:
        raise Unreachable("Slack did not answer in time (answering).") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # no details: the address itself is a right to speak, and errors quote it
        raise Unreachable(f"Slack can't be reached to answer ({type(error).__name__}).") from error
    _check(response)


def _check(response: WebhookResponse) -> None:
    status = response.status_code
    if status == 200 and '"ok":false' not in response.body.replace(" ", ""):
        return
    if status == 429 or status >= 500:
        wait = retry_after(response.headers)
        raise Unreachable(f"Slack asks for patience (answering: HTTP {status}).", retry_after=wait)
    for word in SPENT:
        if word in response.body:
            raise Refused(
                "Slack takes no more answers to this: five at most, within thirty minutes. Ask again.",
                status=status,
                reason=word,
            )
    for word in WORDS:
        if f'"{word}"' in response.body or response.body.strip() == word:
            raise explained("answer", word)
    raise Refused(f"Slack refuses the answer: HTTP {status} {response.body[:200]}", status=status)
