"""
What is read out of feeds: who, when, in which zone; and whatever else a feed may hold, nothing is guessed.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.calendar import Booking, Unread
from bot.pager.ical import read
from tests.bot.pager.feeds import event, feed, spoilt

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
PEOPLE = {"Ann Lee": "U0ANN00001", "ann@example.com": "U0ANN00001", "Bob": "U0BOB00001"}
DAY = (":20261122T090000Z", ":20261122T170000Z")
BOOKED = (datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 22, 17, tzinfo=UTC))


def read_it(text: str, *, zone: str = "") -> tuple[Booking, ...]:
    return read(text, people=PEOPLE, zone=zone, since=NOW - timedelta(days=1), until=NOW + timedelta(days=60))


def whole(bookings: tuple[Booking, ...]) -> list[tuple[str, str, str]]:
    return [(f"{each.begins_at:%m-%d %H:%M}", f"{each.ends_at:%m-%d %H:%M}", each.user) for each in bookings]


# An event, and whose it is.
WHO = [
    (event("On call: U0CARL0001", *DAY), "U0CARL0001"),
    (event("W0CARL0001 has the relays", *DAY), "W0CARL0001"),
    (event("On Call - Ann Lee - relays", *DAY), "U0ANN00001"),
    (event("ANN LEE", *DAY), "U0ANN00001"),
    (event("ann@example.com", *DAY), "U0ANN00001"),
    (event("first level", *DAY, "ATTENDEE;CN=Bob:mailto:somebody@example.com"), "U0BOB00001"),
    (event("first level", *DAY, "ATTENDEE:mailto:ann@example.com"), "U0ANN00001"),
    (event("first level", *DAY, "ATTENDEE:mailto:who@example.com", "ATTENDEE:mailto:ann@example.com"), "U0ANN00001"),
    (event("first level", *DAY, "DESCRIPTION:Slack: U0CARL0001"), "U0CARL0001"),
    (event("Bob", *DAY, "DESCRIPTION:instead of U0CARL0001"), "U0BOB00001"),  # the summary goes first
    (event("Bob (for Ann Lee)", *DAY), "U0BOB00001"),  # and in it whoever it names first
    (event("-Bob- on call.", *DAY), "U0BOB00001"),
]


@pytest.mark.parametrize(("text", "user"), WHO)
def test_an_event_names_its_person(text: str, user: str):
    (booking,) = read_it(feed(text))

    assert booking == Booking(user=user, begins_at=BOOKED[0], ends_at=BOOKED[1])


ELSEWHERE = event("Ann Lee", ";TZID=Nowhere/Land:20261122T090000", ";TZID=Nowhere/Land:20261122T170000")
# A feed without anybody: why there is nothing to be taken from it.
NOBODY = [
    ("", "no_calendar"),
    ("<html>sign in</html>", "no_calendar"),
    ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "no_calendar"),  # cut off
    (feed(event("Ann Lee", *DAY))[:-20], "no_calendar"),
    (feed(), "empty"),
    (feed(event("Ann Lee", ":20250101T090000Z", ":20250101T170000Z")), "empty"),  # long ago
    (feed(event("Joanna Leery", *DAY)), "nobody_known"),  # Ann Lee is in it, but not as a word
    (feed(event("Ann Lee-Smith", *DAY)), "nobody_known"),  # and these are other people
    (feed(event("Jo-Ann Lee", *DAY)), "nobody_known"),
    (feed(event("jo.ann@example.com", *DAY)), "nobody_known"),
    (feed(event("relays", *DAY, "ATTENDEE:mailto:ann@example.com.au")), "nobody_known"),
    (feed(event("WEDNESDAY UNAVAILABLE W2026 U2", *DAY)), "nobody_known"),  # capitals, and no member's id
    (feed(event("Ann Lee", *DAY, "STATUS:CANCELLED")), "nobody_known"),
    (
        feed(event("Ann Lee", ";TZID=Nowhere/Land:20261122T090000", ";TZID=Nowhere/Land:20261122T170000")),
        "unknown_zone",
    ),
    (feed(event("Ann Lee", *DAY), head=["X-WR-TIMEZONE:Nowhere/Land"]), "unknown_zone"),
]


@pytest.mark.parametrize(("text", "code"), NOBODY)
def test_a_feed_that_tells_nobody_is_not_taken(text: str, code: str):
    with pytest.raises(Unread) as unread:
        read_it(text)

    assert unread.value.code == code


FLOATING = event("Bob", ":20261122T090000", ":20261122T170000")
WHOLE_DAY = event("Bob", ";VALUE=DATE:20261122", ";VALUE=DATE:20261123")
# Times as feeds write them, what the feed and the configuration say of the zone, and when that is in UTC.
WHEN = [
    (event("Bob", *DAY), "", "", ("11-22 09:00", "11-22 17:00")),
    (FLOATING, "", "", ("11-22 09:00", "11-22 17:00")),
    (FLOATING, "", "Asia/Shanghai", ("11-22 01:00", "11-22 09:00")),
    (FLOATING, "X-WR-TIMEZONE:Europe/Berlin", "Asia/Shanghai", ("11-22 08:00", "11-22 16:00")),
    (WHOLE_DAY, "", "", ("11-22 00:00", "11-23 00:00")),
    (WHOLE_DAY, "X-WR-TIMEZONE:Asia/Shanghai", "", ("11-21 16:00", "11-22 16:00")),
    (
        event("Bob", ";TZID=America/New_York:20261122T090000", ";TZID=America/New_York:20261122T170000"),
        "X-WR-TIMEZONE:Asia/Shanghai",
        "",
        ("11-22 14:00", "11-22 22:00"),
    ),
    (
        event("Bob", ";TZID=China Standard Time:20261122T090000", ";TZID=China Standard Time:20261122T170000"),
        "",
        "",
        ("11-22 01:00", "11-22 09:00"),  # as Outlook names Asia/Shanghai
    ),
]


@pytest.mark.parametrize(("text", "head", "zone", "when"), WHEN)
def test_times_are_those_of_the_zone_that_is_told(text: str, head: str, zone: str, when: tuple[str, str]):
    bookings = read_it(feed(text, head=[head] if head else []), zone=zone)

    assert whole(bookings) == [(*when, "U0BOB00001")]


def test_a_rule_recurs_by_the_wall_clock_when_the_clocks_change():
    """New York leaves daylight saving time on 1 November 2026."""
    series = event(
        "Bob", ";TZID=America/New_York:20261030T090000", ";TZID=America/New_York:20261030T100000", "RRULE:FREQ=DAILY"
    )
    at = datetime(2026, 10, 31, tzinfo=UTC)

    bookings = read(feed(series), people=PEOPLE, zone="", since=at, until=at + timedelta(days=3))

    assert [f"{each.begins_at:%d %H:%M}" for each in bookings] == ["31 13:00", "01 14:00", "02 14:00"]


def test_an_exception_and_a_moved_occurrence_of_a_series_are_kept():
    series = event("Bob", *DAY, "RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20261123T090000Z")
    uid = next(line for line in series.splitlines() if line.startswith("UID:"))
    moved = event("Ann Lee", ":20261124T120000Z", ":20261124T130000Z", "RECURRENCE-ID:20261124T090000Z")
    moved = "\r\n".join(uid if line.startswith("UID:") else line for line in moved.splitlines())

    bookings = read_it(feed(series, moved))

    assert whole(bookings) == [
        ("11-22 09:00", "11-22 17:00", "U0BOB00001"),
        ("11-24 12:00", "11-24 13:00", "U0ANN00001"),
        ("11-25 09:00", "11-25 17:00", "U0BOB00001"),
    ]


def test_what_begins_before_and_ends_after_is_cut_to_what_is_asked_for():
    bookings = read_it(feed(event("Bob", ":20250101T000000Z", ":20280101T000000Z")))

    assert bookings == (
        Booking(user="U0BOB00001", begins_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=60)),
    )


@pytest.mark.parametrize(
    "spoilt_event",
    [
        event("Ann Lee", *DAY, "RRULE:FREQ=SOMETIMES"),
        event("Ann Lee", *DAY, "DTSTART:20261122T100000Z"),  # two beginnings
        event("Ann Lee", ":20261122T090000Z", ";VALUE=DATE:20261123"),  # a time and a day
        event("Ann Lee", ":tomorrow", ":20261122T170000Z"),
        event("Ann Lee", *DAY).replace("DTSTART", "X-START"),
        event("Ann Lee", ":20261122T170000Z", ":20261122T090000Z"),  # it ends before it begins
    ],
)
def test_one_spoilt_event_does_not_spoil_the_others(spoilt_event: str):
    bookings = read_it(feed(spoilt_event, event("Bob", *DAY)))

    assert "U0BOB00001" in {each.user for each in bookings}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_feed_holds_it_is_read_or_its_reader_dies(seed: int):
    """A feed may break the library: then that process ends. It may not make time that is empty, outside or nobody's."""
    dice = random.Random(seed)  # noqa: S311 - chance, not secrecy
    since, until = NOW - timedelta(days=1), NOW + timedelta(days=60)
    taken = 0
    for _ in range(100):
        text = spoilt(feed(event("Bob", *DAY), event("Ann Lee", *DAY, "RRULE:FREQ=WEEKLY;COUNT=9")), dice)
        bookings: tuple[Booking, ...] | None = None
        with suppress(Exception):
            bookings = read_it(text)
        if bookings is None:
            continue
        taken += 1
        assert bookings
        assert all(since <= each.begins_at < each.ends_at <= until and each.user for each in bookings)
    assert taken > 5
