"""
The bot's voice: lasting posts and their edits through the Web API, answers through a response_url.

Nothing here is sent twice by itself: the SDK's default handler repeats a post whose reply was lost, and people would
read it twice. What may have been said already is `Unsure`, and can be looked for.

Source: https://docs.slack.dev/reference/methods/chat.postMessage (errors; read 2026-11-21).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.speech import Obstacle, Refused, Unsure
from bot.slack.untold import word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.slack.cards.block import Dressed

__all__ = ["Posted", "SlackRefused", "Unsure", "Voice"]

CONTENT: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_attachments"}
)
AMBIGUOUS: Final = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
PATIENCE: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

_OBSTACLES: Final[Mapping[Obstacle, frozenset[str]]] = {
    Obstacle.WAIT: PATIENCE | {"org_login_required", "team_added_to_org", "unreachable"},
    Obstacle.GONE: frozenset(
        {"channel_not_found", "is_archived", "is_inactive", "method_not_supported_for_channel_type"}
    ),
    Obstacle.NOT_MEMBER: frozenset({"not_in_channel"}),
    Obstacle.POLICY: frozenset(
        {
            *("restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel"),
            *("restricted_action_non_threadable_channel", "ekm_access_denied", "messages_tab_disabled"),
        }
    ),
    Obstacle.INSTALL: frozenset(
        {
            *("account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed", "missing_scope"),
            *("team_access_not_granted", "not_allowed_token_type", "no_permission", "access_denied"),
        }
    ),
    Obstacle.THREAD: frozenset(
        {
            *("cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found", "message_not_found"),
            *("cant_update_message", "edit_window_closed", "block_mismatch", "no_dual_broadcast_content_update"),
        }
    ),
    Obstacle.PERSON: frozenset(
        {"user_disabled", "user_not_found", "user_not_visible", "cannot_dm_bot", "cannot_dm_user", "is_bot"}
    ),
    Obstacle.CONTENT: CONTENT
    | {"no_text", "markdown_text_conflict", "metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema"},
}

METADATA: Final = "relaybot_post"
PAGE: Final = 100  # messages in one look back


class SlackRefused(Refused):
    """
    Slack did not take it, and said so. `code` is Slack's own word; `retry_after_s` is set when it asks for patience.

    Source: https://docs.slack.dev/reference/methods/chat.postMessage, chat.update, conversations.replies (errors; read
    2026-11-21).
    """

    def __init__(self, code: str, *, retry_after_s: int | None = None, is_certain: bool = True) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            code,
            obstacle=next((obstacle for obstacle, codes in _OBSTACLES.items() if code in codes), Obstacle.OTHER)
            if retry_after_s is None
            else Obstacle.WAIT,
            retry_after=None if retry_after_s is None else timedelta(seconds=retry_after_s),
            is_certain=is_certain,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a message stands. `ts` is opaque: never parsed."""

    channel: str
    ts: str


class Voice:
    """
    Says things in one workspace.

    Args:
        client: with `retry_handlers=[]`, one shared session and a time-out.
        key: makes the 128 random bits by which a post is found again, for posts that bring none.
    """

    def __init__(self, client: AsyncWebClient, *, key: Callable[[], str]) -> None:
        self._client = client
        self._key = key

    async def post(
        self, channel: str, said: Dressed, *, thread_ts: str | None = None, key: str = "", in_channel: bool = False
    ) -> Posted:
        """
        Post for everybody in a channel, or in a thread of it. Blocks that Slack does not take become plain text.

        Args:
            key: goes with the message as metadata, by which `find` finds it.
            in_channel: of a reply: show it in the channel as well.

        Raises:
            SlackRefused, Unsure.
        """
        key = key or self._key()
        try:
            return await self._post(channel, said.text, [*said.blocks], thread_ts, key=key, in_channel=in_channel)
        except SlackRefused as refused:
            if refused.code not in CONTENT:
                raise
            return await self._post(channel, said.text, None, thread_ts, key=key, in_channel=in_channel)

    async def update(self, channel: str, ts: str, said: Dressed) -> None:
        """
        Edit a message of ours; its metadata stay. To repeat it costs nothing.

        Raises:
            SlackRefused, Unsure.
        """
        with _judged():
            try:
                await self._client.chat_update(channel=channel, ts=ts, text=said.text, blocks=[*said.blocks])
            except SlackApiError as error:
                if word(error) not in CONTENT:
                    raise
                await self._client.chat_update(channel=channel, ts=ts, text=said.text, blocks=[])

    async def find(
        self, channel: str, key: str, *, thread_ts: str | None = None, since: datetime, bot: str
    ) -> str | None:
        """
        Look for a post of ours by its key.

        Args:
            thread_ts: the message that it went under; None: it stands in the channel.
            since: how far back to look, aware UTC.
            bot: our own `bot_id`, which an app has once in a workspace: another app could copy our metadata.

        Returns:
            Where it stands; None when it is not there, and also when the scope to look (`channels:history` and its
            like) was not granted, in which case it may be there all the same.

        Raises:
            SlackRefused, Unsure.

        Source: https://docs.slack.dev/reference/methods/conversations.replies (read 2026-11-21).
        """
        cursor: str | None = None
        while True:
            page = await self._page(channel, thread_ts, since, cursor)
            if page is None:
                return None
            for message in page.get("messages", ()):
                if message.get("bot_id") == bot and _key_of(message) == key:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None

    async def direct(self, user: str) -> str:
        """
        Open the direct conversation with a person and return its id; to repeat it costs nothing.

        Raises:
            SlackRefused, Unsure.
        """
        with _judged():
            reply = await self._client.conversations_open(users=user)
        return str(reply["channel"]["id"])

    async def permalink(self, channel: str, ts: str) -> str:
        """
        Ask for the address of a message; empty where Slack gives none, which is no reason to wait.

        Source: https://docs.slack.dev/reference/methods/chat.getPermalink (read 2026-11-21).
        """
        try:
            with _judged():
                reply = await self._client.chat_getPermalink(channel=channel, message_ts=ts)
        except (SlackRefused, Unsure):
            return ""
        return str(reply.get("permalink") or "")

    async def whisper(self, channel: str, user: str, said: Dressed, *, thread_ts: str | None = None) -> None:
        """
        Show something to one person only.

        Raises:
            SlackRefused, Unsure.
        """
        with _judged():
            await self._client.chat_postEphemeral(
                channel=channel, user=user, text=said.text, blocks=[*said.blocks], thread_ts=thread_ts
            )

    async def respond(self, url: str, said: Dressed, *, replaces: bool = False) -> None:
        """
        Answer a command or a button where it was used, for the person who used it.

        Args:
            url: the payload's response_url: five posts in thirty minutes, needs no membership.
            replaces: put it in the place of the message whose button was pressed.

        Raises:
            SlackRefused, Unsure.
        """
        status, body = await self._respond(url, said, replaces=replaces, with_blocks=True)
        if status in {400, 404} and any(code in body for code in CONTENT):
            status, body = await self._respond(url, said, replaces=replaces, with_blocks=False)
        if status >= 500:
            raise Unsure
        if status != 200:
            raise SlackRefused(body[:80] or f"HTTP {status}")

    async def _post(
        self,
        channel: str,
        text: str,
        blocks: list[Any] | None,
        thread_ts: str | None,
        *,
        key: str,
        in_channel: bool,
    ) -> Posted:
        with _judged():
            reply = await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                reply_broadcast=True if in_channel and thread_ts else None,
                text=text,
                blocks=blocks,
                metadata={"event_type": METADATA, "event_payload": {"key": key}},
                unfurl_links=False,
                unfurl_media=False,
            )
        if not reply.get("ts"):
            raise Unsure
        return Posted(channel=str(reply["channel"]), ts=str(reply["ts"]))

    async def _page(
        self, channel: str, thread_ts: str | None, since: datetime, cursor: str | None
    ) -> Mapping[str, Any] | None:
        """Read one page of a thread or a channel; None where we may not look."""
        given: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{since.astimezone(UTC).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": PAGE,
            "cursor": cursor,
        }
        try:
            with _judged():
                if thread_ts:
                    reply = await self._client.conversations_replies(ts=thread_ts, **given)
                else:
                    reply = await self._client.conversations_history(**given)
        except SlackRefused as refused:
            if refused.code == "missing_scope":
                return None
            raise
        return reply.data if isinstance(reply.data, dict) else {}

    async def _respond(self, url: str, said: Dressed, *, replaces: bool, with_blocks: bool) -> tuple[int, str]:
        webhook = AsyncWebhookClient(
            url,
            session=self._client.session,
            timeout=self._client.timeout,
            retry_handlers=[],
            logger=self._client.logger,
        )
        with _judged():
            reply = await webhook.send(
                text=said.text,
                blocks=[*said.blocks] if with_blocks else None,
                response_type="ephemeral",
                replace_original=replaces,
            )
        return reply.status_code, reply.body


@contextmanager
def _judged() -> Iterator[None]:
    """Turn what goes wrong in a call into `SlackRefused` or `Unsure`."""
    try:
        yield
    except SlackApiError as error:
        raise _verdict(error) from None
    except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorDNSError):
        raise SlackRefused("unreachable") from None  # nothing was sent
    except (TimeoutError, aiohttp.ClientError, AttributeError):  # AttributeError: the SDK's word for JSON of no object
        raise Unsure from None


def _verdict(error: SlackApiError) -> SlackRefused | Unsure:
    """Tell a refusal from an answer that can follow a success. A 429 has been seen to post all the same."""
    reply, code = error.response, word(error)
    if not isinstance(reply, AsyncSlackResponse):
        return Unsure()  # the answer was cut off
    is_patience = reply.status_code == 429 or code in PATIENCE
    if reply.status_code >= 500 or code in AMBIGUOUS or not (code or is_patience):
        return Unsure()
    wait = reply.headers.get("Retry-After", "")
    return SlackRefused(
        code or f"HTTP {reply.status_code}",
        retry_after_s=int(wait) if wait.isdigit() else (1 if is_patience else None),
        is_certain=not is_patience,
    )


def _key_of(message: Mapping[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != METADATA:
        return ""
    return str((metadata.get("event_payload") or {}).get("key", ""))
