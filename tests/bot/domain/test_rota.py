"""
Who is on call: turns by the wall clock, covers above them, nobody twice and nobody forgotten when the clocks change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bot.domain import rota as rotas
from bot.domain.calendar import Booking, Calendar
from bot.domain.rota import (
    Cover,
    Level,
    Rota,
    Shift,
    Target,
    TargetKind,
    Turns,
    begins_before,
    next_change,
    on_call,
    people,
    shifts,
    whom,
    without,
)
from bot.domain.wall import instant, readings
from tests.bot.domain.rotas import (
    CALENDAR,
    DAY,
    HAND_OFFS,
    NIGHTS,
    Walk,
    as_changes,
    changes,
    midnight,
    random_rota,
    random_turns,
    user,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
GROUP = Target(kind=TargetKind.GROUP, id="S1")
FEED = Target(kind=TargetKind.CALENDAR, id=CALENDAR)


def weekly(*names: str, begins: date = date(2026, 11, 23), zone: str = "UTC") -> Turns:
    return Turns(people=names, every=7, at=time(9), zone=zone, begins=begins)


def cover(name: str, begins: datetime, length: timedelta) -> Cover:
    return Cover(user=name, begins_at=begins, ends_at=begins + length, by="U9")


def who(rota: Rota, at: datetime, **calendars: Calendar) -> str:
    found = on_call(rota, at, calendars).who
    return "" if found is None else found.id


@pytest.mark.parametrize(
    ("why", "local", "zone", "meant"),
    [
        ("an ordinary time", "2026-06-01 09:00", "Asia/Shanghai", "2026-06-01 01:00"),
        ("one that comes twice is the first", "2026-11-01 01:30", "America/New_York", "2026-11-01 05:30"),
        ("one that is skipped is when it goes on", "2026-03-08 02:30", "America/New_York", "2026-03-08 07:00"),
        ("also where the leap is half an hour", "2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03 15:30"),
        ("also where midnight does not come", "2017-10-15 00:00", "America/Sao_Paulo", "2017-10-15 03:00"),
        ("also where a whole day does not come", "2011-12-30 09:00", "Pacific/Apia", "2011-12-30 10:00"),
        ("also where winter is the exception", "2026-03-29 01:30", "Europe/Dublin", "2026-03-29 01:00"),
    ],
)
def test_a_local_time_is_one_instant(why: str, local: str, zone: str, meant: str):
    found = instant(datetime.fromisoformat(local), ZoneInfo(zone))

    assert f"{found:%Y-%m-%d %H:%M}" == meant, why


def test_the_two_readings_of_a_time_are_told_apart():
    twice = readings(datetime(2026, 11, 1, 1, 30), ZoneInfo("America/New_York"))  # noqa: DTZ001

    assert [f"{at:%H:%M}" for at in twice] == ["05:30", "06:30"]


@cache
def walk_round(zone: str, night: date) -> Walk:
    return Walk(zone, midnight(night - 9 * DAY), midnight(night + 9 * DAY))


@pytest.mark.parametrize(("zone", "night"), NIGHTS, ids=str)
def test_turns_are_as_the_clock_on_the_wall_says_on_the_night_the_clocks_change(zone: str, night: date):
    walk = walk_round(zone, night)
    for at in HAND_OFFS:
        for every in (1, 2, 7):
            turns = Turns(people=("U1", "U2", "U3"), every=every, at=at, zone=zone, begins=night - 8 * DAY)
            said = as_changes(shifts(Rota(base=turns), walk.since, walk.until, {}))

            assert said == changes(Rota(base=turns), walk, {}), (at, every)


@pytest.mark.parametrize(("zone", "night"), NIGHTS, ids=str)
def test_whoever_took_over_stays_though_the_clock_shows_the_day_before_again(zone: str, night: date):
    for at in HAND_OFFS:
        rota = Rota(base=Turns(people=("U1", "U2", "U3"), every=1, at=at, zone=zone, begins=night - 8 * DAY))
        begins = midnight(night) - HOUR * 12
        for shift in shifts(rota, begins, begins + 2 * DAY, {}):
            assert shift.ends_at is not None
            halves = range((shift.ends_at - shift.begins_at) // (HOUR / 2))
            there = {on_call(rota, shift.begins_at + half * HOUR / 2, {}).who for half in halves}

            assert there <= {shift.who}, (at, shift)


@pytest.mark.parametrize("seed", range(6))
def test_every_minute_of_a_random_rota_has_the_one_answer_of_the_oracle(seed: int):
    random = Random(seed)  # noqa: S311 - not for secrets
    for zone, night in NIGHTS:
        walk = walk_round(zone, night)
        rota, calendars = random_rota(random, random_turns(random, walk, within=8), walk)
        said = shifts(rota, walk.since, walk.until, calendars)

        assert as_changes(said) == changes(rota, walk, calendars), (seed, zone, rota)
        assert [shift.ends_at for shift in said] == [*(shift.begins_at for shift in said[1:]), walk.until]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_asked_at_one_instant_is_what_the_shifts_say(seed: int):
    random = Random(seed)  # noqa: S311 - not for secrets
    walk = walk_round(*random.choice(NIGHTS))
    rota, calendars = random_rota(random, random_turns(random, walk, within=8), walk)
    said = shifts(rota, walk.since, walk.until, calendars)
    at = walk.since + random.random() * (walk.until - walk.since)
    (then,) = [shift for shift in said if shift.begins_at <= at and (shift.ends_at is None or at < shift.ends_at)]
    now = on_call(rota, at, calendars)

    assert (now.who, now.is_cover) == (then.who, then.is_cover), (seed, rota)
    assert then.ends_at in {now.ends_at, walk.until}


def test_nobody_is_on_call_where_nobody_was_named():
    assert on_call(Rota(), NOON, {}) == Shift(begins_at=NOON, ends_at=None, who=None)
    assert next_change(Rota(), NOON, {}) is None


def test_one_person_is_on_call_until_the_rota_is_changed():
    assert on_call(Rota(base=user("U1")), NOON, {}) == Shift(begins_at=NOON, ends_at=None, who=user("U1"))


def test_turns_that_begin_later_leave_a_gap_before_them():
    rota = Rota(base=weekly("U1", "U2", begins=date(2026, 11, 30)))

    assert on_call(rota, NOON, {}) == Shift(begins_at=NOON, ends_at=datetime(2026, 11, 30, 9, tzinfo=UTC), who=None)


def test_who_takes_turns_alone_hands_over_to_nobody():
    alone = Rota(base=weekly("U1"))

    assert next_change(alone, NOON, {}) is None
    assert next_change(alone, NOON - 2 * DAY, {}) == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_of_two_covers_the_one_entered_later_counts_and_the_turns_go_on_behind_it():
    rota = Rota(base=weekly("U1", "U2"), covers=(cover("U3", NOON, 8 * HOUR), cover("U4", NOON + HOUR, HOUR)))
    hours = [who(rota, NOON + length) for length in (-HOUR, 0 * HOUR, HOUR, 2 * HOUR, 8 * HOUR)]

    assert hours == ["U1", "U3", "U4", "U3", "U1"]


def test_a_cover_fills_a_gap_and_says_that_it_is_one():
    rota = Rota(covers=(cover("U3", NOON, HOUR),))

    assert on_call(rota, NOON, {}) == Shift(begins_at=NOON, ends_at=NOON + HOUR, who=user("U3"), is_cover=True)


def test_of_a_calendars_bookings_the_one_that_began_last_counts():
    long = Booking(user="U1", begins_at=NOON, ends_at=NOON + 8 * HOUR)
    short = Booking(user="U2", begins_at=NOON + HOUR, ends_at=NOON + 2 * HOUR)
    ops = Calendar(name=CALENDAR, bookings=(short, long), fetched_at=NOON)
    hours = [who(Rota(base=FEED), NOON + length, ops=ops) for length in (-HOUR, 0 * HOUR, HOUR, 2 * HOUR, 8 * HOUR)]

    assert hours == ["", "U1", "U2", "U1", ""]


def test_a_calendar_that_nobody_read_yet_says_nobody():
    assert whom(FEED, NOON, {}) is None
    assert whom(GROUP, NOON, {}) == GROUP


def test_a_level_of_somebody_who_was_forgotten_is_nobodys():
    assert whom(user(""), NOON, {}) is None


def test_whoever_leaves_moves_nobody_elses_turns():
    before = weekly("U1", "U2", "U3")
    after = without(Rota(base=before), "U2")
    weeks = [NOON + number * 7 * DAY for number in range(6)]

    assert [who(after, at) for at in weeks] == ["U1", "U3", "U3", "U1", "U3", "U3"]
    assert [who(Rota(base=before), at) for at in weeks] == ["U1", "U2", "U3", "U1", "U2", "U3"]


def test_the_last_one_who_leaves_leaves_nobody():
    rota = Rota(
        base=weekly("U1", "U1"),
        covers=(cover("U1", NOON, HOUR), Cover(user="U2", begins_at=NOON, ends_at=NOON + HOUR, by="U1")),
        levels=(Level(after=HOUR, target=user("U1")), Level(after=HOUR, target=GROUP)),
        told=user("U1"),
    )
    left = without(rota, "U1")

    assert left.base is None
    assert [each.user for each in left.covers] == ["U2"]
    assert [each.target for each in left.levels] == [GROUP]
    assert "U1" not in rotas.to_json(left)
    assert without(Rota(base=user("U1")), "U1") == Rota()
    assert without(Rota(base=GROUP), "U1") == Rota(base=GROUP)


def test_everybody_is_named_whom_a_rota_names():
    rota = Rota(
        base=weekly("U1", "U2"),
        covers=(cover("U3", NOON, HOUR),),
        levels=(Level(after=HOUR, target=user("U4")), Level(after=HOUR, target=GROUP)),
    )

    assert people(rota) == {"U1", "U2", "U3", "U4"}


def test_what_is_kept_is_read_back():
    rota = Rota(
        base=weekly("U1", "U2", zone="Asia/Shanghai"),
        covers=(cover("U3", NOON, HOUR),),
        levels=(Level(after=timedelta(minutes=5), target=GROUP), Level(after=HOUR, target=FEED)),
        told=user("U1"),
    )

    assert rotas.from_json(rotas.to_json(rota)) == rota
    assert rotas.from_json('{"v": 1, "base": {"kind": "user", "id": "U1"}, "of_a_later_release": 7}').base == user("U1")


@pytest.mark.parametrize(("people", "every"), [((), 7), (("U1",), 0)])
def test_turns_that_nobody_takes_are_none(people: tuple[str, ...], every: int):
    with pytest.raises(ValueError, match="turns need somebody"):
        Turns(people=people, every=every, at=time(9), zone="UTC", begins=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("why", "clock", "weekday", "zone", "begins"),
    [
        ("today's is over", time(9), None, "UTC", date(2026, 11, 23)),
        ("today's is to come", time(13), None, "UTC", date(2026, 11, 22)),
        ("the day that was named", time(9), 4, "UTC", date(2026, 11, 20)),
        ("the day that was named is today, and later", time(13), 0, "UTC", date(2026, 11, 16)),
        ("it is another day there already", time(1), None, "Pacific/Apia", date(2026, 11, 24)),
    ],
)
def test_turns_begin_with_the_last_hand_off(why: str, clock: time, weekday: int | None, zone: str, begins: date):
    assert begins_before(NOON, clock=clock, weekday=weekday, zone=zone) == begins, why
