"""
The Web API methods, as functions from a workspace and arguments to an answer. No network, no tokens, no rates.

Each raises `SlackError` with the code that Slack documents for it.
Source: docs.slack.dev/reference/methods (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.sandbox.slack.content import MOST_TEXT, content_of, metadata_of
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.render import channel_json, message_json, user_json
from bot.sandbox.slack.views import views_open, views_publish
from bot.sandbox.slack.workspace import Channel, Kind, Message

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Json, Workspace

Args: TypeAlias = Mapping[str, Any]

_SCOPE_PREFIX = {Kind.PUBLIC: "channels", Kind.PRIVATE: "groups", Kind.DIRECT: "im"}


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what it does, the scope that its token needs, and how often a minute it may be called."""

    run: Callable[[Workspace, Args], Json]
    scope: str = ""
    per_minute: int | None = None


def need(workspace: Workspace, scope: str) -> None:
    """Raise missing_scope unless the bot was granted it."""
    if scope and scope not in workspace.scopes:
        raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(workspace.scopes)))


def auth_test(workspace: Workspace, _args: Args) -> Json:
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.domain.capitalize(),
        "user": workspace.people[workspace.bot_id].name,
        "team_id": workspace.team,
        "user_id": workspace.bot_id,
        "bot_id": workspace.bot_b_id,
        "is_enterprise_install": False,
    }


def chat_post_message(workspace: Workspace, args: Args) -> Json:
    channel = _writable(workspace, args)
    content, metadata = content_of(args), metadata_of(args)
    message = workspace.post(
        Message(
            channel=channel.id,
            ts=workspace.tick(),
            by=workspace.bot_id,
            thread_ts=_thread(workspace, channel, args),
            is_broadcast=_flag(args, "reply_broadcast"),
            metadata=metadata,
            **content,
        )
    )
    answer = {"channel": channel.id, "ts": message.ts, "message": message_json(workspace, message, metadata=True)}
    if len(str(args.get("text") or "")) > MOST_TEXT:
        answer["response_metadata"] = {"warnings": ["message_truncated"]}
    return answer


def chat_update(workspace: Workspace, args: Args) -> Json:
    """Update a message of the bot's: text without blocks removes the blocks, metadata stays unless it is sent."""
    channel = _visible(workspace, str(args.get("channel", "")))
    if channel.is_archived:
        raise SlackError("is_inactive")
    message = workspace.find(channel.id, str(args.get("ts", "")))
    if message is None or message.ephemeral_to:
        raise SlackError("message_not_found")
    if message.by != workspace.bot_id:
        raise SlackError("cant_update_message")
    content, metadata = content_of(args, is_update=True), metadata_of(args)
    message = workspace.change(message, metadata=metadata or message.metadata, **content)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(workspace, message, metadata=True),
    }


def chat_post_ephemeral(workspace: Workspace, args: Args) -> Json:
    channel = _writable(workspace, args)
    reader = workspace.people.get(str(args.get("user", "")))
    if reader is None or reader.id not in channel.members:
        raise SlackError("user_not_in_channel")
    message = workspace.post(
        Message(
            channel=channel.id,
            ts=workspace.tick(),
            by=workspace.bot_id,
            thread_ts=_thread(workspace, channel, args),
            ephemeral_to=reader.id,
            **content_of(args),
        )
    )
    return {"message_ts": message.ts}


def chat_get_permalink(workspace: Workspace, args: Args) -> Json:
    channel = _visible(workspace, str(args.get("channel", "")))
    message = workspace.find(channel.id, str(args.get("message_ts", "")))
    if message is None or message.ephemeral_to:
        raise SlackError("message_not_found")
    link = f"https://{workspace.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    inside = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    return {"channel": channel.id, "permalink": link + inside}


def conversations_info(workspace: Workspace, args: Args) -> Json:
    channel = _visible(workspace, str(args.get("channel", "")))
    need(workspace, f"{_SCOPE_PREFIX[channel.kind]}:read")
    return {"channel": channel_json(workspace, channel)}


def conversations_open(workspace: Workspace, args: Args) -> Json:
    """Open the direct conversation with one person; the sandbox has none of several."""
    wanted = str(args.get("users", ""))
    person = workspace.people.get(wanted)
    if person is None:
        raise SlackError("user_not_found" if wanted else "users_list_not_supplied")
    if person.is_deleted:
        raise SlackError("user_disabled")
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    return {"channel": {"id": workspace.direct(person.id, workspace.bot_id).id}}


def conversations_history(workspace: Workspace, args: Args) -> Json:
    """Return the roots of a channel (and broadcast replies), newest first."""
    channel = _readable(workspace, args)
    roots = [
        message
        for message in workspace.transcript(channel.id)
        if not message.ephemeral_to and (not message.thread_ts or message.is_broadcast)
    ]
    return _page(workspace, args, sorted(roots, key=lambda message: Decimal(message.ts), reverse=True))


def conversations_replies(workspace: Workspace, args: Args) -> Json:
    """Return a thread: its root, then its replies, oldest first."""
    channel = _readable(workspace, args)
    root = workspace.find(channel.id, str(args.get("ts", "")))
    if root is None or root.ephemeral_to or root.thread_ts:
        raise SlackError("thread_not_found")
    replies = [message for message in workspace.transcript(channel.id, thread=root.ts) if not message.ephemeral_to]
    return _page(workspace, args, sorted(replies, key=lambda message: Decimal(message.ts)), always=root)


def users_info(workspace: Workspace, args: Args) -> Json:
    person = workspace.people.get(str(args.get("user", "")))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": user_json(workspace, person)}


def users_conversations(workspace: Workspace, args: Args) -> Json:
    """Return the channels that somebody is in, public ones and those private ones that the bot shares with them."""
    person = workspace.people.get(str(args.get("user", "")))
    if person is None:
        raise SlackError("user_not_found")
    kinds = {f"{kind}_channel" for kind in (Kind.PUBLIC, Kind.PRIVATE)} & set(str(args.get("types", "")).split(","))
    for kind in kinds:
        need(workspace, f"{_SCOPE_PREFIX[Kind(kind.removesuffix('_channel'))]}:read")
    found = [
        channel
        for channel in workspace.channels.values()
        if f"{channel.kind}_channel" in kinds
        and person.id in channel.members
        and (channel.kind is Kind.PUBLIC or workspace.bot_id in channel.members)
        and not (channel.is_archived and _flag(args, "exclude_archived"))
    ]
    limit, begin = int(args.get("limit") or 100), int(args.get("cursor") or 0)
    page, more = found[begin : begin + limit], begin + limit < len(found)
    return {
        "channels": [channel_json(workspace, channel) for channel in page],
        "response_metadata": {"next_cursor": str(begin + limit) if more else ""},
    }


def usergroups_list(workspace: Workspace, _args: Args) -> Json:
    return {"usergroups": workspace.groups}


def usergroups_users_list(workspace: Workspace, args: Args) -> Json:
    return {"users": _group(workspace, args)["users"]}


def usergroups_users_update(workspace: Workspace, args: Args) -> Json:
    """Put people into a group in the place of those who are in it."""
    group, users = _group(workspace, args), str(args.get("users", ""))
    if not users:
        raise SlackError("no_users_provided")
    if any(user not in workspace.people for user in users.split(",")):
        raise SlackError("invalid_users")
    group["users"] = users.split(",")
    return {"usergroup": group}


def _group(workspace: Workspace, args: Args) -> Json:
    found = next((group for group in workspace.groups if group["id"] == args.get("usergroup")), None)
    if found is None:
        raise SlackError("no_such_subteam")
    return found


def _visible(workspace: Workspace, channel_id: str) -> Channel:
    """Find a channel; a private one that the bot is not in looks as if it did not exist."""
    channel = workspace.channels.get(channel_id)
    if channel is None or (channel.kind is not Kind.PUBLIC and workspace.bot_id not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def _writable(workspace: Workspace, args: Args) -> Channel:
    """Find the channel to post in; a person's id stands for the direct conversation."""
    wanted = str(args.get("channel", ""))
    person = workspace.people.get(wanted)
    if person is not None and not person.is_deleted and not person.is_bot:
        return workspace.direct(person.id, workspace.bot_id)
    channel = _visible(workspace, wanted)
    if channel.is_archived:
        raise SlackError("is_archived")
    if workspace.bot_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _readable(workspace: Workspace, args: Args) -> Channel:
    channel = _visible(workspace, str(args.get("channel", "")))
    need(workspace, f"{_SCOPE_PREFIX[channel.kind]}:history")
    if workspace.bot_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _thread(workspace: Workspace, channel: Channel, args: Args) -> str:
    """Return the root to reply to. A reply's own time is no root: Slack would tear the thread in two."""
    thread_ts = str(args.get("thread_ts") or "")
    if not thread_ts:
        return ""
    root = workspace.find(channel.id, thread_ts)
    if root is None or root.ephemeral_to or root.thread_ts:
        raise SlackError("cannot_reply_to_message")
    return thread_ts


def _page(workspace: Workspace, args: Args, messages: list[Message], *, always: Message | None = None) -> Json:
    """Cut a page out of messages by oldest, latest, inclusive, limit and cursor."""
    try:
        oldest, latest = Decimal(args.get("oldest") or 0), Decimal(args.get("latest") or "Infinity")
        limit, begin = int(args.get("limit") or 100), int(args.get("cursor") or 0)
    except (InvalidOperation, ValueError) as broken:
        raise SlackError("invalid_arguments") from broken
    if not 1 <= limit <= 1000:
        raise SlackError("invalid_limit")
    inclusive, metadata = _flag(args, "inclusive"), _flag(args, "include_all_metadata")

    def is_within(message: Message) -> bool:
        ts = Decimal(message.ts)
        return oldest <= ts <= latest if inclusive else oldest < ts < latest

    found = ([always] if always else []) + [message for message in messages if is_within(message)]
    page = list(islice(found, begin, begin + limit))
    has_more = begin + limit < len(found)
    return {
        "messages": [message_json(workspace, message, metadata=metadata) for message in page],
        "has_more": has_more,
        **({"response_metadata": {"next_cursor": str(begin + limit)}} if has_more else {}),
    }


def _flag(args: Args, name: str) -> bool:
    return str(args.get(name, "")).lower() in {"1", "true"}


METHODS: Mapping[str, Method] = {
    "auth.test": Method(auth_test),
    "chat.postMessage": Method(chat_post_message, scope="chat:write", per_minute=300),
    "chat.update": Method(chat_update, scope="chat:write", per_minute=50),
    "chat.postEphemeral": Method(chat_post_ephemeral, scope="chat:write", per_minute=100),
    "chat.getPermalink": Method(chat_get_permalink),
    "conversations.info": Method(conversations_info, per_minute=50),
    "conversations.open": Method(conversations_open, scope="im:write", per_minute=50),
    "conversations.history": Method(conversations_history, per_minute=50),
    "conversations.replies": Method(conversations_replies, per_minute=50),
    "users.conversations": Method(users_conversations, per_minute=50),
    "users.info": Method(users_info, scope="users:read", per_minute=100),
    "usergroups.list": Method(usergroups_list, scope="usergroups:read", per_minute=20),
    "usergroups.users.list": Method(usergroups_users_list, scope="usergroups:read", per_minute=20),
    "usergroups.users.update": Method(usergroups_users_update, scope="usergroups:write", per_minute=20),
    "views.open": Method(views_open, per_minute=100),
    "views.publish": Method(views_publish, per_minute=100),
}
