"""
Lifecycle: channels are archived, left, shared and deleted, and so is the app; what is kept and said follows.

Where nothing is followed there is nothing to pause, and nothing is written down about the channel.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.subscription import Place
from bot.flows.pause import SHARED, pause, resume
from bot.store.channels import ARCHIVED, UNINSTALLED

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.store.memory import Memory, Tx

LEFT: Final = "not_in_channel"

# Why it was paused, where that the bot is there again heals it; a pause that a person or an admin wanted stays.
HEALED: Final = frozenset({ARCHIVED, LEFT, "channel_not_found"})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What Slack told: its own word for it, where, by whom as far as it says so, and when we heard."""

    what: str
    place: Place
    by: str
    at: datetime
    to: str = ""  # the new id of a channel that got one


async def archived(happened: Happened, memory: Memory) -> None:
    """Say nothing in an archive; what is followed there waits for thirty days."""
    await _pause(happened, memory, ARCHIVED, tells="paused_gone")


async def left(happened: Happened, memory: Memory) -> None:
    """Say nothing where the bot was taken out, until it is invited again."""
    await _pause(happened, memory, LEFT, tells="paused_not_member")


async def shared(happened: Happened, memory: Memory) -> None:
    """Say nothing where another workspace begins to read along, unless an admin has allowed that."""
    async with memory.reading() as tx:
        is_allowed = (await tx.channels.settings(happened.place)).allows_shared
    if not is_allowed:
        await _pause(happened, memory, SHARED, tells="paused_shared")


async def returned(happened: Happened, memory: Memory) -> None:
    """Go on where the bot was invited again, or that is no archive any more."""
    await _resume(happened, memory, HEALED)


async def unshared(happened: Happened, memory: Memory) -> None:
    """Go on where nobody else reads along any more."""
    await _resume(happened, memory, {SHARED})


async def deleted(happened: Happened, memory: Memory) -> None:
    """Erase what is kept of a channel that is gone; the trace says that it was done, and no more which channel."""
    async with memory.transaction() as tx:
        if await tx.forget.channel(happened.place, now=happened.at):
            await _trace(tx, happened, channel="")


async def moved(happened: Happened, memory: Memory) -> None:
    """Go on under the new id that Slack gave a channel."""
    async with memory.transaction() as tx:
        if await tx.move.channel(happened.place, happened.to):
            await _trace(tx, happened, channel=happened.to)
            log.warning("%s is %s now; what the configuration allows goes by id", happened.place.channel, happened.to)


async def uninstalled(happened: Happened, memory: Memory) -> None:
    """Stop all sends and reads at once; what is kept is erased after seven days, unless the app is installed again."""
    async with memory.transaction() as tx:
        if await tx.channels.pause(Place(team=happened.place.team, channel=""), UNINSTALLED, now=happened.at):
            await tx.stillness.begin(happened.place.team, now=happened.at)
            await _trace(tx, happened, channel="")
            log.warning("the app was taken out of %s (%s): nothing more is said", happened.place.team, happened.what)


async def installed(team: str, memory: Memory, *, now: datetime) -> None:
    """Go on in a team that lets the bot in again; tidy finds what waited."""
    async with memory.transaction() as tx:
        if await tx.channels.resume(Place(team=team, channel="")) is not None:
            await tx.stillness.end(team, now=now)


async def _pause(happened: Happened, memory: Memory, why: str, *, tells: str) -> None:
    place, now = happened.place, happened.at
    async with memory.transaction() as tx:
        if not await tx.subscriptions.of_place(place):
            return
        if await pause(tx, place, why, tells=tells, code=why, now=now):
            await _trace(tx, happened, channel=place.channel)


async def _resume(happened: Happened, memory: Memory, healed: Collection[str]) -> None:
    async with memory.transaction() as tx:
        if await resume(tx, happened.place, healed, now=happened.at):
            await _trace(tx, happened, channel=happened.place.channel)


async def _trace(tx: Tx, happened: Happened, *, channel: str) -> None:
    await tx.audit.record(
        at=happened.at,
        team_id=happened.place.team,
        user_id=happened.by,
        channel_id=channel,
        verb=happened.what,
        subject="",
        outcome="done",
        why="",
    )
