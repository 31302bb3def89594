"""
Lengths and times as people type them: `90m`, `2h`, `16:00`, `2026-11-21 16:00`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.text import clip
from bot.domain.typed import SHOWN, CommandError
from bot.domain.wall import readings
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LENGTH: Final = re.compile(
    r"(?:(?P<days>\d{1,3})d)?(?:(?P<hours>\d{1,4})h)?(?:(?P<minutes>\d{1,5})m(?:in)?)?", re.ASCII
)
_MOMENT: Final = re.compile(
    r"(?:(?P<date>\d{4}-\d{2}-\d{2})[ T])?(?P<time>\d{1,2}:\d{2})(?P<offset>[+-]\d{2}:\d{2})?", re.ASCII
)
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


def moment(
    typed: str, *, now: datetime, zone: str, instead: str, which: Callable[[str], str] | None = None
) -> datetime:
    """
    Read a time of somebody's own day, or of a day that is named.

    A bare time is the next one: 16:00 typed at 17:00 is tomorrow's. A time that comes twice, when clocks are put back,
    is the first of the two that is to come, unless `which` asks; behind a time may stand which one is meant:
    `01:30+01:00`.

    Args:
        now: aware.
        zone: the name of the zone in which it was typed; one that nobody knows is UTC.
        which: makes the command that means the earlier of two, of that time as it must be typed.

    Returns:
        An instant after `now`, aware UTC.

    Raises:
        CommandError: it is none, it is over, the clocks skip it, what stands behind it is another zone's, or (with
            `which`) it comes twice; `instead` is the command that it offers.
    """
    here = zone_of(zone)
    found = _MOMENT.fullmatch(typed.strip())
    date, time, offset = (found["date"], found["time"], found["offset"]) if found else ("", "", None)
    try:
        local = datetime.fromisoformat(f"{date or now.astimezone(here).date()}T{time:0>5}").replace(tzinfo=here)
    except ValueError:
        raise CommandError(say("typed.bad_moment", typed=clip(typed, SHOWN), zone=here.key), instead=instead) from None
    if not date and all(at.astimezone(UTC) <= now for at in (local, local.replace(fold=1))):
        local += _STEP  # the same time on the next page of the calendar, also where that day has 23 hours
    meant = _meant(local.replace(tzinfo=None), here, offset)
    meant = tuple(at for at in meant if at > now) or meant
    if len(meant) > 1 and which is not None:
        raise _twice(typed, meant, here, which)
    instant = meant[0] if meant else local.astimezone(UTC)
    if instant <= now:
        raise CommandError(say("typed.past_moment", typed=typed, zone=here.key), instead=instead)
    if not meant:  # or it is another zone's
        is_skipped = not readings(local.replace(tzinfo=None), here)
        failed = say("typed.no_such_moment" if is_skipped else "typed.bad_moment", typed=typed, zone=here.key)
        raise CommandError(failed, instead=instead)
    return instant


def _meant(local: datetime, here: ZoneInfo, offset: str | None) -> tuple[datetime, ...]:
    """Return the instants that a local time can mean; those with the offset that was typed, where there was one."""
    return tuple(at for at in readings(local, here) if offset is None or _offset(at, here) == offset)


def _offset(at: datetime, here: ZoneInfo) -> str:
    return at.astimezone(here).isoformat()[-6:]


def _twice(typed: str, meant: Sequence[datetime], here: ZoneInfo, which: Callable[[str], str]) -> CommandError:
    first, second = (f"{at.astimezone(here):%Y-%m-%d %H:%M}{_offset(at, here)}" for at in meant)
    return CommandError(
        say("typed.twice_moment", typed=typed, zone=here.key, first=first, second=second), instead=which(first)
    )


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
