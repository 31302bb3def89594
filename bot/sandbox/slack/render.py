"""
How Slack writes its things as JSON: messages, channels, people. Pure.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.sandbox.slack.workspace import Kind

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Channel, Json, Message, Person, Workspace


def message_json(workspace: Workspace, message: Message, *, metadata: bool) -> Json:
    """Write a message; without `metadata` only the type of its metadata is shown, as Slack does."""
    written: Json = {
        "type": "message",
        "user": message.by,
        "team": workspace.team,
        "ts": message.ts,
        "text": message.text,
        "blocks": list(message.blocks),
    }
    if message.attachments:
        written["attachments"] = list(message.attachments)
    if message.by == workspace.bot_id:
        written |= {"bot_id": workspace.bot_b_id, "app_id": workspace.app_id}
    if message.thread_ts:
        written["thread_ts"] = message.thread_ts
    elif replies := workspace.transcript(message.channel, thread=message.ts):
        written |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
    if message.is_broadcast:
        written["subtype"] = "thread_broadcast"
    if message.edited and not message.blocks:  # Slack marks no edit where there are blocks
        written["edited"] = {"user": message.by, "ts": message.ts}
    if message.metadata is not None:
        kept = message.metadata if metadata else {"event_type": message.metadata["event_type"]}
        written["metadata"] = kept
    return written


def channel_json(workspace: Workspace, channel: Channel) -> Json:
    written: Json = {
        "id": channel.id,
        "is_channel": channel.kind is Kind.PUBLIC,
        "is_group": channel.kind is Kind.PRIVATE,
        "is_im": channel.kind is Kind.DIRECT,
        "is_mpim": False,
        "is_private": channel.kind is not Kind.PUBLIC,
        "is_archived": channel.is_archived,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_member": workspace.bot_id in channel.members,
        "context_team_id": workspace.team,
    }
    if channel.kind is Kind.DIRECT:
        return written | {"user": next(iter(channel.members - {workspace.bot_id}))}
    return written | {"name": channel.name, "name_normalized": channel.name}


def user_json(workspace: Workspace, person: Person) -> Json:
    written: Json = {
        "id": person.id,
        "team_id": person.team,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": person.is_deleted,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "profile": {"real_name": person.real_name, "display_name": person.name},
    }
    if person.team != workspace.team:
        return written | {"is_stranger": True}
    if person.is_deleted:  # Slack leaves the rest out for who has left
        return written
    offset = workspace.now.astimezone(ZoneInfo(person.tz)).utcoffset() or timedelta(0)
    return written | {
        "is_admin": person.is_admin,
        "is_owner": person.is_owner,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": int(offset.total_seconds()),
    }
