"""
Lengths and times as people type them: `90m`, `2h`, `16:00`, `2026-11-21 16:00`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.text import clip
from bot.domain.typed import SHOWN, CommandError
from bot.domain.words import say

_LENGTH: Final = re.compile(
    r"(?:(?P<days>\d{1,3})d)?(?:(?P<hours>\d{1,4})h)?(?:(?P<minutes>\d{1,5})m(?:in)?)?", re.ASCII
)
_MOMENT: Final = re.compile(r"(?:(?P<date>\d{4}-\d{2}-\d{2})[ T])?(?P<time>\d{1,2}:\d{2})", re.ASCII)
_STEP: Final = timedelta(days=1)


def length(typed: str, *, instead: str) -> timedelta:
    """
    Read a length of time: days, hours, minutes, in that order, at least one of them and not nothing.

    >>> length("1h30m", instead="")
    datetime.timedelta(seconds=5400)

    Raises:
        CommandError: it is none; `instead` is the command that it offers.
    """
    found = _LENGTH.fullmatch(typed.strip().lower())
    read = timedelta(**{unit: int(amount) for unit, amount in (found.groupdict() if found else {}).items() if amount})
    if not read:
        raise CommandError(say("typed.bad_length", typed=clip(typed, SHOWN)), instead=instead)
    return read


def moment(typed: str, *, now: datetime, zone: str, instead: str) -> datetime:
    """
    Read a time of somebody's own day, or of a day that is named.

    A bare time is the next one: 16:00 typed at 17:00 is tomorrow's. A time that comes twice, when clocks are put back,
    is the first of the two.

    Args:
        now: aware.
        zone: the name of the zone in which it was typed; one that nobody knows is UTC.

    Returns:
        An instant after `now`, aware UTC.

    Raises:
        CommandError: it is none, it is over, or the clocks skip it; `instead` is the command that it offers.
    """
    here = zone_of(zone)
    found = _MOMENT.fullmatch(typed.strip())
    date, time = (found["date"], found["time"]) if found else ("", "")
    try:
        local = datetime.fromisoformat(f"{date or now.astimezone(here).date()}T{time:0>5}").replace(tzinfo=here)
    except ValueError:
        raise CommandError(say("typed.bad_moment", typed=clip(typed, SHOWN), zone=here.key), instead=instead) from None
    if not date and local.astimezone(UTC) <= now:
        local += _STEP  # the same time on the next page of the calendar, also where that day has 23 hours
    instant = local.astimezone(UTC)
    if instant <= now:
        raise CommandError(say("typed.past_moment", typed=typed, zone=here.key), instead=instead)
    if instant.astimezone(here).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise CommandError(say("typed.no_such_moment", typed=typed, zone=here.key), instead=instead)
    return instant


def clock_time(at: datetime, zone: str) -> str:
    """
    Repeat an instant as the clock of its setter shows it, with the zone's name.

    >>> clock_time(datetime(2026, 11, 21, 8, 0, tzinfo=UTC), "Asia/Shanghai")
    '2026-11-21 16:00 Asia/Shanghai'
    """
    here = zone_of(zone)
    return f"{at.astimezone(here):%Y-%m-%d %H:%M} {here.key}"


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of that name; UTC where nobody knows it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
