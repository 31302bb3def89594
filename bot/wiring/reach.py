"""
Reach: how whoever is on call is found, in Slack and outside.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.domain.pager import Pager, of_channel
from bot.domain.permit import Standing
from bot.flows.escalate import Reach, Unfit
from bot.slack.groups import Groups
from bot.slack.people import People

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot import settings
    from bot.domain.subscription import Place
    from bot.wiring.means import Means

PATIENCE_S: Final = 3.0  # nobody is called later because Slack is slow to say who somebody is

_UNFIT: Final[dict[Standing, Unfit]] = {Standing.GONE: "deactivated", Standing.BOT: "unknown"}


def reach(means: Means) -> Reach:
    """Ask Slack who people are, and the configuration which pagers a channel has; who is not known is called."""
    admins = frozenset(means.told.bot.admins)
    people = People(means.client, team=means.identity.team, admins=admins, now=means.now)
    groups = Groups(means.client)

    async def unfit(team: str, user: str) -> Unfit | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return _UNFIT.get((await people.person(user, team=team)).standing)
        except TimeoutError:
            return None

    async def members(team: str, group: str) -> tuple[str, ...] | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await groups.members(team, group)
        except TimeoutError:
            return None

    return Reach(unfit=unfit, members=members, pagers=pagers_of(means.told))


def pagers_of(told: settings.Settings) -> Callable[[Place], tuple[str, ...]]:
    """Say which of the configured pagers a channel's calls go to."""
    return partial(of_channel, [Pager(name=each.name, channels=each.channels) for each in told.pagers.values()])
