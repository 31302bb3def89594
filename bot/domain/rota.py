"""
Who is on call in one channel: a person, a group, a calendar or turns; covers above it, levels behind it.

All instants are aware UTC; a hand-off is a wall-clock time in a named zone, so that it stays at nine in the morning
when the clocks change. On such a night a time that comes twice is the first of the two, one that does not come is the
first valid instant behind it: at every instant there is exactly one answer, and a gap is one that says "nobody".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from heapq import merge
from itertools import count, islice
from typing import TYPE_CHECKING, Final, Literal

from pydantic import TypeAdapter

from bot.domain import wall
from bot.domain.when import zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.domain.calendar import Calendar

MOST_LEVELS: Final = 5
MOST_COVERS: Final = 50
_DAY: Final = timedelta(days=1)


class TargetKind(StrEnum):
    """What a level or a rota may name."""

    USER = "user"
    GROUP = "group"  # a Slack user group: who is in it is asked when it is called
    CALENDAR = "calendar"  # one that the configuration names


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """Who is called: a person (U…, W…), a user group (S…), or whoever a configured calendar names."""

    kind: TargetKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """People who take over from each other every so many days, at one time of the local day."""

    people: tuple[str, ...]  # in their order; once round, it begins again
    every: int  # days, at least one
    at: time  # of the wall clock in `zone`
    zone: str  # its IANA name, never an offset
    begins: date  # the local day on which people[0] takes over for the first time

    def __post_init__(self) -> None:
        if not self.people or self.every < 1:
            raise ValueError("turns need somebody to take them, and a length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Somebody who stands in for whoever would be on call; of two that overlap, the one entered later counts."""

    user: str
    begins_at: datetime
    ends_at: datetime
    by: str  # who entered it


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Who is called when the one before has not answered."""

    after: timedelta  # since the one before was called
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Who one channel calls: first whoever is on call, then level by level."""

    v: Literal[1] = 1
    base: Target | Turns | None = None
    covers: tuple[Cover, ...] = ()  # in the order they were entered
    levels: tuple[Level, ...] = ()  # at most MOST_LEVELS
    told: Target | None = None  # whom the channel was last told to be on call


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """An unbroken time in which "who is on call?" has one answer; `ends_at` is not part of it."""

    begins_at: datetime
    ends_at: datetime | None  # None: until somebody changes the rota
    who: Target | None  # None: nobody, a gap
    is_cover: bool = False


_ROTAS: Final = TypeAdapter(Rota)


def to_json(rota: Rota) -> str:
    """Write a rota for the store."""
    return _ROTAS.dump_json(rota).decode()


def from_json(text: str) -> Rota:
    """Read a rota back, this release's or the previous one's."""
    return _ROTAS.validate_json(text)


def on_call(rota: Rota, at: datetime, calendars: Mapping[str, Calendar]) -> Shift:
    """Say who is on call at an instant, and until when; the shift begins at that instant, as far as this says."""
    who, is_cover = _at(rota, at, calendars)
    return Shift(begins_at=at, ends_at=next_change(rota, at, calendars), who=who, is_cover=is_cover)


def shifts(rota: Rota, since: datetime, until: datetime, calendars: Mapping[str, Calendar]) -> tuple[Shift, ...]:
    """Part a length of time into shifts without a break: the first begins at `since`, the last ends at `until`."""
    parted: list[Shift] = []
    begins = since
    while begins < until:
        shift = on_call(rota, begins, calendars)
        ends = until if shift.ends_at is None else min(shift.ends_at, until)
        parted.append(replace(shift, ends_at=ends))
        begins = ends
    return tuple(parted)


def next_change(rota: Rota, at: datetime, calendars: Mapping[str, Calendar]) -> datetime | None:
    """Return the next instant after `at` at which somebody else is on call, or is so for another reason."""
    now = _at(rota, at, calendars)
    return next((edge for edge in _edges(rota, at, calendars) if _at(rota, edge, calendars) != now), None)


def whom(target: Target, at: datetime, calendars: Mapping[str, Calendar]) -> Target | None:
    """
    Say whom a target means at an instant: a calendar's is whoever it names then.

    None where that is nobody, as of a target whose person was forgotten.
    """
    if target.kind is not TargetKind.CALENDAR:
        return target if target.id else None
    calendar = calendars.get(target.id)
    return None if calendar is None else _booked(calendar, at)


def calendars_named(rota: Rota) -> frozenset[str]:
    """Return the calendars that a rota asks, by their names."""
    targets = (rota.base, *(level.target for level in rota.levels))
    return frozenset(each.id for each in targets if isinstance(each, Target) and each.kind is TargetKind.CALENDAR)


def people(rota: Rota) -> frozenset[str]:
    """Return everybody whom a rota names, however late it calls them; whom a calendar names it does not know."""
    base = rota.base.people if isinstance(rota.base, Turns) else _named(rota.base)
    levels = (user for level in rota.levels for user in _named(level.target))
    return frozenset((*base, *(cover.user for cover in rota.covers), *levels))


def without(rota: Rota, user: str) -> Rota:
    """
    Take somebody out of a rota: their turns go to whoever comes next, so that nobody else's are moved.

    Where they are the only ones, nobody is left; covers and levels that are theirs go.
    """
    base = _turns_without(rota.base, user) if isinstance(rota.base, Turns) else rota.base
    return replace(
        rota,
        base=None if user in _named(base) else base,
        covers=tuple(
            replace(cover, by="" if cover.by == user else cover.by) for cover in rota.covers if cover.user != user
        ),
        levels=tuple(level for level in rota.levels if user not in _named(level.target)),
        told=None if user in _named(rota.told) else rota.told,
    )


def begins_before(at: datetime, *, clock: time, zone: str, weekday: int | None = None) -> date:
    """
    Return the local day of the last hand-off until `at`, from which turns are counted that begin at once.

    Args:
        weekday: 0 is Monday; None: any day.
    """
    here = zone_of(zone)
    day = at.astimezone(here).date() + _DAY
    while wall.instant(datetime.combine(day, clock), here) > at or weekday not in {None, day.weekday()}:
        day -= _DAY
    return day


def _at(rota: Rota, at: datetime, calendars: Mapping[str, Calendar]) -> tuple[Target | None, bool]:
    for cover in reversed(rota.covers):
        if cover.begins_at <= at < cover.ends_at:
            return _user(cover.user), True
    if isinstance(rota.base, Turns):
        number = _turn(rota.base, at)
        return None if number < 0 else _user(rota.base.people[number % len(rota.base.people)]), False
    return None if rota.base is None else whom(rota.base, at, calendars), False


def _booked(calendar: Calendar, at: datetime) -> Target | None:
    """Of several bookings the one that began last: it was made for a part of the other's time."""
    there = [each for each in calendar.bookings if each.begins_at <= at < each.ends_at]
    return (
        _user(max(there, key=lambda each: (each.begins_at, -each.ends_at.timestamp(), each.user)).user)
        if there
        else None
    )


def _edges(rota: Rota, at: datetime, calendars: Mapping[str, Calendar]) -> Iterator[datetime]:
    """Name the instants after `at` at which somebody else may be on call, in their order; of turns they have no end."""
    fixed = {edge for cover in rota.covers for edge in (cover.begins_at, cover.ends_at)}
    if isinstance(rota.base, Target) and rota.base.kind is TargetKind.CALENDAR and rota.base.id in calendars:
        bookings = calendars[rota.base.id].bookings
        fixed |= {edge for booking in bookings for edge in (booking.begins_at, booking.ends_at)}
    turns = _hand_offs(rota.base, at) if isinstance(rota.base, Turns) else ()
    return merge(sorted(edge for edge in fixed if edge > at), turns)


def _hand_offs(turns: Turns, at: datetime) -> Iterator[datetime]:
    following = count(max(0, _turn(turns, at) + 1))
    is_alone = len(set(turns.people)) == 1  # and takes over from nobody, but for the first time
    return (_hand_off(turns, number) for number in (islice(following, 1) if is_alone else following))


def _hand_off(turns: Turns, number: int) -> datetime:
    """Return when a turn begins; the first one's number is 0."""
    day = turns.begins + number * turns.every * _DAY
    return wall.instant(datetime.combine(day, turns.at), zone_of(turns.zone))


def _turn(turns: Turns, at: datetime) -> int:
    """Return the number of the turn that it is; before the first one it is negative."""
    today = at.astimezone(zone_of(turns.zone)).date()
    number = (today - turns.begins).days // turns.every + 1  # clocks that are put back can show yesterday again
    while _hand_off(turns, number) > at:
        number -= 1
    return number


def _user(user: str) -> Target:
    return Target(kind=TargetKind.USER, id=user)


def _named(target: Target | Turns | None) -> tuple[str, ...]:
    return (target.id,) if isinstance(target, Target) and target.kind is TargetKind.USER else ()


def _turns_without(turns: Turns, user: str) -> Turns | None:
    ring = turns.people
    heirs = [next((heir for heir in ring[place:] + ring[:place] if heir != user), None) for place in range(len(ring))]
    left = tuple(heir for heir in heirs if heir is not None)
    return replace(turns, people=left) if left else None
