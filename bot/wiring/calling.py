"""
What calls out beside Slack: pagers drained, calendars fetched, a dead-man's switch told.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from adapters.contract import Api
from bot import clock, settings
from bot.domain.calendar import Unread
from bot.domain.pace import LaneName, Slot
from bot.domain.turn import Urgency
from bot.flows import calendars, pulse
from bot.flows.calendars import Calendars
from bot.flows.call import Exchange
from bot.flows.pulse import Pulse
from bot.pager.calendar import Feed, fetch
from bot.pager.door import Door
from bot.pager.heartbeat import signal
from bot.pager.pagerduty import PagerDuty
from bot.pager.webhook import Webhook
from bot.queue import pace
from bot.store.pace import Paces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.domain.calendar import Booking
    from bot.flows.call import Send
    from bot.wiring.beats import Beat
    from bot.wiring.means import Means

_SHARE: Final = 0.9
_ONCE_A_MINUTE: Final = pace.terms(1 / 60 / _SHARE, _SHARE, Urgency.BEAT)
_SWITCH: Final = LaneName(provider="heartbeat", budget="", api=Api("signal"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """All of it, assembled; what is not configured is not there."""

    exchange: Exchange
    beats: tuple[Beat, ...]


def calling(means: Means, *, haste: float, is_leaving: Callable[[], bool]) -> Calling:
    """
    Assemble what the configuration names.

    Args:
        haste: how many times more often to look around.
        is_leaving: nothing more is begun then.
    """
    told, door = means.told, means.way_out
    exchange = Exchange(
        memory=means.memory,
        pagers={name: _pager(pager, door) for name, pager in told.pagers.items()},
        now=means.now,
        monotonic=asyncio.get_running_loop().time,
        is_leaving=is_leaving,
    )
    beats: list[Beat] = []
    if told.calendars:
        feeds = {name: _feed(calendar) for name, calendar in told.calendars.items()}
        beats.append(
            Calendars(
                memory=means.memory,
                fetch={name: partial(_fetch, feed, door) for name, feed in feeds.items()},
                now=means.now,
                every_s=calendars.EVERY_S / haste,
            )
        )
    if told.bot.heartbeat_url is not None:
        beats.append(
            Pulse(
                memory=means.memory,
                turn=partial(_turn, Paces(means.database, clock=means.pace_clock), haste),
                signal=partial(signal, told.bot.heartbeat_url.get_secret_value(), door),
                now=means.now,
                every_s=pulse.EVERY_S / haste,
            )
        )
    return Calling(exchange=exchange, beats=tuple(beats))


async def examine_calendars(told: settings.Settings) -> Mapping[str, int | Unread]:
    """Fetch each configured calendar once: how many times of somebody it tells, or why there are none."""
    found: dict[str, int | Unread] = {}
    async with Door() as door:
        for name, calendar in told.calendars.items():
            try:
                found[name] = len(await fetch(_feed(calendar), door, now=clock.now()))
            except Unread as unread:
                found[name] = unread
    return found


def _pager(told: settings.PagerSettings, door: Door) -> Send:
    if told.kind is settings.PagerKind.PAGERDUTY:
        (key,) = told.keys
        return PagerDuty(door=door, url=told.url, routing_key=key, allow_private=told.allow_private).send
    return Webhook(door=door, url=told.url, secrets=told.keys, allow_private=told.allow_private).send


def _feed(told: settings.CalendarSettings) -> Feed:
    return Feed(url=told.url, people=told.people, zone=told.zone, allow_private=told.allow_private)


async def _fetch(feed: Feed, door: Door, now: datetime) -> tuple[Booking, ...]:
    return await fetch(feed, door, now=now)


async def _turn(paces: Paces, haste: float) -> bool:
    """Say whether nobody has told the switch within a minute, whichever process."""
    terms = replace(_ONCE_A_MINUTE, interval_s=_ONCE_A_MINUTE.interval_s / haste)
    return isinstance(await paces.reserve(_SWITCH, terms), Slot)
