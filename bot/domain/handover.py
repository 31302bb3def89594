"""
Hand-overs: who takes over from whom, how late that is told, and when a rota is looked at next. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain import wall
from bot.domain.rota import Target, TargetKind, Turns, next_change, shifts
from bot.domain.when import zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.calendar import Calendar
    from bot.domain.rota import Rota, Shift

AHEAD: Final = timedelta(days=14)  # how far gaps are warned of
CHECKED_AT: Final = time(9)  # of the day in the rota's zone
CALENDAR_EVERY: Final = timedelta(minutes=5)  # what a calendar says may change at any time
LATE: Final = timedelta(minutes=1)  # less is not worth a word

_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Somebody leaves and somebody comes; None: nobody. `until` there is a change again."""

    leaves: Target | None
    comes: Target | None
    until: datetime | None
    late: timedelta | None = None  # how long it has been so already


def hand_over(rota: Rota, due_at: datetime, now: datetime, calendars: Mapping[str, Calendar]) -> Handover | None:
    """
    Say who has taken over since the channel was last told; None: nobody, also where several did and the last was first.

    Args:
        due_at: when it was to be looked at; `now` is later by as much as nobody was there to look.
    """
    since = min(due_at, now)
    shift = shifts(rota, since, now + _MOMENT, calendars)[-1]
    if shift.who == rota.told:
        return None
    late = now - shift.begins_at
    return Handover(
        leaves=rota.told,
        comes=shift.who,
        until=next_change(rota, now, calendars),
        late=late if late > LATE else None,
    )


def is_check(rota: Rota, due_at: datetime, now: datetime) -> bool:
    """Say whether the daily look for gaps was due by now."""
    return _next_check(rota, min(due_at, now) - _MOMENT) <= now


def next_look(rota: Rota, now: datetime, calendars: Mapping[str, Calendar]) -> datetime:
    """Return when the rota is to be looked at next: a change of shift, the daily check, or what a calendar says now."""
    times = [_next_check(rota, now)]
    if (change := next_change(rota, now, calendars)) is not None:
        times.append(change)
    if isinstance(rota.base, Target) and rota.base.kind is TargetKind.CALENDAR:
        times.append(now + CALENDAR_EVERY)
    return min(times)


def coming(rota: Rota, now: datetime, calendars: Mapping[str, Calendar]) -> tuple[Shift, ...]:
    """Return the shifts of the coming fortnight; none where nobody was ever named."""
    is_named = rota.base is not None or bool(rota.covers)
    return shifts(rota, now, now + AHEAD, calendars) if is_named else ()


def gaps_ahead(rota: Rota, now: datetime, calendars: Mapping[str, Calendar]) -> tuple[Shift, ...]:
    """Return the gaps of the coming fortnight; one that lasts beyond it has no end."""
    ahead = shifts(rota, now, now + AHEAD, calendars)
    return tuple(replace(shift, ends_at=None) if shift is ahead[-1] else shift for shift in ahead if shift.who is None)


def _next_check(rota: Rota, at: datetime) -> datetime:
    zone = zone_of(rota.base.zone if isinstance(rota.base, Turns) else "UTC")
    day = at.astimezone(zone).date()
    while (check := wall.instant(datetime.combine(day, CHECKED_AT), zone)) <= at:
        day += _DAY
    return check
