"""
What a message may consist of, whichever way it arrives: post, update, ephemeral, response_url, ack. Pure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks import SUM_OF_TEXTS, check_blocks, sum_of_texts
from bot.sandbox.slack.errors import SlackError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack.workspace import Json

MOST_TEXT = 40_000  # longer is cut, with a warning
MOST_TEXT_IN_UPDATE = 4_000
MOST_MARKDOWN = 12_000
MOST_ATTACHMENTS = 100


def content_of(args: Mapping[str, Any], *, is_update: bool = False) -> Json:
    """
    Return `text`, `blocks` and `attachments` of a message as Slack would keep them.

    Raises:
        SlackError: no_text, msg_too_long, invalid_blocks, invalid_blocks_format, msg_blocks_too_long,
            too_many_attachments, markdown_text_conflict.
    """
    text = args.get("markdown_text") or args.get("text") or ""
    blocks, attachments = _array(args, "blocks"), _array(args, "attachments")
    if args.get("markdown_text"):
        if args.get("text") or blocks:
            raise SlackError("markdown_text_conflict")
        if len(text) > MOST_MARKDOWN:
            raise SlackError("msg_too_long")
    if not isinstance(text, str) or not (text.strip() or blocks or attachments):
        raise SlackError("no_text")
    if is_update and len(text) > MOST_TEXT_IN_UPDATE:
        raise SlackError("msg_too_long")
    if len(attachments) > MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    nested = [attachment.get("blocks") or [] for attachment in attachments if isinstance(attachment, dict)]
    problems = [problem for some in (blocks, *nested) for problem in check_blocks(some)]
    if problems:
        raise SlackError("invalid_blocks", *problems)
    if sum_of_texts([*blocks, *nested]) > SUM_OF_TEXTS:
        raise SlackError("msg_blocks_too_long")
    return {"text": text[:MOST_TEXT], "blocks": tuple(blocks), "attachments": tuple(attachments)}


def metadata_of(args: Mapping[str, Any]) -> Json | None:
    """Return a message's metadata; raises SlackError invalid_metadata_format, invalid_metadata_schema."""
    value = args.get("metadata")
    if value in (None, ""):
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as broken:
            raise SlackError("invalid_metadata_format") from broken
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("event_type"), str)
        or not isinstance(value.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_schema")
    return value


def _array(args: Mapping[str, Any], name: str) -> list[Any]:
    """Read an array that may come as JSON text, as it does in a form."""
    value = args.get(name)
    if value in (None, ""):
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as broken:
            raise SlackError(f"invalid_{name}_format") from broken
    if not isinstance(value, list):
        raise SlackError(f"invalid_{name}_format")
    return value
