"""
The bot's voice: lasting posts through the Web API, answers through a response_url.

Nothing here is sent twice by itself: the SDK's default handler repeats a post whose reply was lost, and people would
read it twice. What may have been said already is `Unsure`.

Source: https://docs.slack.dev/reference/methods/chat.postMessage (errors; read 2026-11-21).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.slack.cards.block import Dressed

CONTENT: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_attachments"}
)
AMBIGUOUS: Final = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})

METADATA: Final = "relaybot_post"


class SlackRefused(Exception):
    """
    Slack did not take it, and said so. `code` is Slack's own word; `retry_after_s` is set when it asks for patience.
    """

    def __init__(self, code: str, *, retry_after_s: int | None = None) -> None:
        self.code = code
        self.retry_after_s = retry_after_s
        super().__init__(code)


class Unsure(Exception):
    """Slack may have taken it: no reply, a broken one, or an error that can follow a success."""


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
        key: makes the 128 random bits by which a post is found again.
    """

    def __init__(self, client: AsyncWebClient, *, key: Callable[[], str]) -> None:
        self._client = client
        self._key = key

    async def post(self, channel: str, said: Dressed, *, thread_ts: str | None = None) -> Posted:
        """
        Post for everybody in a channel, or in a thread of it. Blocks that Slack does not take become plain text.

        Raises:
            SlackRefused, Unsure.
        """
        try:
            return await self._post(channel, said, thread_ts=thread_ts, with_blocks=True)
        except SlackRefused as refused:
            if refused.code not in CONTENT:
                raise
            return await self._post(channel, said, thread_ts=thread_ts, with_blocks=False)

    async def whisper(self, channel: str, user: str, said: Dressed, *, thread_ts: str | None = None) -> None:
        """
        Show something to one person only.

        Raises:
            SlackRefused, Unsure.
        """
        try:
            await self._client.chat_postEphemeral(
                channel=channel, user=user, text=said.text, blocks=[*said.blocks], thread_ts=thread_ts
            )
        except SlackApiError as error:
            raise _judged(error) from None
        except (TimeoutError, aiohttp.ClientError):
            raise Unsure from None

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

    async def _post(self, channel: str, said: Dressed, *, thread_ts: str | None, with_blocks: bool) -> Posted:
        try:
            reply = await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=said.text,
                blocks=[*said.blocks] if with_blocks else None,
                metadata={"event_type": METADATA, "event_payload": {"key": self._key()}},
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackApiError as error:
            raise _judged(error) from None
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorDNSError):
            raise SlackRefused("unreachable") from None  # nothing was sent
        except (TimeoutError, aiohttp.ClientError):
            raise Unsure from None
        return Posted(channel=str(reply["channel"]), ts=str(reply["ts"]))

    async def _respond(self, url: str, said: Dressed, *, replaces: bool, with_blocks: bool) -> tuple[int, str]:
        webhook = AsyncWebhookClient(
            url,
            session=self._client.session,
            timeout=self._client.timeout,
            retry_handlers=[],
            logger=self._client.logger,
        )
        try:
            reply = await webhook.send(
                text=said.text,
                blocks=[*said.blocks] if with_blocks else None,
                response_type="ephemeral",
                replace_original=replaces,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorDNSError):
            raise SlackRefused("unreachable") from None
        except (TimeoutError, aiohttp.ClientError):
            raise Unsure from None
        return reply.status_code, reply.body


def _judged(error: SlackApiError) -> SlackRefused | Unsure:
    """Tell a refusal from an answer that can follow a success."""
    reply = error.response
    if reply.status_code >= 500:
        return Unsure()
    code = str(reply.get("error", "")) if isinstance(reply.data, dict) else ""
    if code in AMBIGUOUS:
        return Unsure()
    wait = reply.headers.get("Retry-After", "")
    is_patience = reply.status_code == 429 or code in {"ratelimited", "rate_limited", "message_limit_exceeded"}
    return SlackRefused(
        code or f"HTTP {reply.status_code}",
        retry_after_s=int(wait) if wait.isdigit() else (1 if is_patience else None),
    )
