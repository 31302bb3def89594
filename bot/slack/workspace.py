"""
The workspace that installed the bot: a client for it, and who the bot is there.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.queue import punctual
from bot.slack.errors import SlackUnusable
from bot.slack.identity import Identity
from bot.slack.untold import UNTOLD, named, word

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Client: TypeAlias = AsyncWebClient

TIMEOUT_S: Final = 10  # of one call; the SDK's own is 30
UNREACHED: Final = "Check that this machine reaches slack.com (proxy, firewall), then start again."

# What the manifest asks for; the last column of a missing one is what does not work without it.
SCOPES: Final = {
    "commands": "/relay is not heard",
    "chat:write": "answers to mentions and shared cards cannot be posted",
    "app_mentions:read": "mentions in threads are not heard",
    "channels:read": "sharing to public channels is refused",
    "groups:read": "sharing to private channels is refused",
    "users:read": "nobody's standing is known, so every question is refused",
    "im:write": "people cannot be told anything in a direct message",
    "usergroups:read": "user groups cannot be put on call",
}

# What an admin may leave out: with them a post whose reply was lost is looked for before it is said again.
READ_BACK: Final = frozenset({"channels:history", "groups:history", "im:history"})

_QUIET: Final = logging.getLogger("slack_sdk")
log = logging.getLogger(__name__)


@asynccontextmanager
async def open_client(token: str, *, api_url: str) -> AsyncIterator[AsyncWebClient]:
    """Lend a client: one session for all calls, a time-out, nothing sent twice by itself, and nothing late."""
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), trust_env=True, trace_configs=[punctually()]
    ) as session:
        yield AsyncWebClient(
            token=token, base_url=api_url, timeout=TIMEOUT_S, session=session, retry_handlers=[], logger=_QUIET
        )


def punctually() -> aiohttp.TraceConfig:
    """Have each request of a session asked, before its first byte leaves, whether it is too late for it."""
    trace = aiohttp.TraceConfig()

    async def ask(*_: object) -> None:
        punctual.check()

    trace.on_request_headers_sent.append(ask)  # what it says is sent is in the buffer still
    return trace


async def identify(client: AsyncWebClient, token: str) -> Identity:
    """
    Ask Slack who we are.

    Raises:
        SlackUnusable: the token is no good, or Slack cannot be reached.
    """
    try:
        reply = await client.auth_test()
    except UNTOLD as error:
        mend = "Copy SLACK_BOT_TOKEN anew: api.slack.com/apps → your app → OAuth & Permissions."
        raise SlackUnusable(named(error), mend=mend if word(error) else UNREACHED) from None
    scopes = str(reply.headers.get("x-oauth-scopes", ""))
    return Identity(
        team=str(reply["team_id"]),
        enterprise=str(reply.get("enterprise_id") or ""),
        user=str(reply["user_id"]),
        bot=str(reply.get("bot_id") or ""),
        token=token,
        scopes=tuple(sorted(scope.strip() for scope in scopes.split(",") if scope.strip())),
    )


def warn_of_repeats(identity: Identity) -> None:
    """Say what is promised where we may not look back."""
    if missing := READ_BACK - set(identity.scopes):
        log.warning(
            "Without %s a message whose reply Slack lost is said again unseen: at most one repeat for each such loss.",
            ", ".join(sorted(missing)),
        )


async def check_sockets(client: AsyncWebClient, app_token: str) -> None:
    """
    See that Slack would open a Socket Mode connection; the SDK would try for ever and only log.

    Raises:
        SlackUnusable: the app-level token is no good.
    """
    try:
        await client.apps_connections_open(app_token=app_token)
    except UNTOLD as error:
        mend = (
            "Make SLACK_APP_TOKEN anew: api.slack.com/apps → your app → Basic Information → App-Level Tokens, "
            "scope connections:write, and see that Socket Mode is on."
        )
        raise SlackUnusable(named(error), mend=mend if word(error) else UNREACHED) from None
