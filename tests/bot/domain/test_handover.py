"""
When a rota is looked at next, what has changed by then, and what is ahead.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.domain.calendar import Booking, Calendar
from bot.domain.handover import Handover, coming, gaps_ahead, hand_over, is_check, next_look
from bot.domain.rota import Cover, Level, Rota, Shift, Target, TargetKind, Turns

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEED = Rota(base=Target(kind=TargetKind.CALENDAR, id="ops"))


def user(name: str) -> Target:
    return Target(kind=TargetKind.USER, id=name)


def cover(name: str, begins: datetime, length: timedelta) -> Cover:
    return Cover(user=name, begins_at=begins, ends_at=begins + length, by="U9")


DAILY = Rota(
    base=Turns(people=("U1", "U2", "U3"), every=1, at=time(18), zone="Asia/Shanghai", begins=date(2026, 11, 22)),
    told=user("U1"),
)


@pytest.mark.parametrize(
    ("why", "rota", "at", "looks"),
    [
        ("where nothing changes, once a day", Rota(base=user("U1")), MONDAY, MONDAY + HOUR),
        ("and not twice", Rota(base=user("U1")), MONDAY + HOUR, MONDAY + HOUR + DAY),
        ("at the change of shift", DAILY, MONDAY, MONDAY + 2 * HOUR),
        ("in the morning of the rota's own zone", DAILY, MONDAY + 3 * HOUR, MONDAY + 17 * HOUR),
        ("when somebody stands in", Rota(covers=(cover("U1", MONDAY + MINUTE, HOUR),)), MONDAY, MONDAY + MINUTE),
        ("a calendar may say something else any time", FEED, MONDAY, MONDAY + 5 * MINUTE),
    ],
)
def test_a_rota_is_looked_at_when_something_is_due(why: str, rota: Rota, at: datetime, looks: datetime):
    assert next_look(rota, at, {}) == looks, why


@pytest.mark.parametrize(
    ("why", "due_at", "now", "is_one"),
    [
        ("at nine", MONDAY + HOUR, MONDAY + HOUR, True),
        ("not before", MONDAY, MONDAY + HOUR - MINUTE, False),
        ("not again a minute later", MONDAY + HOUR + MINUTE, MONDAY + 2 * HOUR, False),
        ("once after a week away", MONDAY, MONDAY + 7 * DAY, True),
    ],
)
def test_gaps_are_looked_for_once_a_day(why: str, due_at: datetime, now: datetime, is_one: bool):  # noqa: FBT001
    assert is_check(Rota(base=user("U1")), due_at, now) is is_one, why


def test_whoever_comes_is_told_from_whom_and_until_when():
    begins = MONDAY + 2 * HOUR

    assert hand_over(DAILY, begins, begins, {}) == Handover(leaves=user("U1"), comes=user("U2"), until=begins + DAY)


def test_of_several_changes_the_last_counts_and_how_long_it_is_so():
    begins = MONDAY + 2 * HOUR
    missed = hand_over(DAILY, begins, begins + DAY + 3 * HOUR, {})

    assert missed == Handover(leaves=user("U1"), comes=user("U3"), until=begins + 2 * DAY, late=3 * HOUR)


def test_whoever_is_back_when_it_is_looked_at_has_taken_over_from_nobody():
    begins = MONDAY + 2 * HOUR

    assert hand_over(DAILY, begins, begins + 2 * DAY, {}) is None


def test_a_few_seconds_are_not_worth_a_word():
    begins = MONDAY + 2 * HOUR
    changed = hand_over(DAILY, begins, begins + MINUTE, {})

    assert changed is not None
    assert changed.late is None


def test_a_gap_beyond_the_fortnight_has_no_end_yet():
    rota = Rota(covers=(cover("U1", MONDAY + DAY, DAY),), levels=(Level(after=HOUR, target=user("U2")),))

    assert gaps_ahead(rota, MONDAY, {}) == (
        Shift(begins_at=MONDAY, ends_at=MONDAY + DAY, who=None),
        Shift(begins_at=MONDAY + 2 * DAY, ends_at=None, who=None),
    )
    assert [shift.who for shift in coming(rota, MONDAY, {})] == [None, user("U1"), None]


def test_where_only_levels_are_named_nobody_is_on_call_and_that_is_a_gap():
    levels = Rota(levels=(Level(after=HOUR, target=user("U2")),))

    assert coming(levels, MONDAY, {}) == ()
    assert gaps_ahead(levels, MONDAY, {}) == (Shift(begins_at=MONDAY, ends_at=None, who=None),)


def test_a_copy_older_than_a_day_is_stale_and_one_that_was_never_read_too():
    booking = Booking(user="U1", begins_at=MONDAY, ends_at=MONDAY + DAY)
    copy = Calendar(name="ops", bookings=(booking,), fetched_at=MONDAY)

    assert not copy.is_stale(MONDAY + DAY)
    assert copy.is_stale(MONDAY + DAY + MINUTE)
    assert replace(copy, fetched_at=None).is_stale(MONDAY)
    assert copy.age(MONDAY - HOUR) == timedelta()
