"""What the app says, checked against Slack's limits and made into a message."""

import re
from collections.abc import Iterator

from bot.sandbox.slack.block_kit import check_message_blocks, with_defaults
from bot.sandbox.slack.block_kit.checks import MESSAGE_WEIGHT, weight
from bot.sandbox.slack.directory import APP, BOT, BOT_USER, TEAM
from bot.sandbox.slack.errors import Problem, SlackError
from bot.sandbox.slack.mrkdwn import unescaped
from bot.sandbox.slack.values import Json, size

POST_TEXT = 40_000
UPDATE_TEXT = 4000
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)>")


def content(arguments: Json, *, longest: int = POST_TEXT, heaviest: int | None = MESSAGE_WEIGHT) -> Json:
    """Return `text`, `blocks`, `attachments` and `metadata` as far as given. Raises SlackError.

    `longest` limits the text, `heaviest` all blocks together (None: not limited, as behind a response URL).
    """
    found: Json = {}
    text = arguments.get("text")
    if text is not None:
        if not isinstance(text, str):
            raise SlackError("invalid_arguments", problems=[Problem(text="must be a string", pointer="/text")])
        if size(text) > longest:
            raise SlackError("msg_too_long")
        found["text"] = text
    if arguments.get("blocks") is not None:
        blocks = check_message_blocks(arguments["blocks"])
        if heaviest is not None and weight(blocks) > heaviest:
            raise SlackError("msg_blocks_too_long")
        found["blocks"] = with_defaults(blocks)
    if arguments.get("attachments") is not None:
        attachments = arguments["attachments"]
        if not isinstance(attachments, list) or len(attachments) > 100:
            raise SlackError("too_many_attachments" if isinstance(attachments, list) else "invalid_attachments")
        found["attachments"] = attachments
    if arguments.get("metadata") is not None:
        found["metadata"] = _metadata(arguments["metadata"])
    return found


def _metadata(metadata: object) -> Json:
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    if metadata and not (
        isinstance(metadata.get("event_type"), str)
        and metadata["event_type"]
        and isinstance(metadata.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_schema")
    return metadata


def require_something(found: Json) -> None:
    """Check that there is something to show. Raises SlackError `no_text`."""
    if not (str(found.get("text", "")).strip() or found.get("blocks") or found.get("attachments")):
        raise SlackError("no_text")


def bot_message(ts: str, found: Json) -> Json:
    """Return a message of the app with the given content."""
    return {
        "type": "message",
        "user": BOT_USER,
        "bot_id": BOT,
        "app_id": APP,
        "team": TEAM,
        "ts": ts,
        "text": "",
        "bot_profile": {
            "id": BOT,
            "app_id": APP,
            "name": "GitOps responder",
            "deleted": False,
            "updated": 1700000000,
            "team_id": TEAM,
        },
        **found,
    }


def person_message(ts: str, user: str, text: str) -> Json:
    """Return a message that a person typed: `text` as Slack keeps it, escaped and with mentions as tokens."""
    section = {"type": "rich_text_section", "elements": list(_typed(text))}
    return {
        "type": "message",
        "user": user,
        "team": TEAM,
        "ts": ts,
        "text": text,
        "blocks": [{"type": "rich_text", "block_id": f"p{ts[-4:]}", "elements": [section]}],
    }


def _typed(text: str) -> Iterator[Json]:
    for number, part in enumerate(_MENTION.split(text)):
        if number % 2:
            yield {"type": "user", "user_id": part}
        elif part:
            yield {"type": "text", "text": unescaped(part)}
