"""
Response URLs: five posts within thirty minutes, without a token, also where the bot is no member.

A message stays of the kind it was born as: an ephemeral one cannot become public.
Source: docs.slack.dev/interactivity/handling-user-interaction (read 2026-11).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.content import content_of
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.workspace import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack.workspace import Workspace

POSTS = 5
LIVES = timedelta(minutes=30)


@dataclass(slots=True, kw_only=True)
class _Url:
    channel: str
    user: str
    origin: tuple[str, str] | None  # the message whose button was pressed; a command has none
    issued_at: datetime
    left: int = field(default=POSTS)


class ResponseUrls:
    """The paths that were given out, and what may still be done with them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._urls: dict[str, _Url] = {}

    def issue(self, *, channel: str, user: str, origin: Message | None = None) -> str:
        """Return a new path below the server's address."""
        path = f"/commands/{self._workspace.team}/{self._workspace.mint('')}"
        self._urls[path] = _Url(
            channel=channel, user=user, origin=origin.key if origin else None, issued_at=self._workspace.now
        )
        return path

    def take(self, path: str, body: Mapping[str, Any]) -> None:
        """Do what a post to `path` asks; raises SlackError: used_url, expired_url, and those of any message."""
        url = self._urls.get(path)
        if url is None:
            raise SlackError("invalid_url")
        if self._workspace.now - url.issued_at > LIVES:
            raise SlackError("expired_url")
        if not url.left:
            raise SlackError("used_url")
        origin = self._workspace.find(*url.origin) if url.origin else None
        if origin is not None and body.get("delete_original"):
            self._workspace.change(origin, is_deleted=True)
        elif origin is not None and body.get("replace_original"):
            self._workspace.change(origin, **content_of(body))
        else:
            say(self._workspace, channel=url.channel, user=url.user, body=body)
        url.left -= 1


def say(workspace: Workspace, *, channel: str, user: str, body: Mapping[str, Any]) -> Message:
    """Show what an app answered, by an ack or a response URL: to `user` alone unless it says `in_channel`."""
    return workspace.post(
        Message(
            channel=channel,
            ts=workspace.tick(),
            by=workspace.bot_id,
            thread_ts=str(body.get("thread_ts") or ""),
            ephemeral_to="" if body.get("response_type") == "in_channel" else user,
            **content_of(body),
        )
    )
