"""
Wall clocks: which instants a local time means, also on the nights when clocks are moved.

A local time comes once, twice (clocks put back) or never (put forward, or a day that a country skipped).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SECOND: Final = timedelta(seconds=1)


def readings(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """
    Return the instants, aware UTC, at which a clock there shows this naive local time, the earlier first.

    >>> from zoneinfo import ZoneInfo
    >>> [len(readings(datetime(2026, *day, 1, 30), ZoneInfo("Europe/London"))) for day in [(3, 29), (6, 1), (10, 25)]]
    [0, 1, 2]
    """
    both = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return tuple(sorted({at for at in both if shown(at, zone) == local}))


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what a clock there shows, without its zone."""
    return at.astimezone(zone).replace(tzinfo=None)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """
    Return the one instant, aware UTC, at which what happens daily at a local time happens on that day.

    Of two it is the first; where the clocks skip the time, the first valid instant behind it, so that nothing that
    happens daily is left out.

    >>> from zoneinfo import ZoneInfo
    >>> f"{instant(datetime(2026, 3, 29, 1, 30), ZoneInfo('Europe/London')):%H:%M}"
    '01:00'
    """
    first = local.replace(tzinfo=zone).astimezone(UTC)  # fold=0: of two the earlier
    return first if shown(first, zone) == local else _first_after(local, zone)


def _first_after(skipped: datetime, zone: ZoneInfo) -> datetime:
    """Halve the time between the two readings of a skipped time until the leap of the clocks between them is found."""
    before, after = sorted(skipped.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if shown(middle, zone) < skipped:
            before = middle
        else:
            after = middle
    return after
