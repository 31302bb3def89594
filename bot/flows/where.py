"""
Where: the channel in which somebody asks, as the store, Slack and the configuration know it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.subscription import Place

if TYPE_CHECKING:
    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.permit import Channel
    from bot.flows.desk import Asker, Desk


def place_of(asker: Asker) -> Place:
    """Return where somebody asks, as the store knows it: under the team that installed the bot."""
    return Place(team=asker.team, channel=asker.channel.channel)


def is_direct(place: Place) -> bool:
    """Say whether only one person reads there."""
    return place.channel.startswith("D")


def open_here(asker: Asker, desk: Desk) -> dict[AccountName, Account]:
    """Return the accounts that may be asked from there."""
    return {name: each for name, each in desk.accounts.items() if each.is_open_to(asker.channel.channel)}


async def about(asker: Asker, desk: Desk) -> Channel:
    """Return what the bot may do there, as Slack tells now, and whether an admin allowed it where partners read."""
    channel = await desk.about_channel(asker.channel.channel, asker.person.user)
    async with desk.memory.reading() as tx:
        settings = await tx.channels.settings(place_of(asker))
    return replace(channel, allows_shared=settings.allows_shared)
