"""
Rotas made of a seed, and an oracle that finds out who is on call by walking the clock minute by minute.

The oracle shares nothing with the code under test: it never computes which instant a local time means. It looks at what
a clock in the zone shows, minute after minute of UTC, and hands over when the clock shows the time of the hand-off for
the first time, or has jumped over it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.domain.calendar import Booking, Calendar
from bot.domain.rota import Cover, Rota, Target, TargetKind, Turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from bot.domain.rota import Shift

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - what a clock shows has no zone

# Nights on which clocks do what a programmer does not think of.
NIGHTS: Final = (
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("Europe/Dublin", date(2026, 3, 29)),  # winter is the exception there, its offset negative
    ("Europe/Dublin", date(2026, 10, 25)),
    ("America/Sao_Paulo", date(2017, 10, 15)),  # at midnight, so that a day begins at one
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # around Ramadan
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Asia/Tehran", date(2021, 3, 22)),  # at midnight; a half-hour offset
    ("Asia/Tehran", date(2021, 9, 22)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Apia", date(2011, 12, 30)),  # that day did not come
    ("America/St_Johns", date(2010, 11, 7)),  # a minute past midnight, so that the day before comes back
    ("Asia/Shanghai", date(1988, 4, 17)),
    ("Asia/Shanghai", date(1988, 9, 11)),
)
HAND_OFFS: Final = (time(0), time(1, 30), time(2), time(2, 30), time(3))

CALENDAR: Final = "ops"


class Walk:
    """What a clock in a zone shows at every minute of a time; of each minute the latest that it has shown by then."""

    def __init__(self, zone: str, since: datetime, until: datetime) -> None:
        here, latest = ZoneInfo(zone), 0
        self.zone, self.since, self.until = zone, since, until
        self._shown = array("q")
        at = since
        while at < until:
            latest = max(latest, (at.astimezone(here).replace(tzinfo=None) - EPOCH) // MINUTE)
            self._shown.append(latest)
            at += MINUTE

    def first(self, local: datetime) -> datetime | None:
        """The first minute at which the clock showed this, or had jumped over it; None: not while we walked."""
        minute = bisect_left(self._shown, (local - EPOCH) // MINUTE)
        return self.since + minute * MINUTE if minute < len(self._shown) else None


def user(name: str) -> Target:
    return Target(kind=TargetKind.USER, id=name)


def changes(rota: Rota, walk: Walk, calendars: Mapping[str, Calendar]) -> list[tuple[datetime, Target | None, bool]]:
    """Say from when on who was on call, the long way: at every minute at which anything happened, all of it again."""
    turns = list(_turns(rota.base, walk)) if isinstance(rota.base, Turns) else [(walk.since, rota.base)]
    happened = {begins for begins, _ in turns} | {walk.since}
    for times in (*rota.covers, *(booking for calendar in calendars.values() for booking in calendar.bookings)):
        happened |= {at for at in (times.begins_at, times.ends_at) if walk.since <= at < walk.until}
    found: list[tuple[datetime, Target | None, bool]] = []
    number = -1
    for at in sorted(happened):
        while number + 1 < len(turns) and turns[number + 1][0] <= at:
            number += 1
        who, is_cover = _said(rota, at, turns[number][1] if number >= 0 else None, calendars)
        if not found or found[-1][1:] != (who, is_cover):
            found.append((at, who, is_cover))
    return found


def _turns(turns: Turns, walk: Walk) -> Iterator[tuple[datetime, Target]]:
    due, number = datetime.combine(turns.begins, turns.at), 0
    while (at := walk.first(due)) is not None:
        yield at, user(turns.people[number % len(turns.people)])
        due, number = due + turns.every * DAY, number + 1


def _said(
    rota: Rota, at: datetime, who: Target | None, calendars: Mapping[str, Calendar]
) -> tuple[Target | None, bool]:
    """Go through everything that was entered; the last that holds counts."""
    is_cover = False
    if who is not None and who.kind is TargetKind.CALENDAR:
        bookings = calendars[who.id].bookings if who.id in calendars else ()
        who = None
        for booking in sorted(bookings, key=lambda each: (each.begins_at, -each.ends_at.timestamp(), each.user)):
            if booking.begins_at <= at < booking.ends_at:
                who = user(booking.user)
    for cover in rota.covers:
        if cover.begins_at <= at < cover.ends_at:
            who, is_cover = user(cover.user), True
    return who, is_cover


def as_changes(shifts: tuple[Shift, ...]) -> list[tuple[datetime, Target | None, bool]]:
    return [(shift.begins_at, shift.who, shift.is_cover) for shift in shifts]


def random_turns(random: Random, walk: Walk, *, within: int) -> Turns:
    """People who take turns from some day of the walk's first ones on."""
    return Turns(
        people=tuple(f"U{random.randrange(9)}" for _ in range(random.randint(1, 6))),
        every=random.choice((1, 1, 2, 3, 7, 7, 14, random.randint(1, 30))),
        at=random.choice((*HAND_OFFS, time(9), time(random.randrange(24), random.randrange(60)))),
        zone=walk.zone,
        begins=walk.since.date() + (2 + random.randrange(within)) * DAY,
    )


def random_rota(random: Random, turns: Turns, walk: Walk) -> tuple[Rota, dict[str, Calendar]]:
    """Turns, or one target, or a calendar; with people who stand in, in times that overlap, touch and are empty."""
    bookings = tuple(
        Booking(user=f"U{random.randrange(4)}", begins_at=begins, ends_at=ends)
        for begins, ends in _times(random, walk, random.randrange(12))
    )
    covers = tuple(
        Cover(user=f"U{random.randrange(6)}", begins_at=begins, ends_at=ends, by="U0")
        for begins, ends in _times(random, walk, random.choice((0, 0, 1, 2, 5)))
    )
    calendar = Target(kind=TargetKind.CALENDAR, id=CALENDAR)
    base = random.choice((*[turns] * 4, user("U1"), Target(kind=TargetKind.GROUP, id="S1"), calendar, calendar, None))
    calendars = {CALENDAR: Calendar(name=CALENDAR, bookings=bookings, fetched_at=walk.since)}
    return Rota(base=base, covers=covers), calendars if random.random() < 0.9 else {}


def _times(random: Random, walk: Walk, many: int) -> Iterator[tuple[datetime, datetime]]:
    minutes = (walk.until - walk.since) // MINUTE
    last = walk.since
    for _ in range(many):
        begins = random.choice((last, walk.since + random.randrange(minutes) * MINUTE))
        last = begins + random.choice((0, 60, 480, 1440, random.randrange(1, 20_000))) * MINUTE
        yield begins, last


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
