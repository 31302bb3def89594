from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.typed import CommandError
from bot.domain.when import clock_time, length, moment, zone_of

EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)  # 04:00 on the 22nd in Shanghai, 15:00 in New York


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("90m", timedelta(minutes=90)),
        ("90min", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("2H", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("1h30m", timedelta(minutes=90)),
        ("1d12h", timedelta(hours=36)),
        (" 5m ", timedelta(minutes=5)),
    ],
)
def test_lengths_are_days_hours_and_minutes(typed: str, meant: timedelta):
    assert length(typed, instead="") == meant


@pytest.mark.parametrize("typed", ["", "2", "h", "0m", "0h0m", "2 h", "-2h", "30m1h", "2h!", "1.5h", "٢h", "9999d"])
def test_what_is_no_length_is_told_how_lengths_are_written(typed: str):
    with pytest.raises(CommandError) as caught:
        length(typed, instead="/relay mute x for=2h")

    assert caught.value.failed == f"“{typed}” is no length of time. I read 90m, 2h, 1d, 1h30m."
    assert caught.value.instead == "/relay mute x for=2h"


@pytest.mark.parametrize(
    ("why", "typed", "zone", "meant"),
    [
        ("a time to come is today's", "23:30", "UTC", datetime(2026, 11, 21, 23, 30, tzinfo=UTC)),
        ("a time that is over is tomorrow's", "16:00", "UTC", datetime(2026, 11, 22, 16, 0, tzinfo=UTC)),
        ("now is over", "20:00", "UTC", datetime(2026, 11, 22, 20, 0, tzinfo=UTC)),
        ("an hour may have one digit", "9:05", "UTC", datetime(2026, 11, 22, 9, 5, tzinfo=UTC)),
        ("today is the setter's own", "16:00", "Asia/Shanghai", datetime(2026, 11, 22, 8, 0, tzinfo=UTC)),
        ("and so is tomorrow", "03:00", "Asia/Shanghai", datetime(2026, 11, 22, 19, 0, tzinfo=UTC)),
        ("a date", "2026-11-23 16:00", "Europe/Berlin", datetime(2026, 11, 23, 15, 0, tzinfo=UTC)),
        ("a date as programs write it", "2026-11-23T16:00", "UTC", datetime(2026, 11, 23, 16, 0, tzinfo=UTC)),
        ("a zone that nobody knows is UTC", "23:30", "Mars/Olympus", datetime(2026, 11, 21, 23, 30, tzinfo=UTC)),
        ("no zone is UTC", "23:30", "", datetime(2026, 11, 21, 23, 30, tzinfo=UTC)),
        ("a path is no zone", "23:30", "../etc/passwd", datetime(2026, 11, 21, 23, 30, tzinfo=UTC)),
        ("a time that comes twice is the first of the two", "2027-10-31 02:30", "Europe/Berlin",
         datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_times_are_those_of_the_setters_own_clock(why: str, typed: str, zone: str, meant: datetime):
    assert moment(typed, now=EVENING, zone=zone, instead="") == meant, why


@pytest.mark.parametrize("typed", ["02:30", "02:30+01:00", "2027-10-31 02:30"])
def test_of_a_time_that_comes_twice_the_second_is_meant_when_the_first_is_over(typed: str):
    between = datetime(2027, 10, 31, 1, 15, tzinfo=UTC)  # 02:15 in Berlin, for the second time

    meant = moment(typed, now=between, zone="Europe/Berlin", instead="", which=str)

    assert meant == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_tomorrow_is_a_page_of_the_calendar_and_not_24_hours():
    before_the_clocks_change = datetime(2027, 3, 27, 15, 30, tzinfo=UTC)  # 16:30 in Berlin

    tomorrow = moment("16:00", now=before_the_clocks_change, zone="Europe/Berlin", instead="")

    assert tomorrow == datetime(2027, 3, 28, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "failed"),
    [
        ("soon", "“soon” is no time. I read 16:00, or 2026-11-21 16:00, in your own zone (Asia/Shanghai)."),
        ("24:00", "“24:00” is no time. I read 16:00, or 2026-11-21 16:00, in your own zone (Asia/Shanghai)."),
        ("2026-02-30 16:00", ("“2026-02-30 16:00” is no time. I read 16:00, or 2026-11-21 16:00, in your own "
                              "zone (Asia/Shanghai).")),
        ("2026-11-22 18:00+00:00", ("“2026-11-22 18:00+00:00” is no time. I read 16:00, or 2026-11-21 16:00, in your "
                                    "own zone (Asia/Shanghai).")),
        ("2026-11-22 03:00", "2026-11-22 03:00 is over already in your zone (Asia/Shanghai)."),
    ],
)  # fmt: skip
def test_what_is_no_time_to_come_is_told_so(typed: str, failed: str):
    with pytest.raises(CommandError) as caught:
        moment(typed, now=EVENING, zone="Asia/Shanghai", instead="")

    assert caught.value.failed == failed


def test_a_time_that_the_clocks_skip_is_told_so():
    with pytest.raises(CommandError) as caught:
        moment("2027-03-28 02:30", now=EVENING, zone="Europe/Berlin", instead="")

    assert caught.value.failed == "2027-03-28 02:30 does not exist in Europe/Berlin: the clocks skip it."


def test_a_time_is_repeated_as_its_setters_clock_shows_it():
    assert clock_time(EVENING, "Asia/Shanghai") == "2026-11-22 04:00 Asia/Shanghai"
    assert clock_time(EVENING, "") == "2026-11-21 20:00 UTC"
    assert zone_of("Europe/Berlin").key == "Europe/Berlin"
