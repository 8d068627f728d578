"""The chat port on Slack's Web API: one channel, each message found again by the key in its metadata."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.answers import Card, packed
from bot.adapters.slack.calls import call
from bot.adapters.slack.incident import details_message, root_message
from bot.adapters.slack.limits import Block, Message
from bot.adapters.slack.note import note_message
from bot.adapters.slack.plan import message_view, plan_view, reading_view
from bot.adapters.slack.response_url import respond
from bot.core.cards import IncidentCard, Note, PlanCard
from bot.service.ports import Refused

log = structlog.get_logger(__name__)

EVENT_TYPE = "gitops_bot_message"
"""Marks our messages' metadata; the key stands in the event's payload."""

PAGE = 200
PAGES = 10
"""How far back a key is looked for: the newest 2,000 messages of the channel, the first 2,000 of a thread."""

UNSHOWABLE = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"})
TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})
BAD_VIEW = frozenset({"invalid_arguments", "view_too_large", "invalid_blocks"})


class SlackChat:
    """Speaks in one channel. Implements `bot.service.ports.Chat`."""

    def __init__(self, *, client: AsyncWebClient, channel: str) -> None:
        self._client = client
        self._channel = channel
        self._bot = "gitops"

    # -- the channel's messages

    async def post_card(self, card: IncidentCard, *, key: str) -> str:
        """Post an incident's root message; returns its ts."""
        return await self._post(self._channel, root_message(card), key=key)

    async def edit_card(self, ts: str, card: IncidentCard) -> None:
        """Bring a root message up to date."""
        await self._edit(ts, root_message(card))

    async def post_details(self, thread: str, card: IncidentCard, *, key: str) -> str:
        """Post the details into the thread; returns the ts."""
        return await self._post(self._channel, details_message(card), key=key, thread=thread)

    async def edit_details(self, ts: str, card: IncidentCard) -> None:
        """Bring the details up to date."""
        await self._edit(ts, details_message(card))

    async def post_note(self, thread: str, note: Note, *, key: str) -> str:
        """Post a note into the thread; returns the ts."""
        return await self._post(self._channel, note_message(note), key=key, thread=thread)

    async def edit_note(self, ts: str, note: Note) -> None:
        """Replace a note."""
        await self._edit(ts, note_message(note))

    async def find(self, key: str, *, thread: str = "") -> str | None:
        """The ts of our message with this key, in the channel or in a thread of it; None when it isn't there."""
        cursor = ""
        for _ in range(PAGES):
            where: dict[str, Any] = {"channel": self._channel, "limit": PAGE, "include_all_metadata": True}
            where |= {"cursor": cursor} if cursor else {}
            if thread:
                asked = self._client.conversations_replies(ts=thread, **where)
            else:
                asked = self._client.conversations_history(**where)
            page = await call("read the channel's history", asked, bot=self._bot)
            for message in page.get("messages", ()):
                if _key(message) == key:
                    return str(message["ts"])
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return None
        log.warning("a message was looked for in the newest part of the channel only", key=key, messages=PAGE * PAGES)
        return None

    async def permalink(self, ts: str) -> str:
        """The message's address."""
        asked = self._client.chat_getPermalink(channel=self._channel, message_ts=ts)
        return str((await call("link to a message", asked, bot=self._bot)).get("permalink", ""))

    # -- people

    async def whisper(self, channel: str, user: str, note: Note, *, thread: str = "") -> None:
        """Say something that only one person sees."""
        message = note_message(note)

        async def send(content: Mapping[str, Any]) -> None:
            whispered = self._client.chat_postEphemeral(channel=channel, user=user, thread_ts=thread or None, **content)
            await call("whisper", whispered, bot=self._bot)

        try:
            await send(_shown(message))
        except Refused as error:
            await send(_plain(message, error))

    async def members(self, group: str) -> frozenset[str]:
        """Who is in a user group."""
        asked = self._client.usergroups_users_list(usergroup=group)
        page = await call(f"read the user group {group}", asked, bot=self._bot)
        return frozenset(user for user in page.get("users") or () if isinstance(user, str))

    async def email(self, user: str) -> str:
        """A person's e-mail address, as the workspace has checked it; empty where there is none."""
        page = await call("look a person up", self._client.users_info(user=user), bot=self._bot)
        found = ((page.get("user") or {}).get("profile") or {}).get("email")
        return found if isinstance(found, str) else ""

    async def answer(self, response_url: str, cards: Sequence[Card], *, public: bool) -> None:
        """Answer what a person did: to them alone, or (`public`) to all in the channel where they did it."""
        for message in packed(cards):
            try:
                await respond(self._client, response_url, _shown(message), public=public)
            except Refused as error:
                await respond(self._client, response_url, _plain(message, error), public=public)

    async def say_here(self, channel: str, thread: str, cards: Sequence[Card]) -> None:
        """Answer where people spoke to the bot."""
        for message in packed(cards):
            await self._post(channel, message, thread=thread)

    # -- modals

    async def open_plan(self, trigger_id: str, *, title: str) -> str | None:
        """Open a «reading…» modal; returns its view id, or None when the trigger is too old or used up."""
        try:
            opened = await call(
                "open a window", self._client.views_open(trigger_id=trigger_id, view=reading_view(title)), bot=self._bot
            )
        except Refused as error:
            if error.reason in TOO_LATE:
                return None
            raise
        return str(opened["view"]["id"])

    async def show_plan(self, view: str, plan: PlanCard) -> None:
        """Show a plan in an open modal."""

        async def update(content: Block) -> None:
            await call("show the plan", self._client.views_update(view_id=view, view=content), bot=self._bot)

        try:
            await update(plan_view(plan))
        except Refused as error:
            if error.reason not in BAD_VIEW:
                raise
            log.error("Slack refused a plan's layout", title=plan.title, error=str(error))
            text = "Slack refuses to show this plan, so it can't be confirmed here. Use Argo CD; the bot's log has why."
            await update(message_view(plan.title, text))

    # -- itself

    async def check(self) -> str:
        """Who the bot is in Slack; raises where the token, a scope or the channel is wrong."""
        me = await call("say who the bot is", self._client.auth_test(), bot=self._bot)
        self._bot = str(me.get("user") or self._bot)
        asked = self._client.conversations_history(channel=self._channel, limit=1)
        await call(f"read channel {self._channel}", asked, bot=self._bot)
        return f"@{self._bot} in {me.get('team', '?')}, channel {self._channel}"

    async def _post(self, channel: str, message: Message, *, key: str = "", thread: str = "") -> str:
        async def send(content: Mapping[str, Any]) -> str:
            posted = self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread or None,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}} if key else None,
                unfurl_links=False,
                unfurl_media=False,
                **content,
            )
            return str((await call("post a message", posted, bot=self._bot))["ts"])

        try:
            return await send(_shown(message))
        except Refused as error:
            return await send(_plain(message, error))

    async def _edit(self, ts: str, message: Message) -> None:
        async def send(content: Mapping[str, Any]) -> None:
            edited = self._client.chat_update(channel=self._channel, ts=ts, **content)
            await call("edit a message", edited, bot=self._bot)

        try:
            await send(_shown(message))
        except Refused as error:
            await send({"blocks": [], **_plain(message, error)})


def _shown(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}


def _plain(message: Message, error: Refused) -> dict[str, Any]:
    """The message without its layout, where that is what Slack refused; else the error goes on."""
    if error.reason not in UNSHOWABLE:
        raise error
    log.error("Slack refused a message's layout; its plain text is sent instead", error=str(error), text=message.text)
    return {"text": message.text}


def _key(message: Mapping[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return ""
    return str((metadata.get("event_payload") or {}).get("key", ""))
