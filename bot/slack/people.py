"""
Who somebody is, and what a channel is, as Slack tells; remembered for five minutes at most, nobody when it is silent.

Source: https://docs.slack.dev/reference/objects/user-object (read 2026-11-21).
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.domain.permit import Channel, Person, Standing
from bot.slack.untold import UNTOLD, named, status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)

REMEMBERED: Final = timedelta(minutes=5)
MOST: Final = 10_000
RETRIES: Final = 2  # when Slack says that too many ask at once; a crowd must not be refused for being one
LONGEST_WAIT_S: Final = 60
PAGE: Final = 200  # channels in one answer, as Slack recommends
MOST_PAGES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    standing: Standing
    zone: str = ""

    def person(self, team: str, user: str) -> Person:
        return Person(team=team, user=user, standing=self.standing, zone=self.zone)


class People:
    """
    The people and channels of one workspace.

    Args:
        team: the installing team's id.
        admins: user ids from the settings; when there are none, the workspace's owners and admins are admins.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        team: str,
        admins: frozenset[str],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._team = team
        self._admins = admins
        self._now = now
        self._sleep = sleep
        self._known: OrderedDict[str, tuple[datetime, _Known]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[_Known]] = {}

    async def person(self, user: str, *, team: str) -> Person:
        """Return who this is; standing UNKNOWN, who may nothing, when Slack does not say."""
        known = self._known.get(user)
        if known is not None and self._now() - known[0] < REMEMBERED:
            return known[1].person(team, user)
        asked = self._asked.get(user)
        if asked is None:  # somebody who presses ten times is one question to Slack
            asked = self._asked[user] = asyncio.create_task(self._ask(user))
            asked.add_done_callback(lambda _: self._asked.pop(user, None))
        return (await asyncio.shield(asked)).person(team, user)

    async def _ask(self, user: str) -> _Known:
        for attempt in range(1 + RETRIES):
            try:
                reply = await self._client.users_info(user=user)
                told: Mapping[str, Any] = reply["user"]
                known = _Known(standing=self._standing(user, told), zone=str(told.get("tz") or ""))
                break
            except UNTOLD as error:
                wait_s = _patience_asked_s(error)
                if wait_s is None or wait_s > LONGEST_WAIT_S or attempt == RETRIES:
                    log.warning("users.info did not tell who %s is: %s", user, named(error))
                    return _Known(standing=Standing.UNKNOWN)
                await self._sleep(wait_s)
        self._known[user] = (self._now(), known)
        self._known.move_to_end(user)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return known

    async def channel(self, channel: str, user: str = "") -> Channel:
        """
        Return what the bot may do there; a channel that Slack does not show is one we are not in.

        Args:
            user: who asks there: a direct conversation is ours when it is the one that we have with them.
        """
        if channel.startswith("D"):
            return Channel(channel=channel, is_member=await self._direct(user) == channel)
        for attempt in range(1 + RETRIES):
            try:
                reply = await self._client.conversations_info(channel=channel)
                found: Mapping[str, Any] = reply["channel"]
                break
            except UNTOLD as error:
                if isinstance(error, aiohttp.ClientConnectionError) and attempt < RETRIES:
                    continue  # a connection that broke says nothing about where we are
                log.info("conversations.info did not tell about %s: %s", channel, named(error))
                return Channel(channel=channel)
        is_shared = any(found.get(key) for key in ("is_ext_shared", "is_pending_ext_shared"))
        is_member = bool(found.get("is_member"))
        is_archived = bool(found.get("is_archived"))
        return Channel(channel=channel, is_member=is_member, is_shared=is_shared, is_archived=is_archived)

    async def _direct(self, user: str) -> str:
        """Return our conversation with somebody, opened where there is none; needs no scope to read any other."""
        try:
            return str((await self._client.conversations_open(users=user))["channel"]["id"])
        except UNTOLD as error:
            log.info("conversations.open gave no conversation with %s: %s", user, named(error))
            return ""

    async def channels_of(self, user: str) -> frozenset[str]:
        """
        Return the channels that somebody is in and the bot can see: public ones, and private ones that it is in too.

        Whatever Slack does not say is left out.
        """
        found: set[str] = set()
        cursor = ""
        for _ in range(MOST_PAGES):
            try:
                reply = await self._client.users_conversations(
                    user=user, types="public_channel,private_channel", exclude_archived=True, limit=PAGE, cursor=cursor
                )
                found |= {str(channel["id"]) for channel in reply["channels"]}
            except UNTOLD as error:
                log.warning("users.conversations did not tell where %s is: %s", user, named(error))
                break
            more: Mapping[str, Any] = reply.get("response_metadata") or {}
            cursor = str(more.get("next_cursor") or "")
            if not cursor:
                break
        return frozenset(found)

    def _standing(self, user: str, found: Mapping[str, Any]) -> Standing:
        teams = {found.get("team_id"), *found.get("enterprise_user", {}).get("teams", ())}
        if found.get("deleted"):
            return Standing.GONE
        if found.get("is_bot") or found.get("is_workflow_bot"):
            return Standing.BOT
        if found.get("is_stranger") or self._team not in teams:
            return Standing.STRANGER
        if found.get("is_restricted") or found.get("is_ultra_restricted"):
            return Standing.GUEST
        is_admin = user in self._admins if self._admins else bool(found.get("is_admin") or found.get("is_owner"))
        return Standing.ADMIN if is_admin else Standing.MEMBER


def _patience_asked_s(error: Exception) -> int | None:
    """Return how long Slack asks us to wait; None when waiting is not what it asks."""
    if not isinstance(error, SlackApiError) or status(error) != 429:
        return None
    wait = str(error.response.headers.get("Retry-After", "1"))
    return int(wait) if wait.isdigit() else 1
