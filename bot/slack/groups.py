"""
User groups of Slack: who is in one, and, where an operator wants that, one that holds whoever is on call.

Source: https://docs.slack.dev/reference/methods/usergroups.users.list, usergroups.users.update (read 2026-11-21).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.slack.untold import UNTOLD, named

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)

NO_GROUP: Final = frozenset({"no_such_subteam", "subteam_not_found", "invalid_subteam"})


class Groups:
    """The user groups of one workspace."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._asked: dict[str, asyncio.Task[tuple[str, ...] | None]] = {}

    async def members(self, team: str, group: str) -> tuple[str, ...] | None:
        """Return who is in a group; nobody where there is no such group (any more), None where Slack does not say."""
        asked = self._asked.get(group)
        if asked is None:  # many channels that call one group at once are one question: Slack takes twenty a minute
            asked = self._asked[group] = asyncio.create_task(self._ask(team, group))
            asked.add_done_callback(lambda _: self._asked.pop(group, None))
        return await asyncio.shield(asked)

    async def _ask(self, team: str, group: str) -> tuple[str, ...] | None:
        try:
            reply = await self._client.usergroups_users_list(usergroup=group)
            return tuple(str(user) for user in reply["users"])
        except UNTOLD as error:
            code = named(error)
            log.warning("usergroups.users.list did not tell who is in %s of %s: %s", group, team, code)
            return () if code in NO_GROUP else None

    async def put(self, group: str, user: str) -> str:
        """Let a group hold this person and nobody else; returns why Slack did not, empty when it did."""
        try:
            await self._client.usergroups_users_update(usergroup=group, users=[user])
        except UNTOLD as error:
            return named(error)
        return ""
